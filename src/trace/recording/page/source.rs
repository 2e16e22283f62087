//! The lines of shirr's source that did something, with their neighbours.

mod acting;

use acting::acting;
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::panic::Location;

/// How many lines are shown before and after the hook and what it tells of.
const AROUND: usize = 2;

/// A file of shirr's by its path in the repository, and its text.
macro_rules! files {
    ($($path:literal),+ $(,)?) => {
        [$((concat!("src/", $path), include_str!(concat!("../../../", $path)))),+]
    };
}

/// Every file that says what it does.
const FILES: [(&str, &str); 26] = files![
    "choice/made/run.rs",
    "gather/batch.rs",
    "gather/branches/completed.rs",
    "gather/run.rs",
    "reactor/branches/clock.rs",
    "reactor/branches/forms.rs",
    "reactor/branches/reset.rs",
    "reactor/branches/simulated.rs",
    "reactor/mod.rs",
    "reactor/source.rs",
    "reactor/sources.rs",
    "reactor/timers.rs",
    "runtime/branches/unblock.rs",
    "runtime/context.rs",
    "runtime/event_loop.rs",
    "task/branches/set.rs",
    "task/join.rs",
    "task/maybe_done.rs",
    "task/slab.rs",
    "wake/branches/abort.rs",
    "wake/branches/chosen.rs",
    "wake/branches/room.rs",
    "wake/budget.rs",
    "wake/inbox.rs",
    "wake/ready.rs",
    "wake/slots.rs",
];

/// The file of shirr's that this is: in a user's build its path may begin anywhere.
fn file_of(line: &Location<'_>) -> Option<&'static (&'static str, &'static str)> {
    let path = line.file().replace('\\', "/");
    FILES.iter().find(|(known, _)| path.ends_with(known))
}

/// A line of shirr's source as people write it, without the column.
pub(super) fn place(line: &Location<'_>) -> String {
    let path = file_of(line).map_or(line.file(), |(path, _)| path);
    format!("{path}:{}", line.line())
}

/// By [`place`] of a hook: the number of the first line shown, the lines, and the numbers of the first
/// and the last that do what the hook tells of.
pub(super) fn around(lines: impl Iterator<Item = &'static Location<'static>>) -> Value {
    let lines: HashSet<_> = lines.collect();
    let shown = lines.into_iter().filter_map(|line| {
        let (_, text) = file_of(line)?;
        let (hook, text) = (line.line() as usize - 1, text.lines().collect::<Vec<_>>());
        let (from, to) = acting(&text, hook);
        let first = from.min(hook).saturating_sub(AROUND);
        let last = (to.max(hook) + AROUND).min(text.len() - 1);
        Some((place(line), json!([first + 1, text[first..=last], from + 1, to + 1])))
    });
    Value::Object(shown.collect::<Map<_, _>>())
}
