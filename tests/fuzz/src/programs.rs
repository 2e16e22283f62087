//! The random programs of `tests/trace_random/main.rs`, made of bytes.

#[path = "../../trace_random/held.rs"]
mod held;
#[path = "../../trace_random/program.rs"]
#[allow(dead_code, reason = "shared with its test")]
mod program;
#[path = "../../trace_random/run.rs"]
mod run;

use shirr::trace::{Recorder, Recording};

/// How many steps a body has at most, beside those in its children.
const MOST: usize = 16;

pub(crate) fn run(bytes: &[u8]) {
    held::assert_adds_up(&crate::generated(&program::step(), bytes, MOST));
}

/// What a program of these bytes does.
pub(crate) fn recording(bytes: &[u8]) -> Recording {
    let recorder = Recorder::new();
    run::run(&crate::generated(&program::step(), bytes, MOST), &recorder);
    recorder.recording()
}
