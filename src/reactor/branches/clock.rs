//! What time it is, for one runtime.
//!
//! Every read of the system's clock but the trace's is made in this file, so a runtime whose clock is held
//! sees no other time. The hand has three ways to go:
//!
//! ```text
//!   System ──── pause ───► Paused ◄─── pause ─── Resumed
//!                          │ ▲  │                  ▲
//!                          └─┘  └───── resume ─────┘
//!                         step: to the next deadline, or to where an advance goes
//! ```
//!
//! When a paused clock may step is the loop's business, `runtime/branches/paused.rs`.

use crate::choice;
use crate::trace;
use crate::wake::ignore_panics;
use std::cell::{Cell, RefCell};
use std::task::Waker;
use std::time::{Duration, Instant};

/// One runtime's clock. Its own thread only.
#[derive(Debug)]
pub(crate) struct Clock {
    hand: Cell<Hand>,
    /// Beyond this the timers cannot count: 584 years from the start.
    last: Instant,
    /// Set while an advance is under way, from its first poll to its end or its drop.
    advance: RefCell<Option<Advancing>>,
    /// Set when it was said why the clock is paused although timers wait; cleared when it is
    /// paused or moves.
    told: Cell<bool>,
}

#[derive(Clone, Copy, Debug)]
enum Hand {
    /// With the system's clock.
    System,
    /// Nowhere, until it is moved.
    Paused(Instant),
    /// As fast as the system's clock, from what it showed when that showed `since`.
    Resumed { from: Instant, since: Instant },
}

#[derive(Debug)]
struct Advancing {
    goal: Instant,
    arrived: bool,
    /// The latest poll's (I5).
    waker: Option<Waker>,
}

/// How long nothing may happen while the clock is paused although timers wait, before the loop
/// says why. Real time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

thread_local! {
    /// Whether a clock of this thread was ever held. Until then the system's clock is every
    /// runtime's, and a `sleep` need not ask which one it is in.
    static HELD: Cell<bool> = const { Cell::new(false) };
}

#[inline]
pub(crate) fn was_held_here() -> bool {
    HELD.get()
}

#[inline]
pub(crate) fn system_now() -> Instant {
    choice::make!(if let Some(now) = choice::now() {
        return now;
    });
    Instant::now()
}

impl Clock {
    /// A clock that goes, or one that is paused at the present.
    pub(crate) fn new(paused: bool) -> Self {
        let last = system_now() + Duration::from_nanos(u64::MAX);
        let clock =
            Self { hand: Cell::new(Hand::System), last, advance: RefCell::default(), told: Cell::default() };
        if paused {
            clock.pause();
        }
        clock
    }

    pub(crate) fn now(&self) -> Instant {
        match self.hand.get() {
            Hand::System => system_now(),
            Hand::Paused(at) => at,
            Hand::Resumed { from, since } => from + (system_now() - since),
        }
    }

    /// What the system's clock shows when this one shows these times; nothing while it is paused.
    pub(crate) fn on_system(&self, times: [Instant; 2]) -> Option<[Instant; 2]> {
        match self.hand.get() {
            Hand::System => Some(times),
            Hand::Paused(_) => None,
            Hand::Resumed { from, since } => Some(times.map(|at| since + (at - from))),
        }
    }

    /// The last moment that it may be moved to; what is to happen later happens then.
    pub(crate) fn last(&self) -> Instant {
        self.last
    }

    pub(crate) fn is_paused(&self) -> bool {
        matches!(self.hand.get(), Hand::Paused(_))
    }

    /// # Panics
    /// When it is paused.
    #[track_caller]
    pub(crate) fn pause(&self) {
        assert!(
            !self.is_paused(),
            "shirr::time::pause was called, but the runtime's clock is paused already"
        );
        self.stand_at(self.now());
        trace::emit!(ClockPaused { at: self.now() });
        HELD.set(true);
    }

    fn stand_at(&self, at: Instant) {
        self.hand.set(Hand::Paused(at));
        self.told.set(false);
    }

    /// For how long the loop waits for the world while the clock is paused and timers wait: it
    /// then checks whether it must say so, unless it has.
    pub(crate) fn patience(&self) -> Option<Duration> {
        (!self.told.get()).then_some(PATIENCE)
    }

