//! Wakers that run a test's code when they are cloned, woken or dropped, as other people's
//! wakers may.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{RawWaker, RawWakerVTable, Waker};

type Hook = Box<dyn Fn() + Send + Sync>;

/// What its wakers run, and how often they were woken.
pub(crate) struct Hooks {
    at_clone: Hook,
    at_wake: Hook,
    at_drop: Hook,
    wakes: AtomicUsize,
}

impl Hooks {
    /// Wakers that only count.
    pub(crate) fn new() -> Self {
        Self {
            at_clone: Box::new(|| ()),
            at_wake: Box::new(|| ()),
            at_drop: Box::new(|| ()),
            wakes: AtomicUsize::new(0),
        }
    }

    pub(crate) fn at_clone(mut self, hook: impl Fn() + Send + Sync + 'static) -> Self {
        self.at_clone = Box::new(hook);
        self
    }

    pub(crate) fn at_wake(mut self, hook: impl Fn() + Send + Sync + 'static) -> Self {
        self.at_wake = Box::new(hook);
        self
    }

    pub(crate) fn at_drop(mut self, hook: impl Fn() + Send + Sync + 'static) -> Self {
        self.at_drop = Box::new(hook);
        self
    }

    /// Makes the first waker. Beside it and its clones only the returned `Arc` counts, so
    /// that a strong count of one shows that no waker is left.
    pub(crate) fn waker(self) -> (Arc<Self>, Waker) {
        let hooks = Arc::new(self);
        let waker = waker(Arc::clone(&hooks));
        (hooks, waker)
    }

    pub(crate) fn wakes(&self) -> usize {
        self.wakes.load(Ordering::SeqCst)
    }

    fn wake(&self) {
        self.wakes.fetch_add(1, Ordering::SeqCst);
        (self.at_wake)();
    }
}

#[allow(unsafe_code)]
fn waker(hooks: Arc<Hooks>) -> Waker {
    // SAFETY: the data pointer owns one count of the `Arc`, whose hooks are `Send + Sync`.
    unsafe { Waker::new(Arc::into_raw(hooks).cast(), &VTABLE) }
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(raw_clone, raw_wake, raw_wake_by_ref, raw_drop);

#[allow(unsafe_code)]
unsafe fn raw_clone(data: *const ()) -> RawWaker {
    // SAFETY: `data` came from `Arc::into_raw`. A hook that panics leaves the count alone.
    unsafe {
        (borrow(data).at_clone)();
        Arc::increment_strong_count(data.cast::<Hooks>());
    }
    RawWaker::new(data, &VTABLE)
}

#[allow(unsafe_code)]
unsafe fn raw_wake(data: *const ()) {
    // SAFETY: the caller gives up the count that `data` owns.
    unsafe { Arc::from_raw(data.cast::<Hooks>()) }.wake();
}

#[allow(unsafe_code)]
unsafe fn raw_wake_by_ref(data: *const ()) {
    // SAFETY: the caller keeps the count that `data` owns.
    unsafe { borrow(data) }.wake();
}

#[allow(unsafe_code)]
unsafe fn raw_drop(data: *const ()) {
    // SAFETY: the caller gives up the count that `data` owns.
    (unsafe { Arc::from_raw(data.cast::<Hooks>()) }.at_drop)();
}

#[allow(unsafe_code)]
unsafe fn borrow<'a>(data: *const ()) -> &'a Hooks {
    // SAFETY: the caller's waker keeps the `Arc` alive for as long as it uses this.
    unsafe { &*data.cast::<Hooks>() }
}
