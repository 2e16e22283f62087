//! A runtime's part of a recording: from when it was built until it is gone.

use super::Recorder;

/// The recorder that a runtime is built with.
pub(crate) type To = Option<Recorder>;

/// While this lives, its thread's events are recorded, if anybody wants them.
#[derive(Debug)]
pub(crate) struct Session {
    /// Where events go when this is over.
    outer: Option<Recorder>,
    begun: bool,
}

impl Session {
    /// Has this thread's events go to `recorder`, if there is one; else they go where they
    /// went.
    pub(crate) fn begin(recorder: To) -> Self {
        let begun = recorder.is_some();
        let outer = recorder.and_then(|recorder| Recorder::exchange(Some(recorder)));
        Self { outer, begun }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.begun {
            drop(Recorder::exchange(self.outer.take()));
        }
    }
}
