//! A state as a value: what a recording's first event finds.

use super::{Writer, actor, nanoseconds};
use crate::trace::recording::state::ClockState;
use crate::trace::recording::{Gather, Kind, State, Task, Wait};
use serde_json::{Map, Value, json};
use std::panic::Location;

impl Writer {
    /// A state, by the same names as in Rust.
    pub(super) fn state(&self, state: &State) -> Value {
        let timers = state.timers.iter().map(|(number, timer)| {
            (number.to_string(), json!({ "deadline": self.instant(timer.deadline), "task": timer.task }))
        });
        let sources = state.sources.iter().map(|(slot, source)| {
            let waiting =
                source.waiting.iter().map(|(way, waiter, task)| json!([format!("{way:?}"), waiter, task]));
            let waiting: Vec<Value> = waiting.collect();
            (slot.to_string(), json!({ "name": source.name, "waiting": waiting }))
        });
        let waits = state.tasks.iter().map(|(number, task)| {
            (number.to_string(), task.waits.iter().copied().map(wait).collect::<Vec<_>>().into())
        });
        json!({
            "ready": state.ready,
            "tasks": state.tasks.iter().map(|(number, of)| (number.to_string(), task(of))).collect::<Map<_, _>>(),
            "waits": waits.collect::<Map<_, _>>(),
            "timers": timers.collect::<Map<_, _>>(),
            "sources": sources.collect::<Map<_, _>>(),
            "gathers": state.gathers.iter().map(|(number, of)| (number.to_string(), gather(of))).collect::<Map<_, _>>(),
            "running": state.running,
            "polls": state.polls,
            "coming": state.coming.as_ref().map(kind),
            "gathering": state.gathering.map(Location::to_string),
            "clock": self.clock(state.clock),
        })
    }

    /// Nothing if it is the system's; else what it shows, and since when it goes, if it does.
    fn clock(&self, clock: ClockState) -> Value {
        match clock {
            ClockState::System => Value::Null,
            ClockState::Paused(at) => json!({ "shows": self.instant(at), "since": null }),
            ClockState::Resumed(from, since) => {
                json!({ "shows": self.instant(from), "since": nanoseconds(since) })
            }
        }
    }
}

fn task(task: &Task) -> Value {
    json!({
        "slot": task.slot,
        "kind": kind(&task.kind),
        "by": actor(task.by),
        "since": nanoseconds(task.since),
        "queued": task.queued,
        "aborted": task.aborted,
        "polls": task.polls,
        "woken_by": task.woken_by.map(actor),
        "awaited_by": task.awaited_by,
    })
}

fn gather(gather: &Gather) -> Value {
    json!({
        "name": gather.name,
        "at": gather.at.map(Location::to_string),
        "task": gather.task,
        "all": gather.all,
        "started": gather.started,
        "ended": gather.ended,
        "cancelled": gather.cancelled,
    })
}

fn kind(kind: &Kind) -> Value {
    match kind {
        Kind::Root => json!({ "is": "Root" }),
        Kind::Spawned { name, at } => json!({ "is": "Spawned", "name": name, "at": at.to_string() }),
        Kind::Child { gather, child } => json!({ "is": "Child", "gather": gather, "child": child }),
        Kind::Unknown => json!({ "is": "Unknown" }),
    }
}

fn wait(wait: Wait) -> String {
    match wait {
        Wait::Timer(timer) => format!("Timer {timer}"),
        Wait::Source(source, direction, waiter) => format!("Source {source} {direction:?} {waiter}"),
        Wait::Task(task) => format!("Task {task}"),
        Wait::Gather(gather) => format!("Gather {gather}"),
        Wait::Closure => "Closure".to_owned(),
    }
}
