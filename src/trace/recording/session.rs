//! A runtime's part of a recording: from when it was built until it is gone.

use super::Recorder;
use super::output::Output;

/// What a runtime is built with.
#[derive(Clone, Debug)]
pub(crate) struct To {
    pub(crate) recorder: Option<Recorder>,
    /// Whether it says who is stuck.
    pub(crate) report_stuck: bool,
}

impl To {
    pub(crate) fn new() -> Self {
        Self { recorder: None, report_stuck: false }
    }
}

/// While this lives, its thread's events are recorded, if anybody wants them.
#[derive(Debug)]
pub(crate) struct Session {
    /// Where events go when this is over.
    outer: Option<Recorder>,
    begun: bool,
    /// The file to write then, if the environment names one.
    output: Option<Output>,
}

impl Session {
    /// Has this thread's events go to the recorder, if there is one; else they go where they
    /// went, or, if that is nowhere, where the environment says. Who is stuck is found out by a
    /// recorder that keeps no story, if there is no other.
    pub(crate) fn begin(To { mut recorder, report_stuck }: To) -> Self {
        let output = if recorder.is_none() { Output::of_this_thread() } else { None };
        if report_stuck {
            let one = recorder.clone().or_else(Recorder::current);
            let one = one.unwrap_or_else(|| recorder.insert(Recorder::with_capacity(1)).clone());
            one.report_stuck();
        }
        let begun = recorder.is_some();
        let outer = recorder.and_then(|recorder| Recorder::exchange(Some(recorder)));
        Self { outer, begun, output }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.begun {
            drop(Recorder::exchange(self.outer.take()));
        }
        if let Some(output) = &self.output {
            output.write();
        }
    }
}
