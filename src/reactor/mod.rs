//! What tasks wait for outside: sockets and the clock.
//!
//! The reactor never polls a task and does not know one. It keeps wakers, hands them the
//! kernel's answers, and lets them do the rest:
//!
//! - [`mod@sources`]: the sockets, each with its readiness and the tasks that wait for it;
//! - [`mod@source`]: one of them, as its operations see it;
//! - [`mod@timers`]: the deadlines, whose order a wheel keeps;
//! - [`mod@deadlines`]: what a sleep asks of them;
//! - [`mod@branches`]: what time it is, which a test may hold, and what ends a wait;
//! - [`Reactor`]: all of it, and the one call that waits for either, `epoll_wait` and its kin
//!   behind `mio`.
//!
//! A task of this runtime is queued as soon as its event is known; foreign wakers are
//! collected while the slabs are borrowed and called after (I3).

mod branches;
mod deadlines;
mod source;
mod sources;
mod timers;

pub(crate) use branches::{Clock, PATIENCE, system_now, was_held_here};
pub(crate) use source::{Source, Waiter};
pub(crate) use sources::Direction;
pub(crate) use timers::Timer;

use crate::trace;
use crate::wake::branches::KEPT;
use crate::wake::{Ready, ignore_panics};
use branches::Alarm;
use sources::Sources;
use std::cell::{Cell, RefCell};
use std::io;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::task::Waker;
use std::time::{Duration, Instant};
use timers::Timers;

/// The token of the bell; no source's slot can have this number.
const BELL: mio::Token = mio::Token(usize::MAX);

/// How many events one event poll takes from the kernel; more stay there for the next one.
const EVENTS: usize = 1024;

/// After this long the loop reads the clock again: not every system can count the weeks
/// until a far deadline in one wait.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Sockets and timers of one runtime. Its own thread only.
#[derive(Debug)]
pub(crate) struct Reactor {
    /// Its runtime's wakes. Held, so that the runtime's number stays its own while a
    /// socket of it is open, and never names another runtime.
    ready: Rc<Ready>,
    pub(crate) poll: RefCell<mio::Poll>,
    events: RefCell<mio::Events>,
    sources: RefCell<Sources>,
    timers: RefCell<Timers>,
    alarm: Alarm,
    clock: Clock,
    /// When the loop last read the clock.
    seen: Cell<Instant>,
    /// Set when a timer was given a deadline before `seen`: until the next event poll fires it, not
    /// every timer due by then has fired.
    overdue: Cell<bool>,
    /// The foreign wakers of one event poll, kept for their capacity; empty between event polls.
    foreign: RefCell<Vec<Waker>>,
    origin: trace::Origin,
}

// A panic of foreign code finds nothing of it borrowed (I3).
impl UnwindSafe for Reactor {}
impl RefUnwindSafe for Reactor {}

/// Makes the kernel's side of a reactor and the bell that other threads ring.
///
/// # Errors
/// When the process is out of descriptors.
pub(crate) fn open() -> io::Result<(mio::Poll, mio::Waker)> {
    let poll = mio::Poll::new()?;
    let bell = mio::Waker::new(poll.registry(), BELL)?;
    Ok((poll, bell))
}

impl Reactor {
    /// With `paused`, its clock is paused from the start.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub(crate) fn new(ready: Rc<Ready>, poll: mio::Poll, paused: bool) -> io::Result<Self> {
        let clock = Clock::new(paused);
        let now = clock.now();
        Ok(Self {
            alarm: Alarm::new(poll.registry())?,
            timers: RefCell::new(Timers::new(ready.number(), now)),
            ready,
            poll: RefCell::new(poll),
            events: RefCell::new(mio::Events::with_capacity(EVENTS)),
            sources: RefCell::new(Sources::new()),
            seen: Cell::new(now),
            overdue: Cell::new(false),
            clock,
            foreign: RefCell::default(),
            origin: trace::Origin::here(),
        })
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// How many timers are pending.
    pub(crate) fn timers(&self) -> usize {
        self.timers.borrow().len()
    }

