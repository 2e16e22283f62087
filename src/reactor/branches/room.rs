//! What a burst of timers or sockets has left goes back.

use crate::reactor::Reactor;
use crate::reactor::sources::{Registration, Sources};
use crate::reactor::timers::Timers;
use crate::wake::no_task;

impl Reactor {
    /// How many slots its larger slab has room for.
    #[inline]
    pub(crate) fn slot_count(&self) -> usize {
        self.timers.borrow().slot_count().max(self.sources.borrow().slot_count())
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
    fn slot_count(&self) -> usize {
        self.slots.room()
    }

    fn shrink(&mut self, at_rest: bool) {
        let _ = self.slots.shrink(at_rest, Registration::placeholder);
    }
}

impl Timers {
    #[inline]
    fn slot_count(&self) -> usize {
        self.pending.room()
    }

    fn shrink(&mut self, at_rest: bool) {
        if let Some(room) = self.pending.shrink(at_rest, no_task) {
            self.wheel.shrink(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wake::branches::KEPT;
    use std::task::Waker;
    use std::time::Instant;

    /// Breaks if a name is taken for that of what fills its slot now.
    #[test]
    fn a_name_of_a_timer_that_is_gone_names_nothing_when_its_slot_is_closed() {
        let (start, waker) = (Instant::now(), Waker::noop());
        let mut timers = Timers::new(0, start);
        let mut gone: Vec<_> = (0..8 * KEPT).map(|_| timers.insert(start, waker.clone())).collect();
        let last = gone.pop().unwrap(); // for its sake its slot, and those around it, stay
        gone.iter().for_each(|name| drop(timers.remove(*name)));
        timers.shrink(true);
        assert!(timers.slot_count() >= 8 * KEPT && timers.pending.get(4 * KEPT).is_some());
        for mut name in gone {
            assert!(!timers.has(name) && timers.remove(name).is_none());
            assert!(timers.put(&mut name, start, waker.clone()).is_none());
            assert!(timers.remove(name).is_some());
        }
        assert!(timers.has(last) && timers.len() == 1);
    }

    /// Here, because a process may not open as many sockets.
    #[test]
    fn when_a_burst_of_sockets_is_over_their_room_goes_back() {
        let mut sources = Sources::new();
        let slots: Vec<_> = (0..8 * KEPT).map(|_| sources.insert(Registration::placeholder())).collect();
        assert!(sources.slot_count() >= 8 * KEPT);
        slots.into_iter().for_each(|slot| drop(sources.remove(slot)));
        sources.shrink(true);
        assert!(sources.slot_count() <= KEPT);
    }
}
