//! One closure on a helper thread, for all who ask for the same thing meanwhile.
//!
//! A flight begins with the first who asks for its name, and every further one joins it. It
//! is over when its result is there; each gets a copy, and who asks after that begins
//! another one. It belongs to those who wait for it: when the last of them has given up, it
//! is gone, and unless a helper has begun, its closure never runs.
//!
//! The result is told to all by the helper itself. Were it told to one, who then told the
//! others, they would wait for a task that may have turned to something else.

use super::helpers::lock;
use super::unblock::{Unblock, unblock};
use crate::task::JoinError;
use crate::wake::quietly;
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::task::{Context, Poll, Wake, Waker};

/// One runtime's flights by name, each from its beginning until its result is known here.
/// Locked, because who asks may be sent to another thread and be dropped there.
pub(crate) struct Flights<T> {
    /// A `BTreeMap`, since a new `HashMap` asks the system for random bytes.
    by_name: Mutex<BTreeMap<Arc<str>, Weak<Flight<T>>>>,
}

struct Flight<T> {
    name: Arc<str>,
    flights: Arc<Flights<T>>,
    /// Polled with a waker that wakes all askers, until it has given the result.
    work: Mutex<Unblock<Closure<T>, T>>,
    result: OnceLock<Shared<T>>,
    askers: Arc<Askers>,
    next_asker: AtomicU64,
}

type Closure<T> = Box<dyn FnOnce() -> T + Send>;

/// What every asker gets a copy of.
type Shared<T> = Result<T, Arc<JoinError>>;

/// The wakers of those who wait, in the order in which they came.
#[derive(Default)]
struct Askers {
    wakers: Mutex<BTreeMap<u64, Waker>>,
}

impl Wake for Askers {
    fn wake(self: Arc<Self>) {
        let wakers = std::mem::take(&mut *lock(&self.wakers));
        wakers.into_values().for_each(|waker| quietly(|| waker.wake()));
    }
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self { by_name: Mutex::default() }
    }
}

impl<T: Clone + Send + 'static> Flights<T> {
    /// Joins the flight of this name; `work` is what it does if there is none yet.
    ///
    /// # Errors
    /// When the system cannot start the first helper thread.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    pub(crate) fn join(
        self: &Arc<Self>,
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Asker<T>> {
        let flight = match self.under_way(name) {
            Some(flight) => flight,
            None => self.begin(name, Box::new(work))?,
        };
        let number = flight.next_asker.fetch_add(1, Ordering::Relaxed);
        Ok(Asker { flight, number })
    }

    /// One whose result is there already is over, although nobody may have asked for it yet.
    fn under_way(&self, name: &str) -> Option<Arc<Flight<T>>> {
        let flight = lock(&self.by_name).get(name)?.upgrade()?;
        flight.result().is_none().then_some(flight)
    }

    fn begin(self: &Arc<Self>, name: &str, work: Closure<T>) -> io::Result<Arc<Flight<T>>> {
        let mut work = unblock(work);
        work.submit()?;
        let flight = Arc::new(Flight {
            name: name.into(),
            flights: Arc::clone(self),
            work: Mutex::new(work),
            result: OnceLock::new(),
            askers: Arc::default(),
            next_asker: AtomicU64::new(0),
        });
        lock(&self.by_name).insert(Arc::clone(&flight.name), Arc::downgrade(&flight));
        Ok(flight)
    }
}

impl<T: Clone + Send + 'static> Flight<T> {
    /// The result, if it is there. The first to find it makes room for the next flight.
    fn result(&self) -> Option<&Shared<T>> {
        let mut work = lock(&self.work);
        if self.result.get().is_none() {
            let waker = Waker::from(Arc::clone(&self.askers));
            if let Poll::Ready(result) = work.poll_result(&mut Context::from_waker(&waker)) {
                self.leave();
                let _ = self.result.set(result.map_err(Arc::new));
            }
        }
        self.result.get()
    }
}

impl<T> Flight<T> {
    /// Gives its name free, unless another flight has it by now.
    fn leave(&self) {
        let mut by_name = lock(&self.flights.by_name);
        if by_name.get(&self.name).is_some_and(|flight| std::ptr::eq(flight.as_ptr(), self)) {
            by_name.remove(&self.name);
        }
    }
}

impl<T> Drop for Flight<T> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Waits for a flight's result: that of the closure, or why there is none. Dropped early,
/// it leaves the flight to the others.
#[must_use = "futures do nothing unless awaited"]
pub(crate) struct Asker<T> {
    flight: Arc<Flight<T>>,
    number: u64,
}

impl<T: Clone + Send + 'static> Future for Asker<T> {
    type Output = Shared<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // First the waker, then the question: whatever ends in between is seen or told.
        let waker = cx.waker().clone();
        let old = lock(&self.flight.askers.wakers).insert(self.number, waker);
        drop(old);
        self.flight.result().map_or(Poll::Pending, |result| Poll::Ready(result.clone()))
    }
}

impl<T> Drop for Asker<T> {
    fn drop(&mut self) {
        let waker = lock(&self.flight.askers.wakers).remove(&self.number);
        quietly(|| drop(waker)); // its task may be unwinding
    }
}

#[cfg(test)]
mod tests;
