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
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// One runtime's flights by name, each from its beginning until its result is known here.
/// A `BTreeMap`, since a new `HashMap` asks the system for random bytes.
pub(crate) struct Flights<T> {
    by_name: RefCell<BTreeMap<Rc<str>, Weak<Flight<T>>>>,
}

struct Flight<T> {
    name: Rc<str>,
    flights: Rc<Flights<T>>,
    /// Polled with a waker that wakes all askers.
    work: RefCell<Unblock<Closure<T>, T>>,
    askers: Arc<Askers>,
    next_asker: Cell<u64>,
    result: OnceCell<Shared<T>>,
}

type Closure<T> = Box<dyn FnOnce() -> T + Send>;

/// What every asker gets a copy of.
type Shared<T> = Result<T, Rc<JoinError>>;

/// The wakers of those who wait, in the order in which they came. Any thread.
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
        Self { by_name: RefCell::default() }
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
        self: &Rc<Self>,
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Asker<T>> {
        let flight = match self.under_way(name) {
            Some(flight) => flight,
            None => self.begin(name, Box::new(work))?,
        };
        let number = flight.next_asker.get();
        flight.next_asker.set(number + 1);
        Ok(Asker { flight, number })
    }

    /// One whose result is there already is over, although nobody may have asked for it yet.
    fn under_way(&self, name: &str) -> Option<Rc<Flight<T>>> {
        let flight = self.by_name.borrow().get(name)?.upgrade()?;
        flight.result().is_none().then_some(flight)
    }

    fn begin(self: &Rc<Self>, name: &str, work: Closure<T>) -> io::Result<Rc<Flight<T>>> {
        let mut work = unblock(work);
        work.submit()?;
        let flight = Rc::new(Flight {
            name: name.into(),
            flights: Rc::clone(self),
            work: RefCell::new(work),
            askers: Arc::default(),
            next_asker: Cell::new(0),
            result: OnceCell::new(),
        });
        self.by_name.borrow_mut().insert(Rc::clone(&flight.name), Rc::downgrade(&flight));
        Ok(flight)
    }
}

impl<T: Clone + Send + 'static> Flight<T> {
    /// The result, if it is there. The first to find it makes room for the next flight.
    fn result(&self) -> Option<&Shared<T>> {
        if self.result.get().is_none() {
            let waker = Waker::from(Arc::clone(&self.askers));
            let polled = Pin::new(&mut *self.work.borrow_mut()).poll(&mut Context::from_waker(&waker));
            if let Poll::Ready(result) = polled {
                self.leave();
                let _ = self.result.set(result.map_err(Rc::new));
            }
        }
        self.result.get()
    }
}

impl<T> Flight<T> {
    /// Until it has a result, it is the one under its name.
    fn leave(&self) {
        self.flights.by_name.borrow_mut().remove(&self.name);
    }
}

impl<T> Drop for Flight<T> {
    fn drop(&mut self) {
        if self.result.get().is_none() {
            self.leave();
        }
    }
}

/// Waits for a flight's result: that of the closure, or why there is none. Dropped early,
/// it leaves the flight to the others.
#[must_use = "futures do nothing unless awaited"]
pub(crate) struct Asker<T> {
    flight: Rc<Flight<T>>,
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
