//! What is told of the loop, of its timers and sockets, and of gathers.

use super::{NAMED, Teller};
use crate::trace::recording::event::{Answer, Event};
use crate::trace::recording::names::{self, count, millis, moment, verb};
use crate::trace::recording::state::Clock;
use crate::trace::recording::what::What;
use std::time::{Duration, Instant};

impl Teller<'_> {
    pub(super) fn of_the_loop(&self, event: &Event) -> Option<String> {
        Some(match event.what {
            What::Entered => "the runtime is this thread's from here on".to_owned(),
            What::Left => "the runtime is this thread's no longer".to_owned(),
            What::ShuttingDown => {
                let left = count(self.state.tasks.len(), "task");
                format!(
                    "the runtime is being dropped: it admits nobody any more, and cancels what is left, {left}"
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
                    0 => "block_on was entered".to_owned(),
                    polls @ ..128 => format!("the last of {polls} polls gave way with its budget spent"),
                    polls => format!("{polls} polls were made since it last did"),
                };
                format!("the loop polls for events, because {why}")
            }
            What::Received { thread } => {
                format!("the loop hears a message of {}", names::thread(self.recording, thread))
            }
            What::Asking { at_most } => self.asking(at_most),
            What::Answered { events } => self.answered(event.time, events),
            What::Rung => "it was another thread that ended the wait: it rang the bell".to_owned(),
            What::CallingForeign => "the loop calls a waker that is not this runtime's".to_owned(),
            What::ClockPaused { at } => {
                format!("the clock stands from here on, at {}", moment(self.recording, at))
            }
            What::ClockResumed { from } => {
                format!("the clock, which stood, goes on from {}", moment(self.recording, from))
            }
            What::ClockMoved { to } => {
                format!("the clock, which stands, moves to {}", moment(self.recording, to))
            }
            _ => return None,
        })
    }

    fn asking(&self, at_most: Option<Duration>) -> String {
        let sockets = match self.state.sources.len() {
            0 => "another thread rings".to_owned(),
            1 => format!("the only socket has news{} or another thread rings", self.who_waits()),
            n => format!("one of {n} sockets has news{} or another thread rings", self.who_waits()),
        };
        let next = self.state.timers.iter().min_by_key(|(_, timer)| timer.deadline);
        match (at_most, next) {
            (Some(Duration::ZERO), _) => "the loop asks the kernel for news, without waiting".to_owned(),
            (Some(most), Some(_)) if matches!(self.state.clock, Clock::Stands(_)) => {
                format!("the loop sleeps for {} at most, since time stands, or until {sockets}", millis(most))
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

    /// The first of those who wait for sockets.
    fn who_waits(&self) -> String {
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

    pub(super) fn of_the_world(&self, event: &Event) -> Option<String> {
        let who = self.who_in_short(event);
        Some(match event.what {
            What::TimerAdded { timer, deadline } => {
                format!("{who} has timer {timer} set, due at {}", self.due(deadline))
            }
            What::TimerTaken { timer } => {
                format!("timer {timer} will wake {who}, and no longer whom it would have woken")
            }
            What::TimerReset { timer, deadline } => {
                format!("{who} has timer {timer} set anew, due at {}", self.due(deadline))
            }
            What::TimerFired { timer } => {
                format!("timer {timer} fires, since its time has come{}", self.owner(timer))
            }
            What::TimerRemoved { timer } => {
                format!("{who} takes timer {timer} out before its time")
            }
            What::SourceAdded { source, name } => {
                format!("{who} has socket {source} watched, a {}", names::short(name))
            }
            What::SourceReady { source, readable, writable } => {
                format!("the kernel says of socket {source} that it {}", ready(readable, writable))
            }
            What::Tried { source, direction, answer } => {
                format!("{who} tries to {} socket {source}: {}", verb(direction), outcome(answer))
            }
            What::Waiting { source, direction, waiter } => {
                let number = if waiter == 0 { String::new() } else { format!(", as waiter {waiter}") };
                let wait = verb(direction);
                format!("{who} stands in the list of those who wait to {wait} socket {source}{number}")
            }
            What::WaitingNoMore { source, direction, waiter } => {
                let wait = verb(direction);
                format!(
                    "{who} takes waiter {waiter} out of the list of those who wait to {wait} socket {source}"
                )
            }
            What::SourceRemoved { source } => format!("{who} has socket {source} watched no longer"),
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
        let who = self.who(event);
        Some(match event.what {
            What::Gathering { at } => {
                format!("{who} polls the gather of {at} for the first time, which asks for its futures")
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
                format!("{who} waits for gather {gather} from here on, and nobody else does")
            }
            What::ResultTaken { gather, child } => {
                format!("{who} is given the result of {}", names::child_of(&self.state, gather, child))
            }
            What::ChildCancelled { gather, child } => {
                let child = names::child_of(&self.state, gather, child);
                format!("{child} is dropped unfinished by {who}")
            }
            What::GatherDone { gather } => {
                format!("gather {gather} is done, and {who} has its output")
            }
            What::GatherDropped { gather } => {
                format!("{who} drops gather {gather}, with all of its children that have not ended")
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
