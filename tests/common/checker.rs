//! Reads a recording event by event, and fails at the first that breaks an invariant of
//! DESIGN.md. It keeps its own books and knows nothing of the library's `State`.
//!
//! What events cannot show: that no borrow is held while foreign code runs (I3). They show
//! that such code is always inside of one poll, or of one drop, and that the events of what
//! it does are in between.

mod gathers;
mod outside;
mod turns;

use gathers::Gathers;
use outside::Outside;
use shirr::Metrics;
use shirr::trace::{Actor, Effect, Event, Recording, What};
use std::fmt::Debug;
use std::time::{Duration, Instant};
use turns::Turns;

/// What the checker is to know of a program.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) clock: Clock,
    /// Wakers of other crates are about, so that a wake may go to them instead of the task.
    pub(crate) foreign: bool,
    /// Sockets are tried without asking whether that is worth while.
    pub(crate) tries: bool,
    /// The program keeps sockets, timers or gathers beyond the end of the runtime.
    pub(crate) kept: bool,
}

/// How the runtime's clock goes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Clock {
    /// With the system's.
    #[default]
    System,
    /// From deadline to deadline.
    Paused,
    /// Now so, now so.
    Mixed,
}

/// Everything that is known after the events so far.
#[derive(Debug)]
pub(crate) struct Checker {
    rules: Rules,
    next: u64,
    time: Duration,
    /// The latest event but wakes, and what follows from it.
    before: Option<What>,
    /// An event poll has begun in which the kernel was not asked.
    polls_events: bool,
    /// How many runtimes were entered and not left.
    depth: usize,
    ended: bool,
    counts: Counts,
    pub(crate) turns: Turns,
    pub(crate) outside: Outside,
    pub(crate) gathers: Gathers,
    /// The tasks that must be in the ready queue before the loop goes on, and why.
    owed: Vec<(u64, &'static str)>,
}

/// The runtime's own counters, counted again.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    turns: u64,
    queued: u64,
    merged: u64,
    stale: u64,
    event_polls: u64,
}

/// Fails with the invariant's name and the event.
#[track_caller]
fn ensure(holds: bool, invariant: &str, event: &Event, why: impl Debug) {
    assert!(
        holds,
        "{invariant} is broken by event {}, {:?} of {:?}: {why:?}",
        event.number, event.what, event.actor
    );
}

impl Checker {
    pub(crate) fn new(rules: Rules, began: Instant) -> Self {
        Self {
            rules,
            next: 0,
            time: Duration::ZERO,
            before: None,
            polls_events: false,
            depth: 0,
            ended: false,
            counts: Counts::default(),
            turns: Turns::default(),
            outside: Outside::new(began),
            gathers: Gathers::default(),
            owed: Vec::new(),
        }
    }

    /// Takes the next event in.
    pub(crate) fn take(&mut self, event: &Event) {
        self.check_order(event);
        self.check_actor(event);
        self.check_event_poll(event);
        if is_step(&event.what) {
            self.check_owed(event);
        }
        self.count(&event.what);
        let ended = self.turns.take(event);
        self.outside.take(event, &self.rules, &self.turns, &mut self.owed);
        self.gathers.take(event, &self.turns, &mut self.owed);
        if let Some(ended) = ended {
            self.outside.forget(ended, &mut self.owed);
        }
        self.follow(event);
    }

    fn check_order(&mut self, event: &Event) {
        ensure(event.number == self.next, "the numbering", event, self.next);
        ensure(event.time >= self.time, "the order of times", event, self.time);
        ensure(!self.ended || matches!(event.what, What::Left), "I8", event, "the runtime is gone");
        (self.next, self.time) = (self.next + 1, event.time);
    }

    /// The reason of an event comes before it.
    fn check_actor(&self, event: &Event) {
        let fits = match event.actor {
            Actor::Program => self.depth == 0,
            Actor::Task(task) => self.turns.on_stack() == Some(task),
            Actor::Timer(n) => matches!(self.before, Some(What::TimerFired { timer }) if timer == n),
            Actor::Source(n) => matches!(self.before, Some(What::SourceReady { source, .. }) if source == n),
            Actor::Thread(n) => matches!(self.before, Some(What::Received { thread }) if thread == n),
            Actor::Foreign => self.before == Some(What::CallingForeign),
            Actor::Loop => self.depth > 0 && self.turns.running().is_none(),
            _ => false,
        };
        ensure(fits, "the actor", event, (&self.before, self.turns.on_stack(), self.depth));
        ensure(!is_step(&event.what) || event.actor == Actor::Loop, "the actor", event, "the loop does that");
    }

