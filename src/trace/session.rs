//! A runtime's part of a recording: from when it was built until it is gone.

use super::Recorder;
use super::output::Output;

/// The recorder that a runtime is built with.
pub(crate) type To = Option<Recorder>;

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
    /// Has this thread's events go to `recorder`, if there is one; else they go where they
    /// went, or, if that is nowhere, where the environment says.
    pub(crate) fn begin(recorder: To) -> Self {
        match recorder {
            Some(recorder) => Self { outer: Recorder::exchange(Some(recorder)), begun: true, output: None },
            None => Self { outer: None, begun: false, output: Output::of_this_thread() },
        }
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
