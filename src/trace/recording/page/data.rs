//! A recording as two texts for the page's scripts: a table of what is said in words, and
//! the events as rows of whole numbers, since there may be a million of them.

mod states;

use super::{design, source};
use crate::trace::recording::story::walk;
use crate::trace::recording::{Actor, Answer, Event, Recording, State, What};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Debug;
use std::panic::Location;
use std::time::{Duration, Instant};

/// The largest whole number that a script's numbers hold without a gap.
const LARGEST: i64 = (1 << 53) - 1;

/// A recording in JSON.
pub(super) struct Data {
    /// What was lost, threads, strings, lines of source, and the state at first.
    pub(super) tables: String,
    /// An array of arrays of numbers: kind, nanoseconds since the event before, the actor,
    /// line, step of the walk or zero, and the fields of the kind in their order.
    pub(super) events: String,
}

impl Data {
    pub(super) fn of(recording: &Recording, beside: &Value) -> Self {
        let mut writer = Writer { began: recording.began, strings: Vec::new(), known: HashMap::new() };
        let events = writer.events(&recording.events, recording.base.clone());
        let base = writer.state(&recording.base);
        let sources = source::around(recording.events.iter().map(|event| event.line));
        let tables = json!({
            "lost": recording.lost,
            "threads": recording.threads,
            "base": base,
            "strings": writer.strings,
            "sources": sources,
            "words": design::words(),
            "steps": design::steps(),
            "beside": beside,
        });
        Self { tables: tables.to_string(), events }
    }
}

struct Writer {
    began: Instant,
    strings: Vec<String>,
    known: HashMap<String, i64>,
}

impl Writer {
    fn events(&mut self, events: &[Event], mut state: State) -> String {
        let mut before = 0;
        let rows = events.iter().map(|event| {
            let time = whole(event.time.as_nanos());
            let (kind, fields) = self.what(&event.what);
            let mut row = vec![self.string(kind), time - before];
            row.extend([self.string(&actor(event.actor)), self.string(&source::place(event.line))]);
            row.push(walk(event, &state).unwrap_or(0).into());
            row.extend(fields);
            state.apply(event);
            before = time;
            let row: Vec<String> = row.iter().map(i64::to_string).collect();
            format!("[{}]", row.join(","))
        });
        let rows: Vec<String> = rows.collect();
        format!("[{}]", rows.join(",\n"))
    }

    /// The name of a kind, and its fields; data.js lists these in the same order.
    fn what(&mut self, what: &What) -> (&'static str, Vec<i64>) {
        match *what {
            What::Entered => ("Entered", vec![]),
            What::Left => ("Left", vec![]),
            What::ShuttingDown => ("ShuttingDown", vec![]),
            What::ShutDown { tasks, timers, sources } => {
                ("ShutDown", vec![tasks as i64, timers as i64, sources as i64])
            }
            What::Rooting => ("Rooting", vec![]),
            What::Spawning { name, at } => ("Spawning", vec![self.string(name), self.at(at)]),
            What::Starting { gather, child } => ("Starting", vec![gather as i64, child as i64]),
            What::Admitted { task, slot } => ("Admitted", vec![task as i64, slot as i64]),
            What::Evicted { slot } => ("Evicted", vec![slot as i64]),
            What::Cancelled { slot } => ("Cancelled", vec![slot as i64]),
            What::Aborted { task } => ("Aborted", vec![task as i64]),
            What::Woken { task, effect } => ("Woken", vec![task as i64, self.debug(effect)]),
            What::Popped { task } => ("Popped", vec![task as i64]),
            What::Skipped { slot } => ("Skipped", vec![slot as i64]),
            What::Refused => ("Refused", vec![]),
            What::Swept => ("Swept", vec![]),
            What::Polling { slot } => ("Polling", vec![slot as i64]),
            What::Polled { slot, poll } => ("Polled", vec![slot as i64, self.debug(poll)]),
            What::Panicked => ("Panicked", vec![]),
            What::Joining { task } => ("Joining", vec![task as i64]),
            What::Detached { task } => ("Detached", vec![task as i64]),
            What::Unblocking => ("Unblocking", vec![]),
            What::Chosen { ref choice } => {
                let open = choice.open.join("\n");
                let fields = [choice.number.into(), choice.taken.into(), self.string(&open)];
                ("Chosen", vec![self.string(choice.kind), fields[0], fields[1], fields[2]])
            }
            What::Failed { ref why } => ("Failed", vec![self.string(why)]),
            _ => self.what_outside(what),
        }
    }

