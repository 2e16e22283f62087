//! Whether a page and the library replay a recording to the same states.

use crate::browser::Browser;
use serde_json::{Map, Value, json};
use shirr::trace::{Kind, Recording, State};
use std::fmt::Debug;
use std::time::Instant;

/// A state as the page's scripts name it.
fn plain(state: &State, began: Instant) -> Value {
    let since = |instant: Instant| instant.duration_since(began).as_nanos() as u64;
    let tasks = state.tasks.iter().map(|(number, task)| {
        let kind = match task.kind {
            Kind::Root => json!({ "is": "Root" }),
            Kind::Spawned { name, at } => json!({ "is": "Spawned", "name": name, "at": at.to_string() }),
            Kind::Child { gather, child } => json!({ "is": "Child", "gather": gather, "child": child }),
            _ => json!({ "is": "Unknown" }),
        };
        let mut waits: Vec<_> = task.waits.iter().map(words).collect();
        waits.sort();
        let value = json!({
            "slot": task.slot, "kind": kind, "by": words(&task.by), "since": task.since.as_nanos() as u64,
            "queued": task.queued, "aborted": task.aborted, "polls": task.polls,
            "woken_by": task.woken_by.as_ref().map(words), "waits": waits,
            "awaited_by": task.awaited_by,
        });
        (number.to_string(), value)
    });
    let timers = state.timers.iter().map(|(number, timer)| {
        (number.to_string(), json!({ "deadline": since(timer.deadline), "task": timer.task }))
    });
    let sources = state.sources.iter().map(|(slot, source)| {
        let waiting = source.waiting.iter().map(|(way, waiter, task)| json!([words(way), waiter, task]));
        let waiting: Vec<_> = waiting.collect();
        (slot.to_string(), json!({ "name": source.name, "waiting": waiting }))
    });
    let gathers = state.gathers.iter().map(|(number, gather)| {
        let value = json!({
            "name": gather.name, "at": gather.at.map(ToString::to_string), "task": gather.task,
            "all": gather.all, "started": gather.started, "ended": gather.ended, "cancelled": gather.cancelled,
        });
        (number.to_string(), value)
    });
    json!({
        "ready": state.ready, "running": state.running, "polls": state.polls,
        "tasks": tasks.collect::<Map<_, _>>(), "timers": timers.collect::<Map<_, _>>(),
        "sources": sources.collect::<Map<_, _>>(), "gathers": gathers.collect::<Map<_, _>>(),
    })
}

/// `Source(3, Read)` as `Source 3 Read`.
fn words(value: &impl Debug) -> String {
    format!("{value:?}").replace('(', " ").replace([',', ')'], "")
}

/// Every so many of a recording's states, as the page and as Rust has them, forwards and back.
pub(crate) fn compare_states(browser: &mut Browser, recording: &Recording, every: usize) {
    let (mut state, mut states) = (recording.base.clone(), Vec::new());
    for (index, event) in recording.events.iter().enumerate() {
        state.apply(event);
        if index % every == 0 || index + 1 == recording.events.len() {
            states.push((index, plain(&state, recording.began)));
        }
    }
    for (index, state) in states.iter().chain(states.iter().rev()) {
        let script = format!("(({{ coming, gathering, ...state }}) => state)(shirr.stateAt({index}))");
        assert_eq!(browser.eval(&script), *state, "after {:?}", recording.events[*index]);
    }
}
