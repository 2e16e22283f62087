//! The lines of shirr's source that did something, with their neighbours.

use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::panic::Location;

/// How many lines are shown before and after the one that is meant.
const AROUND: usize = 3;

/// A file of shirr's by its path in the repository, and its text.
macro_rules! files {
    ($($path:literal),+ $(,)?) => {
        [$((concat!("src/", $path), include_str!(concat!("../../../", $path)))),+]
    };
}

/// Every file that says what it does.
const FILES: [(&str, &str); 22] = files![
    "gather/batch.rs",
    "gather/branches/completed.rs",
    "gather/run.rs",
    "reactor/branches/clock.rs",
    "reactor/branches/forms.rs",
    "reactor/branches/reset.rs",
    "reactor/mod.rs",
    "reactor/source.rs",
    "reactor/sources.rs",
    "reactor/timers.rs",
    "runtime/branches/unblock.rs",
    "runtime/context.rs",
    "runtime/event_loop.rs",
    "task/join.rs",
    "task/maybe_done.rs",
    "task/slab.rs",
    "wake/branches/abort.rs",
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

/// By [`place`]: the number of the first line shown, and the lines.
pub(super) fn around(lines: impl Iterator<Item = &'static Location<'static>>) -> Value {
    let lines: HashSet<_> = lines.collect();
    let shown = lines.into_iter().filter_map(|line| {
        let (_, text) = file_of(line)?;
        let first = (line.line() as usize).saturating_sub(AROUND).max(1);
        let last = line.line() as usize + AROUND;
        let lines: Vec<&str> = text.lines().take(last).skip(first - 1).collect();
        Some((place(line), json!([first, lines])))
    });
    Value::Object(shown.collect::<Map<_, _>>())
}