    /// Whether it is still to be said why the clock is paused here; from now on it is not.
    pub(crate) fn tell(&self) -> bool {
        !self.told.replace(true)
    }

    /// # Panics
    /// When it goes, or is being moved.
    #[track_caller]
    pub(crate) fn resume(&self) {
        let Hand::Paused(from) = self.hand.get() else {
            panic!("shirr::time::resume was called, but the runtime's clock is not paused");
        };
        choice::make!(assert!(
            !choice::is_closed(),
            "shirr::time::resume was called, but in a run that is explored no time passes by itself"
        ));
        let idle = self.advance.borrow().is_none();
        assert!(idle, "shirr::time::resume was called while a shirr::time::advance is under way");
        self.hand.set(Hand::Resumed { from, since: system_now() });
        trace::emit!(ClockResumed { from });
    }

    /// Begins to move the clock by `duration`; [`step`](Self::step) goes the way.
    ///
    /// # Panics
    /// When it goes by itself, is being moved already, or cannot say a time so late.
    #[track_caller]
    pub(crate) fn begin_advance(&self, duration: Duration) {
        let Hand::Paused(at) = self.hand.get() else {
            panic!(
                "shirr::time::advance was called, but the runtime's clock is not paused; \
                 call `shirr::time::pause()` first, or make the runtime with `Runtime::builder().paused()`"
            );
        };
        let Some(goal) = at.checked_add(duration).filter(|goal| *goal <= self.last) else {
            panic!(
                "shirr::time::advance cannot go as far as {duration:?}: the clock has no name for that moment"
            );
        };
        let idle = self.advance.borrow().is_none();
        assert!(idle, "shirr::time::advance was called while another one is under way; await that one first");
        self.advance.replace(Some(Advancing { goal, arrived: false, waker: None }));
    }

    /// Whether the advance under way has arrived; if not, `waker` is woken when it has.
    pub(crate) fn poll_advance(&self, waker: &Waker) -> bool {
        if !self.is_advancing() {
            return true;
        }
        let waker = waker.clone();
        let old = self.advance.borrow_mut().as_mut().and_then(|advance| advance.waker.replace(waker));
        drop(old);
        false
    }

    /// Ends the advance under way; the clock stays where that has come to.
    pub(crate) fn end_advance(&self) {
        let ended = self.advance.take();
        ignore_panics(|| drop(ended)); // its task may be unwinding
    }

    /// Whether an advance is under way that has not arrived.
    pub(crate) fn is_advancing(&self) -> bool {
        self.advance.borrow().as_ref().is_some_and(|advance| !advance.arrived)
    }

    /// Moves a paused clock to `next`, the nearest deadline, or to where an advance goes
    /// if that is nearer; then it returns whom to wake. It never goes back, whatever foreign
    /// code has left among the timers meanwhile.
    pub(crate) fn step(&self, next: Option<Instant>) -> Option<Waker> {
        let Hand::Paused(at) = self.hand.get() else { return None };
        let mut advance = self.advance.borrow_mut();
        let under_way = advance.as_mut().filter(|advance| !advance.arrived);
        if let Some(advance) = under_way.filter(|advance| next.is_none_or(|next| next > advance.goal)) {
            self.stand_at(advance.goal);
            trace::emit!(ClockMoved { to: advance.goal });
            advance.arrived = true;
            return advance.waker.take();
        }
        self.stand_at(next.map_or(at, |next| next.max(at)));
        trace::emit!(ClockMoved { to: self.now() });
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_never_goes_back_and_moves_no_clock_that_goes() {
        let clock = Clock::new(true);
        let (start, second) = (clock.now(), Duration::from_secs(1));
        assert!(clock.step(Some(start + second)).is_none());
        assert!(clock.step(Some(start)).is_none() && clock.step(None).is_none());
        assert_eq!(clock.now(), start + second);
        clock.resume();
        assert!(clock.step(Some(start + 3600 * second)).is_none());
        assert!(!clock.is_paused() && clock.now() < start + 3600 * second);
    }
}
