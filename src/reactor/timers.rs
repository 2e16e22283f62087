//! The deadlines: whom to wake, and when.
//!
//! The order is kept by the [`wheel`](super::branches::Wheel), in nanoseconds since the runtime
//! began; here are the names by which a timer is found again, and the wakers.
//! Equal deadlines fire in the order in which their timers were made.

use super::branches::Wheel;
use crate::trace;
use crate::wake::branches::ShrinkingSlab;
use crate::wake::{Serials, no_task};
use std::num::NonZeroU64;
use std::task::Waker;
use std::time::{Duration, Instant};

/// A timer's name, good in the whole process. One whose timer has fired or was removed
/// names nothing, for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timer {
    /// The number of the runtime that keeps it, and below that the slot: two words travel in
    /// registers, and three fields do not (benches/DECISIONS.md, 2).
    place: u64,
    pub(crate) serial: NonZeroU64,
}

impl Timer {
    pub(crate) fn new(runtime: usize, slot: u32, serial: NonZeroU64) -> Self {
        Self { place: (runtime as u64) << 32 | u64::from(slot), serial }
    }

    pub(crate) fn runtime(self) -> usize {
        (self.place >> 32) as usize
    }

    pub(crate) fn slot(self) -> u32 {
        self.place as u32
    }
}

#[derive(Debug)]
pub(super) struct Timers {
    runtime: usize,
    pub(super) start: Instant,
    /// The wakers alone, which are two words, too.
    pub(super) pending: ShrinkingSlab<Waker>,
    /// The same slots; a timer's rank is its serial.
    pub(super) wheel: Wheel,
    serials: Serials,
}

impl Timers {
    /// None yet, for the runtime of this number; `start` is no later than any deadline
    /// that will ever have to wait.
    pub(super) fn new(runtime: usize, start: Instant) -> Self {
        let (wheel, serials) = (Wheel::new(), Serials::default());
        Self { runtime, start, pending: ShrinkingSlab::new(), wheel, serials }
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
        let slot = self.pending.insert(waker);
        let slot = u32::try_from(slot).expect("memory for four billion timers is not there");
        self.wheel.insert(slot, self.nanos(deadline), serial.get());
        trace::emit!(TimerAdded { timer: serial.get(), deadline });
        Timer::new(self.runtime, slot, serial)
    }

    /// Whether the timer is pending and will wake the same task as `waker`.
    pub(super) fn would_wake(&self, timer: Timer, waker: &Waker) -> bool {
        self.has(timer) && self.pending.get(timer.slot() as usize).is_some_and(|own| own.will_wake(waker))
    }

    /// Gives a pending timer another waker, and returns the old one. For a timer that is not
    /// pending, which an earlier runtime of this number had, it makes one.
    pub(super) fn put(&mut self, timer: &mut Timer, deadline: Instant, waker: Waker) -> Option<Waker> {
        let own = self.pending.get_mut(timer.slot() as usize);
        if let Some(own) = own.filter(|_| self.wheel.rank(timer.slot()) == timer.serial.get()) {
            trace::emit!(TimerTaken { timer: timer.serial.get() });
            return Some(std::mem::replace(own, waker));
        }
        *timer = self.insert(deadline, waker);
        None
    }

    pub(super) fn remove(&mut self, timer: Timer) -> Option<Waker> {
        let slot = self.has(timer).then_some(timer.slot())?;
        self.wheel.remove(slot);
        trace::emit!(TimerRemoved { timer: timer.serial.get() });
        self.pending.take(slot as usize, no_task)
    }

    /// Removes every timer that is due at `now`, a deadline of exactly `now` included, and
    /// gives their wakers to `wake` in the order of the deadlines.
    pub(super) fn take_due(&mut self, now: Instant, mut wake: impl FnMut(Waker)) {
        let now = self.nanos(now);
        for due in self.wheel.advance(now) {
            let waker = self.pending.take(due.slot as usize, no_task);
            trace::emit!(TimerFired { timer: due.rank });
            waker.into_iter().for_each(&mut wake);
        }
    }

    /// Whether the timer is pending: it has neither fired nor was it removed.
    pub(super) fn has(&self, timer: Timer) -> bool {
        self.wheel.rank(timer.slot()) == timer.serial.get()
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
    use crate::wake::MAX_RUNTIMES;
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
        let assert_gone = |timers: &mut Timers, name: Timer| {
            assert!(!timers.has(name) && !timers.would_wake(name, waker));
            assert!(!timers.reset(name, start) && timers.remove(name).is_none());
            let mut another = name;
            assert!(timers.put(&mut another, start + 9 * MS, waker.clone()).is_none());
            assert!(another != name && timers.remove(another).is_some());
        };
        let fired = timers.insert(start + MS, waker.clone());
        timers.take_due(start + MS, drop);
        assert_gone(&mut timers, fired);
        let removed = timers.insert(start + 2 * MS, waker.clone());
        assert!(timers.remove(removed).is_some());
        assert_gone(&mut timers, removed);
        let third = timers.insert(start + 3 * MS, waker.clone());
        for gone in [fired, removed] {
            assert_eq!(gone.slot(), third.slot());
            assert_gone(&mut timers, gone);
        }
        assert_eq!((timers.len(), timers.next_deadline()), (1, Some(start + 3 * MS)));
    }

    #[test]
    fn a_name_gives_back_what_it_was_made_of() {
        let serial = NonZeroU64::new(u64::MAX).unwrap();
        for (runtime, slot) in [(0, u32::MAX), (MAX_RUNTIMES, 0), (MAX_RUNTIMES, u32::MAX)] {
            let name = Timer::new(runtime, slot, serial);
            assert_eq!((name.runtime(), name.slot(), name.serial), (runtime, slot, serial));
        }
    }
}
