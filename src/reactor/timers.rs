//! The deadlines: whom to wake, and when.
//!
//! The order is kept by the [`wheel`](super::branches::Wheel), in nanoseconds since the runtime
//! began; here are the names by which a timer is found again, and the wakers.
//! Equal deadlines fire in the order in which their timers were made.

use super::branches::Wheel;
use crate::trace;
use crate::wake::Serials;
use crate::wake::branches::ShrinkingSlab;
use std::num::NonZeroU64;
use std::task::Waker;
use std::time::{Duration, Instant};

/// A timer's name, good in the whole process. One whose timer has fired or was removed
/// names nothing, for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timer {
    /// The number of the runtime that keeps it.
    pub(crate) runtime: u16,
    pub(crate) slot: u32,
    pub(crate) serial: NonZeroU64,
}

#[derive(Debug)]
pub(super) struct Timers {
    runtime: u16,
    pub(super) start: Instant,
    pub(super) pending: ShrinkingSlab<Pending>,
    /// The same slots.
    pub(super) wheel: Wheel,
    serials: Serials,
}

#[derive(Debug)]
pub(super) struct Pending {
    serial: NonZeroU64,
    waker: Waker,
}

impl Pending {
    /// Of a serial that is never given.
    pub(super) fn placeholder() -> Self {
        Self { serial: NonZeroU64::MAX, waker: Waker::noop().clone() }
    }
}

impl Timers {
    /// None yet, for the runtime of this number; `start` is no later than any deadline
    /// that will ever have to wait.
    pub(super) fn new(runtime: usize, start: Instant) -> Self {
        let (wheel, serials) = (Wheel::new(), Serials::default());
        Self { runtime: runtime as u16, start, pending: ShrinkingSlab::new(), wheel, serials }
    }

    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }

    /// When to ask the timers again: at the nearest deadline, or earlier
    /// ([`Wheel::next`]).
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        if self.pending.len() == 0 {
            return None; // as in most programs that only wait for sockets: no list is walked
        }
        self.wheel.next().map(|nanos| self.start + Duration::from_nanos(nanos))
    }

    pub(super) fn insert(&mut self, deadline: Instant, waker: Waker) -> Timer {
        let serial = NonZeroU64::new(self.serials.next()).expect("no serial is zero");
        let slot = self.pending.insert(Pending { serial, waker });
        let slot = u32::try_from(slot).expect("memory for four billion timers is not there");
        self.wheel.insert(slot, self.nanos(deadline));
        trace::emit!(TimerAdded { timer: serial.get(), deadline });
        Timer { runtime: self.runtime, slot, serial }
    }

    /// Whether the timer is pending and will wake the same task as `waker`.
    pub(super) fn would_wake(&self, timer: Timer, waker: &Waker) -> bool {
        self.pending(timer).is_some_and(|pending| pending.waker.will_wake(waker))
    }

    /// Gives a pending timer another waker, and returns the old one. For a timer that is not
    /// pending, which an earlier runtime of this number had, it makes one.
    pub(super) fn put(&mut self, timer: &mut Timer, deadline: Instant, waker: Waker) -> Option<Waker> {
        let pending = self.pending.get_mut(timer.slot as usize);
        if let Some(pending) = pending.filter(|pending| pending.serial == timer.serial) {
            trace::emit!(TimerTaken { timer: timer.serial.get() });
            return Some(std::mem::replace(&mut pending.waker, waker));
        }
        *timer = self.insert(deadline, waker);
        None
    }

    pub(super) fn remove(&mut self, timer: Timer) -> Option<Waker> {
        self.pending(timer)?;
        self.wheel.remove(timer.slot);
        trace::emit!(TimerRemoved { timer: timer.serial.get() });
        self.pending.take(timer.slot as usize, Pending::placeholder).map(|pending| pending.waker)
    }

    /// Removes every timer that is due at `now`, a deadline of exactly `now` included, and
    /// gives their wakers to `wake` in the order of the deadlines.
    pub(super) fn take_due(&mut self, now: Instant, mut wake: impl FnMut(Waker)) {
        let now = self.nanos(now);
        let created = |slot: u32| self.pending.get(slot as usize).map_or(0, |pending| pending.serial.get());
        for timer in self.wheel.advance(now, created) {
            let due = self.pending.take(timer.slot as usize, Pending::placeholder);
            let Some(due) = due else { continue };
            trace::emit!(TimerFired { timer: due.serial.get() });
            wake(due.waker);
        }
    }

    /// What the name names, unless it has fired or was removed.
    pub(super) fn pending(&self, timer: Timer) -> Option<&Pending> {
        self.pending.get(timer.slot as usize).filter(|pending| pending.serial == timer.serial)
    }

    /// As the wheel counts, to 584 years ([`Clock::last`](super::branches::Clock::last)). What lies
    /// before the runtime's start is all one moment.
    pub(super) fn nanos(&self, instant: Instant) -> u64 {
        let since = instant.saturating_duration_since(self.start);
        let whole = since.as_secs().saturating_mul(1_000_000_000);
        whole.saturating_add(u64::from(since.subsec_nanos()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use std::task::Wake;

    const MS: Duration = Duration::from_millis(1);
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    /// Notes its number when it is woken.
    struct Noted(u32, Arc<Mutex<Vec<u32>>>);

    impl Wake for Noted {
        fn wake(self: Arc<Self>) {
            self.1.lock().unwrap().push(self.0);
        }
    }

    #[test]
    fn timers_fire_by_deadline_and_ties_in_the_order_in_which_they_were_made() {
        let (start, notes) = (Instant::now(), Arc::default());
        let mut timers = Timers::new(0, start);
        let waker = |number| Waker::from(Arc::new(Noted(number, Arc::clone(&notes))));
        let all: Vec<_> = (0..8).map(|i| timers.insert(start + (5 + i % 2) * MS, waker(i))).collect();
        assert!(timers.reset(all[2], start + 5 * MS) && timers.reset(all[1], start + 400 * DAY));
        assert!(timers.remove(all[4]).is_some());
        let mut due = Vec::new();
        timers.take_due(start + 5 * MS - Duration::from_nanos(1), |waker| due.push(waker));
        assert!(due.is_empty() && timers.next_deadline() == Some(start + 5 * MS));
        timers.take_due(start + 5 * MS, |waker| due.push(waker));
        timers.take_due(start + 4_000 * DAY, |waker| due.push(waker));
        due.into_iter().for_each(Waker::wake);
        assert_eq!(*notes.lock().unwrap(), [0, 2, 6, 3, 5, 7, 1]);
    }

    #[test]
    fn a_name_of_a_timer_that_is_gone_names_nothing_though_its_slot_is_taken_again() {
        let (start, waker) = (Instant::now(), Waker::noop());
        let mut timers = Timers::new(0, start);
        let fired = timers.insert(start + MS, waker.clone());
        timers.take_due(start + MS, drop);
        let removed = timers.insert(start + 2 * MS, waker.clone());
        assert!(timers.remove(removed).is_some());
        let third = timers.insert(start + 3 * MS, waker.clone());
        for gone in [fired, removed] {
            assert!(gone.slot == third.slot && !timers.would_wake(gone, waker));
            assert!(!timers.reset(gone, start) && timers.remove(gone).is_none());
        }
        assert_eq!((timers.len(), timers.next_deadline()), (1, Some(start + 3 * MS)));
    }
}