    /// Due timers are fired in an event poll, or because a message asks for that; then the kernel is
    /// asked, once.
    fn check_event_poll(&mut self, event: &Event) {
        let by_message = matches!(self.before, Some(What::Received { .. }));
        match event.what {
            What::PollingEvents { .. } => self.polls_events = true,
            What::Popped { .. } | What::Skipped { .. } => self.polls_events = false,
            What::TimerFired { .. } => {
                ensure(self.polls_events || by_message, "I7", event, "outside of an event poll")
            }
            What::Asking { .. } => {
                ensure(self.polls_events, "I7", event, "outside of an event poll");
                self.polls_events = false;
            }
            _ => {}
        }
    }

    /// I5: what a task has waited for has happened, so the task has been woken.
    fn check_owed(&mut self, event: &Event) {
        for (task, why) in self.owed.drain(..) {
            let woken = self.turns.is_queued(task) || !self.turns.lives(task);
            ensure(woken || self.rules.foreign, "I5", event, (task, "was not woken after", why));
        }
    }

    fn count(&mut self, what: &What) {
        let counts = &mut self.counts;
        *match what {
            What::Popped { .. } => &mut counts.turns,
            What::PollingEvents { .. } => &mut counts.event_polls,
            What::Woken { effect: Effect::Queued, .. } => &mut counts.queued,
            What::Woken { effect: Effect::Merged, .. } => &mut counts.merged,
            What::Woken { effect: Effect::Stale, .. } => &mut counts.stale,
            _ => return,
        } += 1;
    }

    fn follow(&mut self, event: &Event) {
        match event.what {
            What::Woken { .. } | What::Aborted { .. } | What::TimerRemoved { .. } => return,
            What::Entered => self.depth += 1,
            What::Left => self.depth -= 1,
            What::ShutDown { tasks, timers, sources } => {
                let left = (tasks, timers, sources);
                let own = (self.turns.len(), self.outside.timers.len(), self.outside.sources.len());
                ensure(left == own, "I8", event, own);
                self.check_end(event);
            }
            _ => {}
        }
        self.before = Some(event.what.clone());
    }

    /// I8: whatever began has ended.
    fn check_end(&mut self, event: &Event) {
        self.ended = true;
        ensure(self.turns.len() == 0, "I8", event, "there are tasks left");
        ensure(self.gathers.under_way() == 0 || self.rules.kept, "I8", event, &self.gathers);
        let outside = &self.outside;
        let empty = outside.timers.is_empty() && outside.sources.is_empty();
        ensure(empty || self.rules.kept, "I8", event, outside);
        ensure(outside.waiting() == 0, "I8", event, outside);
    }

    /// Compares with what the runtime itself counts.
    pub(crate) fn assert_agrees(&self, metrics: &Metrics) {
        let own =
            (self.turns.len(), self.turns.queue.len(), self.outside.timers.len(), self.outside.sources.len());
        assert_eq!(own, (metrics.tasks, metrics.ready, metrics.timers, metrics.sources), "{metrics:?}");
        let &Metrics { polls: turns, wakes_local: queued, wakes_merged: merged, .. } = metrics;
        let counts =
            Counts { turns, queued, merged, stale: metrics.wakes_stale, event_polls: metrics.event_polls };
        assert_eq!(self.counts, counts, "{metrics:?}");
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }
}

/// Whether it is the loop's own next step: what the one before has caused is done.
fn is_step(what: &What) -> bool {
    use What::*;
    matches!(what, Popped { .. } | Skipped { .. } | PollingEvents { .. } | Asking { .. } | ShutDown { .. })
}

/// Checks a recording from its first event on, and that the runtime has ended.
pub(crate) fn check(recording: &Recording, rules: Rules) -> Checker {
    assert_eq!(recording.lost, 0);
    let mut checker = Checker::new(rules, recording.began);
    recording.events.iter().for_each(|event| checker.take(event));
    assert!(checker.has_ended() && checker.depth == 0, "the recording ends before the runtime");
    checker
}
