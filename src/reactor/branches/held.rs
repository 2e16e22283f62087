//! What a clock that is held asks of the reactor.

use crate::reactor::Reactor;
use crate::reactor::sources::{Sources, Waiters};
use crate::reactor::timers::Timers;
use crate::wake::ignore_panics;
use std::task::Waker;
use std::time::{Duration, Instant};

impl Reactor {
    /// How many operations wait for a socket.
    pub(crate) fn in_flight(&self) -> usize {
        self.sources.borrow().in_flight()
    }

    /// Until when the nearest timer waits, for a paused clock: to find it may take long.
    pub(crate) fn earliest(&self) -> Option<Instant> {
        self.timers.borrow().earliest()
    }

    /// Moves a paused clock one step further (`Clock::step`).
    pub(crate) fn step_clock(&self) {
        let arrived = self.clock.step(self.earliest());
        ignore_panics(|| arrived.into_iter().for_each(Waker::wake));
    }
}

impl Sources {
    /// How many operations wait. Counted when asked for, which only a paused clock does,
    /// so that no operation pays for it.
    fn in_flight(&self) -> usize {
        self.slots.iter().map(|socket| socket.read.waiters.len() + socket.write.waiters.len()).sum()
    }
}

impl Waiters {
    pub(crate) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.more.len()
    }
}

impl Timers {
    /// The nearest deadline itself.
    fn earliest(&self) -> Option<Instant> {
        self.wheel.earliest().map(|nanos| self.start + Duration::from_nanos(nanos))
    }
}
