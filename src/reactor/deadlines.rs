//! What a sleep asks of the reactor: a timer, and whether it has fired.

use super::{Reactor, Timer};
use crate::wake::ignore_panics;
use std::num::NonZeroU64;
use std::task::{Poll, Waker};
use std::time::Instant;

impl Reactor {
    /// Whether the timer of `deadline` has fired; if not, it is to wake `waker` (I5).
    pub(crate) fn poll_timer(&self, deadline: Instant, timer: &mut Timer, waker: &Waker) -> Poll<()> {
        let (seen, deadline) = (self.seen.get(), deadline.min(self.clock.last()));
        if deadline <= seen {
            // One that has fired is not searched for, which would cost a cache miss.
            if deadline == seen || self.overdue.get() {
                self.remove_timer(*timer);
            }
            return Poll::Ready(());
        }
        if !self.timers.borrow().would_wake(*timer, waker) {
            let waker = waker.clone();
            let old = self.timers.borrow_mut().put(timer, deadline, waker);
            drop(old);
        }
        Poll::Pending
    }

    /// Makes a timer, which wakes `waker` in the first event poll after the deadline.
    pub(crate) fn set_timer(&self, deadline: Instant, waker: &Waker) -> Timer {
        let (deadline, waker) = (deadline.min(self.clock.last()), waker.clone());
        self.note_overdue(deadline);
        self.timers.borrow_mut().insert(deadline, waker)
    }

    pub(super) fn note_overdue(&self, deadline: Instant) {
        if deadline < self.seen.get() {
            self.overdue.set(true);
        }
    }

    /// Whether the timer is, or was, one of this reactor's.
    pub(crate) fn keeps(&self, timer: Timer) -> bool {
        timer.runtime() == self.ready.number()
    }

    /// Removes a timer, unless it has fired or is gone (I8).
    pub(crate) fn remove_timer(&self, timer: Timer) {
        let waker = self.timers.borrow_mut().remove(timer);
        ignore_panics(|| drop(waker)); // the loop may be the caller
    }

    /// Fires a timer before its time, unless it has fired or is gone.
    pub(crate) fn fire_timer(&self, slot: u32, serial: NonZeroU64) {
        let timer = Timer::new(self.ready.number(), slot, serial);
        let waker = self.timers.borrow_mut().remove(timer);
        ignore_panics(|| waker.into_iter().for_each(Waker::wake));
    }
}
