//! What counts from outside of a process: strace its system calls, callgrind its instructions.

use std::process::Output;

/// The words before a command whose system calls are to be counted. The first thread's alone,
/// unless `--follow-forks` is added.
pub(crate) const STRACE: [&str; 3] = ["strace", "--summary-only", "--summary-columns=calls,name"];

/// The words before a command whose instructions are to be counted, those of all threads.
pub(crate) const CALLGRIND: [&str; 3] = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];

/// By which memory is had.
const MEMORY: [&str; 6] = ["brk", "mmap", "munmap", "mremap", "madvise", "mprotect"];

/// What a debug build makes more than a release build: std asks of each descriptor that it closes
/// whether that is open.
const OF_A_DEBUG_BUILD: &str = if cfg!(debug_assertions) { "fcntl" } else { "" };

/// All system calls of strace's summary but those by which memory is had, with their names.
/// `None` if the process failed.
pub(crate) fn calls(output: &Output) -> Option<Vec<(String, f64)>> {
    let said = std::str::from_utf8(&output.stderr).ok().filter(|_| output.status.success())?;
    let lines = said.lines().filter_map(|line| line.trim().split_once(char::is_whitespace));
    let calls = lines.filter_map(|(calls, name)| Some((name.trim().to_owned(), calls.parse().ok()?)));
    let is_other = |name: &str| name == "total" || name == OF_A_DEBUG_BUILD || MEMORY.contains(&name);
    Some(calls.filter(|(name, _)| !is_other(name)).collect())
}

/// What callgrind counted. `None` if the process failed.
pub(crate) fn instructions(output: &Output) -> Option<f64> {
    let said = std::str::from_utf8(&output.stderr).ok().filter(|_| output.status.success())?;
    let line = said.lines().find_map(|line| line.split_once("Collected : "));
    line.and_then(|(_, count)| count.trim().parse().ok())
}
