//! A program under strace.

use crate::common::{Program, run, there_is};
use std::process::Command;

/// Whether strace is here and may trace.
pub(crate) fn can_trace() -> bool {
    there_is("strace") && {
        let can = run("strace", ["-o", "/dev/null", "true"]).status.success();
        if !can {
            eprintln!("left out: strace may not trace");
        }
        can
    }
}

/// Starts it under strace with these arguments. By `-D` the program is this process's child, and
/// strace is beside it; `ended` waits for both, which have the same stderr.
pub(crate) fn traced(strace: &[&str], program: &[&str]) -> Program {
    Program::spawn(Command::new("strace").args(["-D", "-f"]).args(strace).args(program))
}
