//! Which statement a hook tells of.
//!
//! It is found by how the source is laid out, as `rustfmt` does it: a statement begins where a line
//! stands no further to the right than the hook, and what belongs to it stands further right.

/// Hooks, by the names of their events, that come before what they tell of. All others come after it.
const AHEAD: [&str; 17] = [
    "Asking",
    "CallingForeign",
    "Cancelled",
    "ChildCancelled",
    "Detached",
    "Gathering",
    "Left",
    "Panicked",
    "Polling",
    "PollingEvents",
    "Refused",
    "Rooting",
    "Rung",
    "ShuttingDown",
    "Starting",
    "TimerTaken",
    "spawning",
];

/// A longer statement is marked by its first line.
const LONGEST: usize = 4;

/// The first and the last line, counted from 0, of the statement that the hook in this line tells
/// of; the hook's own line if there is none.
pub(super) fn acting(lines: &[&str], hook: usize) -> (usize, usize) {
    let ahead = if AHEAD.contains(&name(lines[hook])) { below(lines, hook) } else { None };
    let first = ahead.or_else(|| above(lines, hook)).unwrap_or(hook);
    let last = last_of(lines, first);
    let is_around_hook = first < hook && hook <= last;
    if is_around_hook || last - first >= LONGEST { (first, first) } else { (first, last) }
}

/// `Woken` of `trace::emit!(Woken { .. })`, and of one that names its origin first.
fn name(hook: &str) -> &str {
    let (_, rest) = hook.split_once("emit!(").unwrap_or_default();
    let rest = rest.strip_prefix("to ").and_then(|to| to.split_once("; ")).map_or(rest, |(_, rest)| rest);
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// The next statement in the hook's own block.
fn below(lines: &[&str], hook: usize) -> Option<usize> {
    let after = last_of(lines, hook) + 1;
    let next = after + lines[after..].iter().position(|line| !is_empty(line))?;
    is_statement(lines[next]).then_some(next)
}

/// The nearest statement before the hook, or the head of the block around it.
fn above(lines: &[&str], hook: usize) -> Option<usize> {
    let mut most = indent(lines[hook]);
    lines[..hook].iter().rposition(|line| {
        let is_here = !is_empty(line) && indent(line) <= most;
        if is_here {
            most = indent(line); // what stands further right from here on is in another block
        }
        is_here && is_statement(line)
    })
}

/// The last line of the statement that begins in this one.
fn last_of(lines: &[&str], first: usize) -> usize {
    let belongs = |line: &&str| line.is_empty() || indent(line) > indent(lines[first]);
    let after = first + 1 + lines[first + 1..].iter().take_while(|line| belongs(line)).count();
    let closes =
        lines.get(after).is_some_and(|line| indent(line) == indent(lines[first]) && is_closing(line));
    if closes && after > first + 1 { after } else { after - 1 }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_empty(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with("//")
}

fn is_closing(line: &str) -> bool {
    line.trim_start().starts_with(['}', ')', ']'])
}

/// Whether something begins here that does what a hook could tell of: no hook, no count, no pattern,
/// no way out, no end of a borrow.
fn is_statement(line: &str) -> bool {
    let bare = line.trim();
    let begins = ["trace::", "#[", "drop(", "if let Err(", "return Err("];
    let has = ["counts.", " + 1)", "else { return", "else { continue"];
    !is_empty(line)
        && !is_closing(line)
        && !bare.ends_with("=> {")
        && !begins.iter().any(|begin| bare.starts_with(begin))
        && !has.iter().any(|part| bare.contains(part))
}
