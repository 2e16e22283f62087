//! Signals without a thread that waits for them: one for each as bytes in a pipe, which the loop
//! watches like any socket.
//!
//! `cargo run --release -p ecosystem --features trace --bin signals` does jobs, one after another.
//! Ctrl-C or `kill -TERM` ends it behind the job in hand, a second of either at once. Ctrl-\ or
//! `kill -QUIT` has it say which task waits for what. Start reading at `Signal` in `signal.rs`.
//!
//! The other programs here take Ctrl-C from the `ctrlc` crate, which works on Windows as well, and
//! has a thread.

#[cfg(unix)]
mod jobs;
#[cfg(unix)]
mod signal;

use clap::Parser;
use ecosystem::{exit_code, limit};
use std::process::ExitCode;
use std::time::Duration;

/// Does jobs until a signal ends it: Ctrl-C or SIGTERM.
///
/// On Ctrl-\ or SIGQUIT it says on stderr what its tasks wait for, if it was built with the
/// feature `trace`.
#[derive(Debug, Parser)]
#[cfg_attr(not(unix), expect(dead_code, reason = "nothing is there to read it"))]
struct Args {
    /// How long a job takes
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = limit)]
    job: Duration,
}

fn main() -> ExitCode {
    let args = Args::parse();
    #[cfg(unix)]
    let result = jobs::run(&args);
    #[cfg(not(unix))]
    let result = Err(format!("there are no signals here to end {:?} of work", args.job).into());
    exit_code("signals", result)
}
