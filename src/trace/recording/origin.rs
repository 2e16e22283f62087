//! The recorder that a thing belongs to. It records what happens to the thing, also when
//! another runtime is at work.

use super::recorder::{Recorder, report};
use super::session::with_current;
use super::what::What;
use std::panic::Location;

/// The recorder of the runtime that a socket or a gather belongs to, as long as that
/// runtime lives.
#[derive(Clone, Debug)]
pub(crate) struct Origin(Option<(Recorder, u64)>);

impl Origin {
    /// That of the runtime which is being built.
    pub(crate) fn here() -> Self {
        Self(with_current(|recorder| (recorder.clone(), recorder.runtimes_ended())))
    }

    /// Whether there is one.
    #[cfg(feature = "explore")]
    pub(crate) fn is_recorded(&self) -> bool {
        self.0.is_some()
    }

    /// What [`emit!`](super::emit) does with an origin.
    pub(crate) fn record(&self, what: What, line: &'static Location<'static>) {
        let Some((recorder, ended)) = &self.0 else { return };
        report(recorder.add_unless_ended(what, line, *ended));
    }
}
