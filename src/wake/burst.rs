//! When to give back the room that a burst has left.
//!
//! A slab keeps the room of its busiest moment. What lives in it cannot move, since its slot
//! is in wakers and kernel events; so the room above the highest slot in use is what can be
//! given back. After that the slab fills low slots first.
//!
//! Room goes back when the loop is about to sleep, or was not needed for a while: a program
//! whose bursts follow each other at once keeps it.

use slab::Slab;
use std::cell::Cell;

/// As much room stays in any case.
pub(crate) const KEPT: usize = 1024;

/// For so many looks in a row the room of a loop that never sleeps was not needed.
const PATIENCE: u32 = 1024;

/// Watches one slab.
#[derive(Debug)]
pub(crate) struct Burst {
    /// Looks since more than a quarter of the room was in use.
    low: Cell<u32>,
    /// The slots from here on were free when the last search ended, and the next one begins
    /// here: so all of them together take as many steps as the slab has slots. If slots above
    /// are in use again, one search finds too much, and less goes back.
    top: Cell<usize>,
}

impl Burst {
    pub(crate) fn new() -> Self {
        Self { low: Cell::new(0), top: Cell::new(usize::MAX) }
    }

    /// Asked once in a look: whether the caller is to give back three quarters of the room.
    #[inline]
    pub(crate) fn is_over<T>(&self, slab: &Slab<T>, at_rest: bool) -> bool {
        slab.capacity() > KEPT && self.is_low(slab, at_rest)
    }

    #[cold]
    fn is_low<T>(&self, slab: &Slab<T>, at_rest: bool) -> bool {
        let low = slab.len() <= slab.capacity() / 4;
        self.low.set(if low { self.low.get().saturating_add(1) } else { 0 });
        low && (at_rest || self.low.get() >= PATIENCE) && self.is_top_free(slab)
    }

    fn is_top_free<T>(&self, slab: &Slab<T>) -> bool {
        let room = slab.capacity();
        let mut top = self.top.get().min(room);
        while top > 0 && !slab.contains(top - 1) {
            top -= 1;
        }
        let free = top <= room / 4;
        self.top.set(if free { usize::MAX } else { top });
        free
    }
}
