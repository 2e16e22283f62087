//! Takes the place of `std::sync`: loom's locks, as weak as the real ones.

pub(crate) use real::sync::{Arc, PoisonError};

use crate::steps::note;
use loom::lazy_static::Lazy;
use loom::thread::ThreadId;
use real::marker::PhantomData;
use real::ops::{Deref, DerefMut};
use real::sync::atomic::{AtomicU64, Ordering::Relaxed};
use real::sync::{LockResult, RwLock as Data, RwLockReadGuard, RwLockWriteGuard};
use real::time::Duration;

pub(crate) mod atomic {
    use crate::steps::note;
    pub(crate) use real::sync::atomic::Ordering;

    #[derive(Debug)]
    pub(crate) struct AtomicBool(loom::sync::atomic::AtomicBool);

    #[track_caller]
    pub(crate) fn fence(order: Ordering) {
        loom::sync::atomic::fence(order);
        note("fence", 0);
    }

    impl AtomicBool {
        pub(crate) fn new(value: bool) -> Self {
            Self(loom::sync::atomic::AtomicBool::new(value))
        }

        #[track_caller]
        pub(crate) fn load(&self, order: Ordering) -> bool {
            let value = self.0.load(order);
            note("load", value.into());
            value
        }

        #[track_caller]
        pub(crate) fn swap(&self, value: bool, order: Ordering) -> bool {
            let old = self.0.swap(value, order);
            note(if value { "swap true for" } else { "swap false for" }, old.into());
            old
        }
    }
}

/// A mutex whose guard knows it, as a wait that ends by time-out needs.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

pub(crate) struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    guard: loom::sync::MutexGuard<'a, T>,
}

impl<T> Mutex<T> {
    #[track_caller]
    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let guard = self.0.lock().unwrap();
        note("lock", 0);
        Ok(MutexGuard { mutex: self, guard })
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

/// A condition variable. The first of its waits end by time-out, as many as the seconds which
/// the wait is given; which thread's those are is up to the order of steps.
#[derive(Default)]
pub(crate) struct Condvar {
    notified: loom::sync::Condvar,
    waits: AtomicU64,
}

/// Whether a wait ended by time-out.
pub(crate) struct WaitTimeoutResult(bool);

impl Condvar {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    #[track_caller]
    pub(crate) fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        time_outs: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let MutexGuard { mutex, guard } = guard;
        note("wait", 0);
        let times_out = self.waits.fetch_add(1, Relaxed) < time_outs.as_secs();
        let guard = if times_out {
            drop(guard); // any steps of other threads fit in here
            mutex.0.lock().unwrap()
        } else {
            self.notified.wait(guard).unwrap()
        };
        note("wait is over, by time-out:", times_out.into());
        Ok((MutexGuard { mutex, guard }, WaitTimeoutResult(times_out)))
    }

    #[track_caller]
    pub(crate) fn notify_one(&self) {
        self.notified.notify_one();
        note("notify", 1);
    }

    #[track_caller]
    pub(crate) fn notify_all(&self) {
        self.notified.notify_all();
        note("notify", usize::MAX);
    }
}

impl WaitTimeoutResult {
    pub(crate) fn timed_out(&self) -> bool {
        self.0
    }
}

/// A static lock, whose data begins anew with each execution, by its default.
///
/// A reader takes the lock of its own thread and a writer takes all of them. So a reader
/// learns what writers did and nothing of other readers, which is all that std promises;
/// loom's own lock orders readers, too.
pub(crate) struct RwLock<T: 'static>(Lazy<Locks<T>>);

#[derive(Default)]
struct Locks<T> {
    of_threads: [loom::sync::Mutex<()>; loom::MAX_THREADS],
    /// The threads in the order of their locks.
    threads: real::sync::Mutex<Vec<ThreadId>>,
    data: Data<T>,
}

/// The data, and the locks that are held for it, let go in this order.
pub(crate) struct Guard<D, L> {
    data: D,
    _locks: L,
}

type Lock = loom::sync::MutexGuard<'static, ()>;

impl<T: Default> RwLock<T> {
    pub(crate) const fn new(value: T) -> Self {
        real::mem::forget(value);
        Self(Lazy { init: Locks::default, _p: PhantomData })
    }

    #[track_caller]
    pub(crate) fn read(&'static self) -> LockResult<Guard<RwLockReadGuard<'static, T>, Lock>> {
        let locks = self.0.get();
        let own = locks.of_threads[locks.index()].lock().unwrap();
        note("lock for reading", 0);
        Ok(Guard { data: locks.data.try_read().unwrap(), _locks: own })
    }

    #[track_caller]
    pub(crate) fn write(&'static self) -> LockResult<Guard<RwLockWriteGuard<'static, T>, Vec<Lock>>> {
        let locks = self.0.get();
        let all = locks.of_threads.iter().map(|lock| lock.lock().unwrap()).collect();
        note("lock for writing", 0);
        Ok(Guard { data: locks.data.try_write().unwrap(), _locks: all })
    }
}

impl<T> Locks<T> {
    /// Which of the locks is this thread's.
    fn index(&self) -> usize {
        let (me, mut threads) = (loom::thread::current().id(), self.threads.lock().unwrap());
        let index = threads.iter().position(|thread| *thread == me);
        index.unwrap_or_else(|| {
            threads.push(me);
            threads.len() - 1
        })
    }
}

impl<D: Deref, L> Deref for Guard<D, L> {
    type Target = D::Target;

    fn deref(&self) -> &D::Target {
        &self.data
    }
}

impl<D: DerefMut, L> DerefMut for Guard<D, L> {
    fn deref_mut(&mut self) -> &mut D::Target {
        &mut self.data
    }
}
