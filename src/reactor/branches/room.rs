//! What a burst of timers or sockets has left goes back.

use crate::reactor::Reactor;
use crate::reactor::sources::{Registration, Sources};
use crate::reactor::timers::{Pending, Timers};

impl Reactor {
    /// How much room its larger slab has.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        self.timers.borrow().room().max(self.sources.borrow().room())
    }

    /// Gives back what a burst of timers or sockets has left, if it is over.
    #[cold]
    pub(crate) fn shrink(&self, at_rest: bool) {
        self.timers.borrow_mut().shrink(at_rest);
        self.sources.borrow_mut().shrink(at_rest);
    }
}

impl Sources {
    #[inline]
    fn room(&self) -> usize {
        self.slots.room()
    }

    fn shrink(&mut self, at_rest: bool) {
        let _ = self.slots.shrink(at_rest, Registration::placeholder);
    }
}

impl Timers {
    #[inline]
    fn room(&self) -> usize {
        self.pending.room()
    }

    fn shrink(&mut self, at_rest: bool) {
        if let Some(room) = self.pending.shrink(at_rest, Pending::placeholder) {
            self.wheel.shrink(room);
        }
    }
}