    /// [`Writer::what`] for event polls, timers, sockets and gathers.
    fn what_outside(&mut self, what: &What) -> (&'static str, Vec<i64>) {
        match *what {
            What::PollingEvents { idle } => ("PollingEvents", vec![idle.into()]),
            What::Received { thread } => ("Received", vec![thread.into()]),
            What::Asking { at_most } => ("Asking", vec![at_most.map_or(-1, nanoseconds)]),
            What::Answered { events } => ("Answered", vec![events as i64]),
            What::Rung => ("Rung", vec![]),
            What::CallingForeign => ("CallingForeign", vec![]),
            What::ClockPaused { at } => ("ClockPaused", vec![self.instant(at)]),
            What::ClockMoved { to } => ("ClockMoved", vec![self.instant(to)]),
            What::ClockResumed { from } => ("ClockResumed", vec![self.instant(from)]),
            What::TimerAdded { timer, deadline } => {
                ("TimerAdded", vec![timer as i64, self.instant(deadline)])
            }
            What::TimerTaken { timer } => ("TimerTaken", vec![timer as i64]),
            What::TimerReset { timer, deadline } => {
                ("TimerReset", vec![timer as i64, self.instant(deadline)])
            }
            What::TimerFired { timer } => ("TimerFired", vec![timer as i64]),
            What::TimerRemoved { timer } => ("TimerRemoved", vec![timer as i64]),
            What::SourceAdded { source, name } => ("SourceAdded", vec![source as i64, self.string(name)]),
            What::SourceReady { source, readable, writable } => {
                ("SourceReady", vec![source as i64, readable.into(), writable.into()])
            }
            What::Tried { source, direction, answer } => {
                let answer = match answer {
                    Answer::Failed(kind) => self.string(&kind.to_string()),
                    answer => self.debug(answer),
                };
                ("Tried", vec![source as i64, self.debug(direction), answer])
            }
            What::Waiting { source, direction, waiter } => {
                ("Waiting", vec![source as i64, self.debug(direction), waiter as i64])
            }
            What::WaitingNoMore { source, direction, waiter } => {
                ("WaitingNoMore", vec![source as i64, self.debug(direction), waiter as i64])
            }
            What::SourceRemoved { source } => ("SourceRemoved", vec![source as i64]),
            _ => self.what_of_gathers(what),
        }
    }

    fn what_of_gathers(&mut self, what: &What) -> (&'static str, Vec<i64>) {
        match *what {
            What::Gathering { at } => ("Gathering", vec![self.at(at)]),
            What::GatherBegan { gather, children, rest, name } => {
                let (children, rest) = (children.into(), rest.into());
                ("GatherBegan", vec![gather as i64, children, rest, self.string(name)])
            }
            What::GatherAwaited { gather } => ("GatherAwaited", vec![gather as i64]),
            What::ResultTaken { gather, child } => ("ResultTaken", vec![gather as i64, child as i64]),
            What::ChildEnded { gather, child, stops } => {
                ("ChildEnded", vec![gather as i64, child as i64, stops.into()])
            }
            What::ChildCancelled { gather, child } => ("ChildCancelled", vec![gather as i64, child as i64]),
            What::GatherDone { gather } => ("GatherDone", vec![gather as i64]),
            What::GatherDropped { gather } => ("GatherDropped", vec![gather as i64]),
            ref other => unreachable!("{other:?} is written elsewhere"),
        }
    }

    fn string(&mut self, text: &str) -> i64 {
        if let Some(&index) = self.known.get(text) {
            return index;
        }
        let index = self.strings.len() as i64;
        self.strings.push(text.to_owned());
        self.known.insert(text.to_owned(), index);
        index
    }

    /// A value of an enum without fields, by its name.
    fn debug(&mut self, value: impl Debug) -> i64 {
        self.string(&format!("{value:?}"))
    }

    /// A line in the user's own source.
    fn at(&mut self, at: &Location<'_>) -> i64 {
        self.string(&at.to_string())
    }

    /// Nanoseconds since the recording began; less than zero if that was later.
    fn instant(&self, instant: Instant) -> i64 {
        match instant.checked_duration_since(self.began) {
            Some(since) => nanoseconds(since),
            None => -nanoseconds(self.began.duration_since(instant)),
        }
    }
}

fn whole(number: u128) -> i64 {
    i64::try_from(number).unwrap_or(LARGEST).min(LARGEST)
}

fn nanoseconds(duration: Duration) -> i64 {
    whole(duration.as_nanos())
}

fn actor(actor: Actor) -> String {
    match actor {
        Actor::Program => "Program".to_owned(),
        Actor::Loop => "Loop".to_owned(),
        Actor::Task(task) => format!("Task {task}"),
        Actor::Timer(timer) => format!("Timer {timer}"),
        Actor::Source(source) => format!("Source {source}"),
        Actor::Thread(thread) => format!("Thread {thread}"),
        Actor::Foreign => "Foreign".to_owned(),
    }
}
