//! Timers, sockets, handles, and how the loop waits for them: I4, I5, I6.

use super::turns::Turns;
use super::{Clock, Rules, ensure};
use shirr::trace::{Answer, Direction, Event, What};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

/// The loop waits no longer than this in one go.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

type Owed = Vec<(u64, &'static str)>;
type Side = (usize, Direction);

#[derive(Debug)]
pub(crate) struct Outside {
    began: Instant,
    /// Deadlines, and the tasks that they wake.
    pub(crate) timers: BTreeMap<u64, (Instant, Option<u64>)>,
    pub(crate) sources: BTreeSet<usize>,
    /// By socket and direction, the numbers of the waiters, and their tasks.
    waiters: HashMap<Side, Vec<(u64, u64)>>,
    /// Of which it is known that a try would be in vain.
    drained: HashSet<Side>,
    /// By task, the one that waits for its end.
    joiners: BTreeMap<u64, u64>,
    /// What a paused clock shows, once it has moved.
    clock: Option<Instant>,
    /// When the latest event poll began, and the last timer that it has fired.
    polled_events: Duration,
    fired: Option<(Instant, u64)>,
    /// The kernel was asked, and has not answered.
    asking: bool,
    /// The loop may have been asleep in the kernel until the event before this one.
    awake: bool,
}

impl Outside {
    pub(super) fn new(began: Instant) -> Self {
        Self {
            began,
            timers: BTreeMap::new(),
            sources: BTreeSet::new(),
            waiters: HashMap::new(),
            drained: HashSet::new(),
            joiners: BTreeMap::new(),
            clock: None,
            polled_events: Duration::ZERO,
            fired: None,
            asking: false,
            awake: false,
        }
    }

    /// How many wait for a socket.
    pub(super) fn waiting(&self) -> usize {
        self.waiters.values().map(Vec::len).sum()
    }

    pub(super) fn take(&mut self, event: &Event, rules: &Rules, turns: &Turns, owed: &mut Owed) {
        self.check_sleep(event);
        match event.what {
            What::PollingEvents { .. } => (self.polled_events, self.fired) = (event.time, None),
            What::Asking { at_most } => self.ask(event, at_most, rules, turns),
            What::ClockMoved { to } => {
                ensure(self.clock.is_none_or(|clock| clock <= to), "the clock", event, "it goes back");
                self.clock = Some(to);
            }
            What::Joining { task } => {
                ensure(turns.lives(task), "I9", event, "it has ended");
                self.joiners.extend(turns.running().map(|by| (task, by)));
            }
            What::Detached { task } => self.joiners.retain(|of, _| *of != task),
            What::TimerAdded { .. }
            | What::TimerTaken { .. }
            | What::TimerReset { .. }
            | What::TimerFired { .. }
            | What::TimerRemoved { .. } => self.take_timer(event, rules, turns.running(), owed),
            What::SourceAdded { .. }
            | What::SourceReady { .. }
            | What::Tried { .. }
            | What::Waiting { .. }
            | What::WaitingNoMore { .. }
            | What::SourceRemoved { .. } => self.take_source(event, rules, turns.running(), owed),
            _ => {}
        }
    }

    /// This task has ended: it waits no more, and the task that waited for it is to be woken.
    pub(super) fn forget(&mut self, task: u64, owed: &mut Owed) {
        self.waiters.values_mut().for_each(|side| side.retain(|(_, waits)| *waits != task));
        owed.extend(self.joiners.remove(&task).map(|by| (by, "a task's end")));
    }

    /// Nothing happens between the question and the kernel's answer, and the bell is what
    /// ended the wait or nothing at all.
    fn check_sleep(&mut self, event: &Event) {
        let answered = matches!(event.what, What::Answered { .. });
        ensure(answered == self.asking, "I4", event, "the kernel's answer comes after the question");
        let rung = event.what == What::Rung;
        ensure(!rung || self.awake, "I4", event, "the loop did not sleep");
        (self.asking, self.awake) = (false, answered);
    }

    /// I4: it waits when nothing is ready, and until no later than the nearest deadline.
    fn ask(&mut self, event: &Event, at_most: Option<Duration>, rules: &Rules, turns: &Turns) {
        self.asking = true;
        if at_most == Some(Duration::ZERO) {
            return;
        }
        ensure(turns.queue.is_empty(), "I4", event, &turns.queue);
        let nearest = self.timers.values().map(|(deadline, _)| *deadline).min();
        let Some(nearest) = nearest.filter(|_| rules.clock == Clock::System) else { return };
        if cfg!(feature = "precise-timers") && at_most.is_none() {
            return; // an alarm is set
        }
        let left = nearest.saturating_duration_since(self.began + self.polled_events).min(LONGEST_WAIT);
        ensure(
            at_most.is_some_and(|at_most| at_most <= left),
            "I4",
            event,
            (left, "until the next deadline"),
        );
    }

    fn take_timer(&mut self, event: &Event, rules: &Rules, running: Option<u64>, owed: &mut Owed) {
        match event.what {
            What::TimerAdded { timer, deadline } => {
                let new = self.timers.insert(timer, (deadline, running)).is_none();
                ensure(new, "a timer's number", event, "it is another's");
            }
            What::TimerReset { timer, deadline } => self.pending(event, timer).0 = deadline,
            What::TimerTaken { timer } => self.pending(event, timer).1 = running,
            What::TimerRemoved { timer } => {
                self.pending(event, timer);
                self.timers.remove(&timer);
            }
            What::TimerFired { timer } => {
                let (deadline, owner) = *self.pending(event, timer);
                self.timers.remove(&timer);
                self.check_due(event, (deadline, timer), rules);
                owed.extend(owner.map(|owner| (owner, "its timer")));
            }
            _ => {}
        }
    }

    fn pending(&mut self, event: &Event, timer: u64) -> &mut (Instant, Option<u64>) {
        ensure(self.timers.contains_key(&timer), "I8", event, "the timer is not pending");
        self.timers.get_mut(&timer).unwrap()
    }

    /// Not early, and in the order of the deadlines.
    fn check_due(&mut self, event: &Event, this: (Instant, u64), rules: &Rules) {
        let now = match rules.clock {
            Clock::System => Some(self.began + event.time),
            Clock::Paused => self.clock,
            Clock::Mixed => None,
        };
        ensure(now.is_none_or(|now| this.0 <= now), "a deadline", event, "it is early");
        ensure(self.fired <= Some(this), "the order of deadlines", event, self.fired);
        let earlier = self.timers.iter().find(|(timer, (deadline, _))| (*deadline, **timer) < this);
        ensure(earlier.is_none(), "the order of deadlines", event, earlier);
        self.fired = Some(this);
    }

    fn take_source(&mut self, event: &Event, rules: &Rules, running: Option<u64>, owed: &mut Owed) {
        match event.what {
            What::SourceAdded { source, .. } => {
                ensure(self.sources.insert(source), "a socket's slot", event, "it is another's");
            }
            What::SourceRemoved { source } => {
                ensure(self.sources.remove(&source), "I8", event, "it is not there");
                self.drained.retain(|(of, _)| *of != source);
                self.waiters.retain(|(of, _), _| *of != source);
            }
            What::SourceReady { source, readable, writable } => {
                ensure(self.sources.contains(&source), "I8", event, "it is not there");
                let sides = [(readable, Direction::Read), (writable, Direction::Write)];
                for (_, direction) in sides.into_iter().filter(|(ready, _)| *ready) {
                    self.drained.remove(&(source, direction));
                    let woken = self.waiters.remove(&(source, direction)).unwrap_or_default();
                    owed.extend(woken.into_iter().map(|(_, task)| (task, "its socket")));
                }
            }
            What::Tried { source, direction, answer } => {
                let vain = self.drained.contains(&(source, direction));
                ensure(!vain || rules.tries, "I6", event, "tried before the kernel has said anything");
                if answer == Answer::WouldBlock {
                    self.drained.insert((source, direction));
                }
            }
            What::Waiting { source, direction, waiter } => {
                self.drained.insert((source, direction));
                self.leave((source, direction), waiter);
                let waits = running.map(|task| (waiter, task));
                self.waiters.entry((source, direction)).or_default().extend(waits);
            }
            What::WaitingNoMore { source, direction, waiter } => {
                ensure(waiter != 0, "a waiter's number", event, "it is that of all waiters without one");
                self.leave((source, direction), waiter);
            }
            _ => {}
        }
    }

    /// It may have been woken, or be of a task that has ended, and not be in the list any more.
    fn leave(&mut self, side: Side, waiter: u64) {
        if let Some(waiters) = self.waiters.get_mut(&side).filter(|_| waiter != 0) {
            waiters.retain(|(number, _)| *number != waiter);
        }
    }
}
