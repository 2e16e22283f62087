//! One sentence for each event: what happened, to whom, and why.
//!
//! Here those of tasks and their polls; [`mod@outside`] has those of the loop, of timers and
//! sockets, and of gathers.

mod outside;

use super::Recording;
use super::event::{Actor, Effect, Event, Poll};
use super::names;
use super::state::{Kind, State, Task};
use super::what::What;
use std::collections::HashSet;
use std::time::Duration;

/// How many waits of a task or for sockets are named: there may be very many, time and again.
const NAMED: usize = 3;

/// Tells a recording's events one after the other, and knows the state before each.
#[derive(Debug)]
pub(super) struct Teller<'a> {
    pub(super) recording: &'a Recording,
    /// Before the next event.
    pub(super) state: State,
    /// The tasks that were seen to end.
    ended: HashSet<u64>,
    /// When the latest poll began.
    polling_since: Option<Duration>,
    /// When the kernel was last asked, and how long it could take.
    pub(super) asked: Option<(Duration, Option<Duration>)>,
    /// Whether there was a deviation since the loop's latest step, which the next comes of.
    pub(super) has_deviated: bool,
}

impl<'a> Teller<'a> {
    pub(super) fn new(recording: &'a Recording) -> Self {
        let (state, ended) = (recording.base.clone(), HashSet::new());
        Self { recording, state, ended, polling_since: None, asked: None, has_deviated: false }
    }

    /// The sentence for the next event, before which [`state`](Self::state) is as it is now.
    pub(super) fn tell(&self, event: &Event) -> String {
        let sentence = self.of_tasks(event).or_else(|| self.of_polls(event));
        let sentence =
            sentence.or_else(|| self.of_the_loop(event)).or_else(|| self.of_timers_and_sockets(event));
        let sentence = sentence.or_else(|| self.of_gathers(event)).or_else(|| of_an_explored_run(event));
        sentence.unwrap_or_else(|| format!("{:?}", event.what))
    }

    /// Goes on behind that event.
    pub(super) fn go_on(&mut self, event: &Event) {
        match event.what {
            What::Chosen { ref choice } => {
                self.has_deviated |= choice.is_deviation() && choice.is_between_turns();
            }
            What::Popped { .. } | What::PollingEvents { .. } => self.has_deviated = false,
            What::Evicted { slot } => self.ended.extend(self.state.task_in(slot)),
            What::Polling { .. } => self.polling_since = Some(event.time),
            What::Polled { .. } => self.polling_since = None,
            What::Asking { at_most } => self.asked = Some((event.time, at_most)),
            What::Answered { .. } => self.asked = None,
            _ => {}
        }
        self.state.apply(event);
    }

    fn of_tasks(&self, event: &Event) -> Option<String> {
        let actor = self.actor(event);
        Some(match event.what {
            What::Rooting => "the future of block_on becomes a task, the root".to_owned(),
            What::Spawning { name, at } => format!("{actor} spawns `{}` at {at}", names::short(name)),
            What::Starting { gather, child } => {
                format!("{} becomes a task", names::child_of(&self.state, gather, child))
            }
            What::Admitted { task, slot } => {
                format!("task {task} has slot {slot}, and joins the ready queue for its first poll")
            }
            What::Cancelled { slot } => {
                let aborted = self.live_in(slot).is_some_and(|task| task.aborted);
                let why = if aborted { "it was aborted" } else { "its runtime ends" };
                format!("{} is dropped unfinished, because {why}", self.task_in(slot))
            }
            What::Evicted { slot } => {
                let root = self.live_in(slot).is_some_and(|task| task.kind == Kind::Root);
                let panics = root && self.state.running.is_some();
                let why = if panics { ", since its poll panics" } else { "" };
                format!("{} leaves slot {slot}, which is free again{why}", self.task_in_short(slot))
            }
            What::Aborted { task } => {
                format!("{actor} aborts {}, which will be dropped at its next turn", self.task(task))
            }
            What::Woken { task, effect } => {
                let by = if event.actor == Actor::Task(task) { "itself" } else { &actor };
                self.woken(by, task, effect)
            }
            What::Popped { task } => match self.state.ready.front() {
                Some(first) if *first != task => format!("task {task} leaves the ready queue for its turn"),
                _ => format!("task {task} is first in the ready queue, and leaves it for its turn"),
            },
            What::Skipped { slot } => {
                format!("the first task in the ready queue has ended and left slot {slot}: the loop skips it")
            }
            What::Refused => format!("{actor} has taken 128 steps without waiting, and must give way"),
            What::Swept => "all tasks that have ended leave the ready queue".to_owned(),
            _ => return None,
        })
    }

