//! The random programs of `tests/trace_random/main.rs`, made of bytes.

#[path = "../../trace_random/held.rs"]
mod held;
#[path = "../../trace_random/program.rs"]
#[allow(dead_code, reason = "shared with its test")]
mod program;
#[path = "../../trace_random/run.rs"]
mod run;
#[path = "../../trace_random/steps.rs"]
mod steps;

use shirr::trace::{Recorder, Recording};

/// How many steps a body has at most, beside those in its children.
const MOST: usize = 16;

/// The same where its names are what is looked at, and how many of its events are kept then.
const FEW: usize = 4;
const KEPT: usize = 2_000;

pub(crate) fn run(bytes: &[u8]) {
    held::assert_adds_up(&crate::generated(&program::step(), bytes, MOST));
}

/// What a program of some steps does, or the end of it.
pub(crate) fn recording(bytes: &[u8]) -> Recording {
    let recorder = Recorder::with_capacity(KEPT);
    run::run(&crate::generated(&program::step(), bytes, FEW), &recorder);
    recorder.recording()
}
