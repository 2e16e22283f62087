//! What is told of the loop, of its timers and sockets, and of gathers.

use super::{NAMED, Teller};
use crate::trace::recording::event::{Answer, Event};
use crate::trace::recording::names::{self, count, millis, moment, verb};
use crate::trace::recording::state::ClockState;
use crate::trace::recording::what::What;
use std::time::{Duration, Instant};

impl Teller<'_> {
    pub(super) fn of_the_loop(&self, event: &Event) -> Option<String> {
        Some(match event.what {
            What::Entered => "this thread enters the runtime".to_owned(),
            What::Left => "this thread leaves the runtime".to_owned(),
            What::ShuttingDown => {
                let left = count(self.state.tasks.len(), "task");
                format!(
                    "the runtime is being dropped: it admits no more tasks, and cancels those that are left, {left}"
                )
            }
            What::ShutDown { tasks, timers, sources } => {
                let (tasks, timers) = (count(tasks, "task"), count(timers, "timer"));
                format!("the runtime is gone, with {tasks}, {timers} and {} left", count(sources, "socket"))
            }
            What::PollingEvents { idle: true } => {
                "the loop polls for events, because the queue ran dry".to_owned()
            }
            What::PollingEvents { idle: false } => {
                let why = match self.state.polls {
                    _ if self.has_deviated => "this was chosen".to_owned(),
                    0 => "block_on was entered".to_owned(),
                    polls @ ..128 => format!("the last of {polls} polls gave way with its budget spent"),
                    polls => format!("{polls} polls were made since it last did"),
                };
                format!("the loop polls for events, because {why}")
            }
            What::Received { thread } => {
                format!("the loop receives a message from {}", names::thread(self.recording, thread))
            }
            What::Asking { at_most } => self.asking(at_most),
            What::Answered { events } => self.answered(event.time, events),
            What::Rung => "another thread ended the wait: it rang the bell".to_owned(),
            What::CallingForeign => "the loop calls a waker that is not this runtime's".to_owned(),
            What::ClockPaused { at } => {
                format!("the clock is paused, at {}", moment(self.recording, at))
            }
            What::ClockResumed { from } => {
                format!("the paused clock goes on, from {}", moment(self.recording, from))
            }
            What::ClockMoved { to } => {
                format!("the paused clock moves to {}", moment(self.recording, to))
            }
            _ => return None,
        })
    }

    fn asking(&self, at_most: Option<Duration>) -> String {
        let sockets = match self.state.sources.len() {
            0 => "another thread rings".to_owned(),
            1 => format!("the only socket has news{} or another thread rings", self.waiters()),
            n => format!("one of {n} sockets has news{} or another thread rings", self.waiters()),
        };
        let next = self.state.timers.iter().min_by_key(|(_, timer)| timer.deadline);
        match (at_most, next) {
            (Some(Duration::ZERO), _) => "the loop asks the kernel for news, without waiting".to_owned(),
            (Some(most), Some(_)) if matches!(self.state.clock, ClockState::Paused(_)) => {
                format!(
                    "the loop sleeps for {} at most, since the clock is paused, or until {sockets}",
                    millis(most)
                )
            }
            (Some(most), Some((timer, _))) => {
                format!(
                    "the loop sleeps for {} at most, which is when timer {timer} is due, or until {sockets}",
                    millis(most)
                )
            }
            (Some(most), None) => format!("the loop sleeps for {} at most, or until {sockets}", millis(most)),
            (None, Some((timer, _))) => {
                format!("the loop sleeps until {sockets}, or an alarm says that timer {timer} is due")
            }
            (None, None) => format!("the loop sleeps until {sockets}, with no timer to end it"),
        }
    }

    /// The first of the tasks that wait for sockets.
    fn waiters(&self) -> String {
        let sources = &self.state.sources;
        let waits = sources.iter().flat_map(|(source, at)| at.waiting.iter().map(move |wait| (source, wait)));
        let named = waits.take(NAMED).map(|(source, (direction, _, task))| {
            format!("socket {source}, which task {task} wants to {}", verb(*direction))
        });
        let mut named: Vec<_> = named.collect();
        let all: usize = sources.values().map(|at| at.waiting.len()).sum();
        let more = all - named.len();
        named.extend((more > 0).then(|| format!("and {}", count(more, "more wait"))));
        if named.is_empty() { String::new() } else { format!(" ({})", named.join("; ")) }
    }

    fn answered(&self, now: Duration, events: usize) -> String {
        let waited = self.asked.filter(|(_, at_most)| *at_most != Some(Duration::ZERO));
        let after = waited.map(|(since, _)| format!(" after {}", millis(now.saturating_sub(since))));
        let (waited, after) = (waited.is_some(), after.unwrap_or_default());
        match events {
            0 if waited => format!("the kernel lets the loop go on{after}: the time is up, or a signal came"),
            0 => "the kernel has no news".to_owned(),
            n => format!("the kernel has {}{after}", count(n, "event")),
        }
    }

    pub(super) fn of_timers_and_sockets(&self, event: &Event) -> Option<String> {
        let actor = self.actor_in_short(event);
        Some(match event.what {
            What::TimerAdded { timer, deadline } => {
                format!("{actor} sets timer {timer}, due at {}", self.due(deadline))
            }
            What::TimerTaken { timer } => {
                format!("timer {timer} will wake {actor} from here on, and no other task")
            }
            What::TimerReset { timer, deadline } => {
                format!("{actor} sets timer {timer} again, due at {}", self.due(deadline))
            }
            What::TimerFired { timer } => {
                format!("timer {timer} fires, since its time has come{}", self.owner(timer))
            }
            What::TimerRemoved { timer } => {
                format!("{actor} removes timer {timer} before its time")
            }
            What::SourceAdded { source, name } => {
                format!("{actor} adds socket {source}, a {}, to the reactor", names::short(name))
            }
            What::SourceReady { source, readable, writable } => {
                format!("the kernel says that socket {source} {}", ready(readable, writable))
            }
            What::Tried { source, direction, answer } => {
                format!("{actor} tries to {} socket {source}: {}", verb(direction), outcome(answer))
            }
            What::Waiting { source, direction, waiter } => {
                let number = if waiter == 0 { String::new() } else { format!(", as waiter {waiter}") };
                let wait = verb(direction);
                format!("{actor} registers its waker, to {wait} socket {source}{number}")
            }
            What::WaitingNoMore { source, direction, waiter } => {
                let wait = verb(direction);
                format!("{actor} removes waiter {waiter}, which waited to {wait} socket {source}")
            }
            What::SourceRemoved { source } => format!("{actor} removes socket {source} from the reactor"),
            _ => return None,
        })
    }

    fn due(&self, deadline: Instant) -> String {
        moment(self.recording, deadline)
    }

    fn owner(&self, timer: u64) -> String {
        let owner = self.state.timers.get(&timer).and_then(|timer| timer.task);
        owner.map(|task| format!("; {} set it", self.task(task))).unwrap_or_default()
    }

    pub(super) fn of_gathers(&self, event: &Event) -> Option<String> {
        let actor = self.actor(event);
        Some(match event.what {
            What::Gathering { at } => {
                format!("{actor} polls the gather of {at} for the first time, which takes its futures")
            }
            What::GatherBegan { gather, children, name, .. } => {
                let name = names::short(name);
                format!(
                    "gather {gather} begins: {} `{name}` side by side",
                    count(children as usize, "future")
                )
            }
            What::ChildEnded { gather, child, stops } => {
                let child = names::child_of(&self.state, gather, child);
                let counts = self.state.gathers.get(&gather).map(|gather| (gather.ended + 1, gather.started));
                let counts = counts.map(|(ended, all)| format!(", {ended} of {all}")).unwrap_or_default();
                let stops = if stops { "; this result ends the whole gather" } else { "" };
                format!("{child} has its result{counts}{stops}")
            }
            What::GatherAwaited { gather } => {
                format!("{actor} is the parent of gather {gather} from here on, and waits for it")
            }
            What::ResultTaken { gather, child } => {
                format!("{actor} takes the result of {}", names::child_of(&self.state, gather, child))
            }
            What::ChildCancelled { gather, child } => {
                let child = names::child_of(&self.state, gather, child);
                format!("{actor} drops {child} unfinished")
            }
            What::GatherDone { gather } => {
                format!("gather {gather} is done, and {actor} has its output")
            }
            What::GatherDropped { gather } => {
                format!("{actor} drops gather {gather}, with all of its children that have not ended")
            }
            _ => return None,
        })
    }
}

fn ready(readable: bool, writable: bool) -> &'static str {
    match (readable, writable) {
        (true, true) => "can be read and written",
        (true, false) => "can be read",
        (false, true) => "can be written",
        (false, false) => "is as it was",
    }
}

fn outcome(answer: Answer) -> String {
    match answer {
        Answer::Done => "done".to_owned(),
        Answer::WouldBlock => "it would block".to_owned(),
        Answer::Failed(kind) => format!("it fails, {kind}"),
    }
}
