//! Programs that are recorded from beginning to end, and checked.

use super::checker::{Clock, Rules, check};
use super::ends;
use shirr::Runtime;
use shirr::time::sleep;
use shirr::trace::{Actor, Recorder, What};
use std::future::Future;
use std::panic::resume_unwind;
use std::time::Duration;

pub(crate) const MS: Duration = Duration::from_millis(1);

/// A checked recording, to be asked for what it must have shown to be of use.
#[derive(Debug)]
pub(crate) struct Recording(Vec<(Actor, What)>);

impl Recording {
    pub(crate) fn of(recorder: &Recorder, rules: Rules) -> Self {
        check(&recorder.recording(), rules);
        Self(recorder.events().into_iter().map(|event| (event.actor, event.what)).collect())
    }

    pub(crate) fn count(&self, what: impl Fn(&What) -> bool) -> usize {
        self.0.iter().filter(|(_, event)| what(event)).count()
    }

    pub(crate) fn has(&self, what: impl Fn(&What) -> bool) -> bool {
        self.count(what) > 0
    }

    pub(crate) fn woken_by(&self, by: impl Fn(&Actor) -> bool) -> bool {
        self.0.iter().any(|(actor, what)| by(actor) && matches!(what, What::Woken { .. }))
    }
}

/// Runs the program on a runtime of its own, records it to the end, and checks it.
pub(crate) fn recorded<F: Future>(rules: Rules, program: impl FnOnce() -> F + Send + 'static) -> Recording {
    ends(move || {
        let (recorder, runtime) = recording_runtime(rules);
        drop(runtime.block_on(program()));
        drop(runtime);
        Recording::of(&recorder, rules)
    })
}

/// A runtime and what records it.
pub(crate) fn recording_runtime(rules: Rules) -> (Recorder, Runtime) {
    let recorder = Recorder::new();
    let builder = Runtime::builder().record(&recorder);
    let builder = if rules.clock == Clock::Paused { builder.paused() } else { builder };
    (recorder, builder.build().unwrap())
}

/// A clock that goes, no wakers of others, nothing kept.
pub(crate) fn plain() -> Rules {
    Rules::default()
}

/// The same on a paused clock.
pub(crate) fn paused() -> Rules {
    Rules { clock: Clock::Paused, ..plain() }
}

pub(crate) async fn delay(ms: u32) -> u32 {
    sleep(ms * MS).await;
    ms
}

pub(crate) async fn fails(ms: u32) -> Result<u32, String> {
    Err(format!("after {} ms", delay(ms).await))
}

pub(crate) async fn panics(ms: u32) -> u32 {
    delay(ms).await;
    resume_unwind(Box::new(()))
}
