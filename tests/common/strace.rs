//! A test that strace runs once more, in a process of its own.

use std::env;
use std::process::Command;

/// Whether strace is here and may trace; if not, says so.
pub(crate) fn can_trace() -> bool {
    let tried = Command::new("strace").args(["--summary-only", "true"]).output();
    let can = tried.is_ok_and(|output| output.status.success());
    if !can {
        println!("skipped: strace is not here, or may not trace (apt-get install strace)");
    }
    can
}

/// Runs the test of this name, with `variable` set, under strace with these arguments. Returns
/// what strace says.
///
/// # Panics
/// When the test fails, or there is none of the name.
pub(crate) fn traced(name: &str, variable: (&str, &str), arguments: &[&str]) -> String {
    let mut strace = Command::new("strace");
    strace.args(arguments).arg("--").arg(env::current_exe().unwrap());
    strace.args(["--exact", name, "--nocapture"]);
    // A search for leaks, in a build that makes one, is a tracer itself.
    strace.env("ASAN_OPTIONS", "detect_leaks=0").env(variable.0, variable.1);
    let output = strace.output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
    assert!(output.status.success(), "{arguments:?}: {stdout}\n{stderr}");
    assert!(stdout.contains("1 passed"), "there is no test of the name {name}");
    stderr
}