    fn woken(&self, by: &str, task: u64, effect: Effect) -> String {
        match effect {
            Effect::Queued => format!("{} is woken by {by}, and joins the ready queue", self.task(task)),
            Effect::Merged => {
                format!("{} is woken by {by}, and is in the ready queue already", self.task(task))
            }
            Effect::Stale => format!("{by} wakes a task that has ended: nothing comes of it"),
        }
    }

    fn of_polls(&self, event: &Event) -> Option<String> {
        let actor = self.actor_in_short(event);
        Some(match event.what {
            What::Polling { slot } => format!("{} is polled, {}", self.task_in(slot), self.why_polled(slot)),
            What::Polled { slot, poll } => {
                let took = self.polling_since.map(|since| event.time.saturating_sub(since));
                let took = took.map(|took| format!(" after {}", names::millis(took))).unwrap_or_default();
                let came = match poll {
                    Poll::Ready => "it has ended".to_owned(),
                    Poll::Pending => self.why_pending(slot),
                };
                format!("the poll of {} returns {poll:?}{took}: {came}", self.task_in_short(slot))
            }
            What::Panicked => format!("the future of {actor} panics"),
            What::Joining { task } => {
                format!("{actor} waits for the end of {}, by its handle", self.task(task))
            }
            What::Detached { task } => {
                format!("{actor} drops the handle of {}, which {}", self.task(task), self.becomes(task))
            }
            What::Unblocking => format!("{actor} waits for a closure on a helper thread"),
            _ => return None,
        })
    }

    /// What becomes of a task without its handle.
    fn becomes(&self, number: u64) -> &'static str {
        match self.state.tasks.get(&number) {
            Some(task) if task.aborted => "will be dropped",
            Some(_) => "runs on by itself",
            None if self.ended.contains(&number) => "has ended",
            None => "this recording does not know", // older than it, or another runtime's
        }
    }

    fn why_polled(&self, slot: usize) -> String {
        match self.live_in(slot).map(|task| (task.polls, task.woken_by)) {
            Some((0, _)) => "for the first time".to_owned(),
            Some((_, Some(by))) if self.state.task_in(slot).map(Actor::Task) == Some(by) => {
                "because it woke itself".to_owned()
            }
            Some((_, Some(by))) => {
                format!("because {} woke it", names::actor(self.recording, &self.state, by))
            }
            Some((_, None)) | None => "because its turn has come".to_owned(),
        }
    }

    fn why_pending(&self, slot: usize) -> String {
        let Some(task) = self.live_in(slot) else {
            return "it has left its slot meanwhile".to_owned();
        };
        if task.queued {
            return "it was woken meanwhile, and is in the ready queue again".to_owned();
        }
        if task.waits.is_empty() {
            return "it waits for a call of its waker".to_owned();
        }
        let name = |wait| names::wait(self.recording, &self.state, wait);
        let mut waits: Vec<_> = task.waits.iter().take(NAMED).map(name).collect();
        let more = task.waits.len() - waits.len();
        waits.extend((more > 0).then(|| format!("for {more} more")));
        format!("it waits {}", waits.join(", and "))
    }

    /// The actor, with all that is known of it.
    pub(super) fn actor(&self, event: &Event) -> String {
        names::actor(self.recording, &self.state, event.actor)
    }

    /// The same where a task is at work, whose poll has been told at length.
    pub(super) fn actor_in_short(&self, event: &Event) -> String {
        if let Actor::Task(task) = event.actor { format!("task {task}") } else { self.actor(event) }
    }

    pub(super) fn task(&self, number: u64) -> String {
        names::task(&self.state, number)
    }

    fn live_in(&self, slot: usize) -> Option<&Task> {
        self.state.task_in(slot).and_then(|task| self.state.tasks.get(&task))
    }

    /// The task that has a slot.
    fn task_in(&self, slot: usize) -> String {
        self.state.task_in(slot).map_or_else(|| gone(slot), |task| self.task(task))
    }

    fn task_in_short(&self, slot: usize) -> String {
        self.state.task_in(slot).map_or_else(|| gone(slot), |task| format!("task {task}"))
    }
}

/// What was chosen, and how the runtime would have gone on by itself; and that a run fails.
fn of_an_explored_run(event: &Event) -> Option<String> {
    Some(match &event.what {
        What::Chosen { choice } if choice.is_deviation() => {
            format!("choice {} deviates: {}; by itself: {}", choice.number, choice.said(), choice.open[0])
        }
        What::Chosen { choice } => {
            let others = names::count(choice.open.len() - 1, "other");
            format!("choice {}, as by itself: {}; {others} open", choice.number, choice.said())
        }
        What::Failed { why } => format!("the run fails: {why}"),
        _ => return None,
    })
}

/// A task that has left its slot meanwhile.
fn gone(slot: usize) -> String {
    format!("the task that had slot {slot}")
}
