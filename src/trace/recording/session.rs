//! A runtime's part of a recording: from when it was built until it is gone.

use super::Recorder;

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
}

impl Session {
    /// Has this thread's events go to the recorder, if there is one; else they go where they
    /// went, and who is stuck is found out by one that keeps no story.
    pub(crate) fn begin(To { recorder, report_stuck }: To) -> Self {
        let recorder = recorder.or_else(|| report_stuck.then(|| Recorder::with_capacity(1)));
        recorder.iter().filter(|_| report_stuck).for_each(Recorder::report_stuck);
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
