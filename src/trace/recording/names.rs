//! What things are called in a sentence.

use super::Recording;
use super::event::{Actor, Direction};
use super::state::{Kind, State, Wait};
use std::time::{Duration, Instant};

/// A longer one is shown without what is between its angle brackets.
const LONGEST: usize = 40;

/// The end of every path in a type's name: `fetch` of `app::fetch::{{closure}}`, and
/// `timed<String, fetch>` of what has such parameters.
pub(super) fn short(name: &str) -> String {
    let is_path = |c: char| c.is_alphanumeric() || "_:{}#".contains(c);
    let (mut all, mut rest) = (String::new(), name);
    while let Some(first) = rest.chars().next() {
        let same = |c: char| is_path(c) == is_path(first);
        let (part, after) = rest.split_at(rest.find(|c| !same(c)).unwrap_or(rest.len()));
        all.push_str(if is_path(first) { end_of(part) } else { part });
        rest = after;
    }
    let function = all.split('<').next().unwrap_or_default();
    if all.chars().count() > LONGEST && !function.is_empty() { function.to_owned() } else { all }
}

/// The last part of a path that was given by a person. An `async` block, as the closure that
/// it is to the compiler, goes by the function around it.
fn end_of(path: &str) -> &str {
    path.split("::").filter(|part| !part.starts_with('{')).last().unwrap_or_default()
}

/// A task, with what it is as far as this is known.
pub(super) fn task(state: &State, number: u64) -> String {
    match state.tasks.get(&number).map(|task| task.kind) {
        Some(Kind::Root) => format!("task {number} (the root)"),
        Some(Kind::Spawned { name, .. }) => format!("task {number} `{}`", short(name)),
        Some(Kind::Child { gather, child }) => format!("task {number} ({})", child_of(state, gather, child)),
        Some(Kind::Unknown) | None => format!("task {number}"),
    }
}

/// A gather's child.
pub(super) fn child_of(state: &State, gather: usize, child: usize) -> String {
    let function = state.gathers.get(&gather).map(|gather| format!(" `{}`", short(gather.name)));
    format!("child {child} of gather {gather}{}", function.unwrap_or_default())
}

/// The function that a task's future comes from, or what else it is.
pub(super) fn function(state: &State, number: u64) -> String {
    match state.tasks.get(&number).map(|task| task.kind) {
        Some(Kind::Root) => "root".to_owned(),
        Some(Kind::Spawned { name, .. }) => short(name),
        Some(Kind::Child { gather, .. }) => {
            state.gathers.get(&gather).map_or_else(|| "child".to_owned(), |gather| short(gather.name))
        }
        Some(Kind::Unknown) | None => "task".to_owned(),
    }
}

/// The actor, with all that is known of it.
pub(super) fn actor(recording: &Recording, state: &State, actor: Actor) -> String {
    match actor {
        Actor::Program => "the program".to_owned(),
        Actor::Loop => "the loop".to_owned(),
        Actor::Task(number) => task(state, number),
        Actor::Thread(number) => thread(recording, number),
        Actor::Foreign => "foreign code".to_owned(),
        Actor::Timer(_) | Actor::Source(_) => actor_in_short(actor),
    }
}

/// The actor, in two words at most.
pub(super) fn actor_in_short(actor: Actor) -> String {
    match actor {
        Actor::Program => "program".to_owned(),
        Actor::Loop => "loop".to_owned(),
        Actor::Task(number) => format!("task {number}"),
        Actor::Timer(number) => format!("timer {number}"),
        Actor::Source(slot) => format!("socket {slot}"),
        Actor::Thread(number) => format!("thread {number}"),
        Actor::Foreign => "foreign".to_owned(),
    }
}

/// The text on one line, and with nothing in it that a terminal obeys: a panic's message, the name
/// of a file or of a thread may hold anything. What has no sign of its own is written as in Rust.
pub(super) fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\'' | '"' | '\\' => line.push(c),
            c => line.extend(c.escape_debug()),
        }
    }
    line
}

/// Another thread, by the name that the program gave it.
pub(super) fn thread(recording: &Recording, number: u32) -> String {
    let name = recording.threads.get(number as usize);
    name.map_or_else(|| format!("thread {number}"), |name| format!("thread {number} `{name}`"))
}

/// What a task waits for, as the end of "it waits ..".
pub(super) fn wait(recording: &Recording, state: &State, wait: &Wait) -> String {
    match *wait {
        Wait::Timer(number) => match state.timers.get(&number) {
            Some(timer) => format!("for timer {number}, due at {}", moment(recording, timer.deadline)),
            None => format!("for timer {number}"),
        },
        Wait::Source(source, direction, _) => format!("to {} socket {source}", verb(direction)),
        Wait::Task(number) => format!("for the end of {}", task(state, number)),
        Wait::Gather(number) => format!("for gather {number}"),
        Wait::Closure => "for a closure on a helper thread".to_owned(),
    }
}

/// What is done in a direction.
pub(super) fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Read => "read from",
        Direction::Write => "write to",
    }
}

/// A time on the runtime's clock, counted like those of events.
pub(super) fn moment(recording: &Recording, instant: Instant) -> String {
    format!("+{}", millis(instant.saturating_duration_since(recording.began)))
}

/// To the microsecond; in one unit, so that they can be compared at a glance.
pub(super) fn millis(duration: Duration) -> String {
    format!("{:.3} ms", duration.as_secs_f64() * 1e3)
}

/// `n` of something that takes an s.
pub(super) fn count(n: usize, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

/// Digits in groups of three.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|g| std::str::from_utf8(g).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::{grouped, short};

    #[test]
    fn a_name_is_cut_to_the_ends_of_its_paths() {
        assert_eq!(short("fetch_data::fetch::{{closure}}"), "fetch");
        assert_eq!(short("app::main::{{closure}}::{{closure}}"), "main");
        let timed = "app::timed::timed<alloc::string::String, app::fetch::{{closure}}>::{{closure}}";
        assert_eq!(short(timed), "timed<String, fetch>");
        let boxed = "core::pin::Pin<alloc::boxed::Box<dyn core::future::Future<Output = ()>>>";
        assert_eq!(short(boxed), "Pin<Box<dyn Future<Output = ()>>>");
        assert_eq!(short(&format!("app::both<{boxed}, {boxed}>")), "both");
        let forty = format!("{}<u8>", "a".repeat(36));
        assert_eq!([short(&forty), short(&format!("b{forty}"))], [forty, format!("b{}", "a".repeat(36))]);
        assert_eq!(short("<app::Web as app::Serve>::get::{{closure}}"), "<Web as Serve>get");
        assert_eq!(short(""), "");
    }

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