    /// How many sockets are open.
    pub(crate) fn sources(&self) -> usize {
        self.sources.borrow().len()
    }

    /// Asks the kernel for news of the sockets; with `block` it waits for some, until the
    /// next deadline at most. What came is for [`deliver`](Self::deliver).
    ///
    /// # Panics
    /// When the kernel refuses to wait at all, which means that the reactor's
    /// descriptor was closed.
    pub(crate) fn wait(&self, block: bool) {
        let timeout = if block { self.time_left() } else { Some(Duration::ZERO) };
        trace::emit!(Asking { at_most: timeout });
        match self.poll.borrow_mut().poll(&mut self.events.borrow_mut(), timeout) {
            Ok(()) => {}
            // A signal ends a wait early. Nothing is lost: what is ready is found next time.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => panic!("shirr's reactor cannot wait for events: {error}"),
        }
        trace::emit!(Answered { events: self.events.borrow().iter().count() });
    }

    /// Wakes the tasks that the news concern.
    pub(crate) fn deliver(&self) {
        self.note_events(self.waking());
        self.call_foreign();
    }

    /// Wakes the tasks whose timers are due. Reads the clock once, and not at all when no timer is
    /// pending; nothing else that an event poll does reads it.
    pub(crate) fn fire_due(&self) {
        if self.timers() > 0 {
            self.seen.set(self.clock.now());
            self.overdue.set(false);
            self.timers.borrow_mut().take_due(self.seen.get(), self.waking());
            self.call_foreign();
        }
    }

    /// What wakes during an event poll: a task of this runtime's is queued at once, which is a few
    /// steps, and the rest waits among the foreign (I3).
    fn waking(&self) -> impl FnMut(Waker) {
        |waker| {
            if let Some(waker) = self.ready.wake_own(waker) {
                self.foreign.borrow_mut().push(waker);
            }
        }
    }

    /// Calls the foreign wakers, now that nothing is borrowed any more.
    fn call_foreign(&self) {
        if self.foreign.borrow().is_empty() {
            return;
        }
        let mut foreign = self.foreign.take();
        for waker in foreign.drain(..) {
            trace::emit!(CallingForeign);
            ignore_panics(|| waker.wake());
        }
        foreign.shrink_to(KEPT);
        self.foreign.replace(foreign);
    }

    /// # Errors
    /// When this runtime does not run on this thread: no loop would hear of the event that the
    /// caller is about to wait for.
    fn check_it_runs(&self) -> io::Result<()> {
        if self.ready.runs_here() {
            return Ok(());
        }
        Err(io::Error::other(
            "a shirr socket was awaited outside the runtime in which it was opened; \
             await it in that runtime's block_on, while the runtime lives",
        ))
    }

    /// Until the nearest deadline; `None` when there is none to wait for, and when the alarm is
    /// set for it; while the clock is paused, [`Clock::patience`]. The clock was read in this event poll, and mio
    /// rounds a wait up to what the system can count, so no timer is early.
    fn time_left(&self) -> Option<Duration> {
        let (now, deadline) = (self.seen.get(), self.timers.borrow().next_deadline()?);
        if deadline <= now {
            return Some(Duration::ZERO);
        }
        let Some([now, deadline]) = self.clock.on_system([now, deadline]) else {
            return self.clock.patience();
        };
        Some(self.alarm.set(now, deadline)?.min(LONGEST_WAIT))
    }

    fn note_events(&self, mut wake: impl FnMut(Waker)) {
        let (mut events, mut sources) = (self.events.borrow_mut(), self.sources.borrow_mut());
        for event in events.iter().filter(|event| event.token() != BELL) {
            sources.note(event, &mut wake);
        }
        events.clear();
    }
}
