//! What every random program is held to: each event keeps the invariants, and the books of
//! the checker, of the library and of the runtime itself say the same.

use super::program::Step;
use super::run::run;
use crate::common::checker::{Checker, Clock, Rules};
use shirr::Metrics;
use shirr::trace::{Recorder, State, Wait, What};

const RULES: Rules = Rules { clock: Clock::Paused, foreign: false, tries: false, kept: false };

/// Runs the program, and checks it event by event.
///
/// # Panics
/// At the first that breaks an invariant, and where two of the books differ.
pub(crate) fn assert_adds_up(steps: &[Step]) {
    let recorder = Recorder::new();
    let probes = run(steps, &recorder);
    let recording = recorder.recording();
    let mut checker = Checker::new(RULES, recording.began);
    let mut probes = probes.iter().peekable();
    for event in &recording.events {
        while let Some(probe) = probes.next_if(|probe| probe.events == event.number) {
            checker.assert_agrees(&probe.metrics);
            assert_agrees(&probe.state, &probe.metrics);
            assert_same(&probe.state, &checker);
        }
        checker.take(event);
    }
    assert!(checker.has_ended() && probes.next().is_none());
    // Before the runtime is gone: then the state forgets what the program keeps.
    let alive = recording.events.iter().take_while(|event| !matches!(event.what, What::ShutDown { .. }));
    let mut end = State::default();
    alive.for_each(|event| end.apply(event));
    assert!(end.tasks.is_empty() && end.timers.is_empty(), "{end:?}");
    assert!(end.sources.is_empty() && end.gathers.is_empty() && end.running.is_none(), "{end:?}");
    assert!(recorder.state().ready.is_empty());
}

/// Whether the library's books say what the checker's say.
fn assert_same(state: &State, checker: &Checker) {
    let tasks: Vec<_> = state.tasks.iter().map(|(number, task)| (task.slot, *number)).collect();
    let mut own: Vec<_> = checker.turns.slots.iter().map(|(slot, number)| (*slot, *number)).collect();
    own.sort_by_key(|(_, number)| *number);
    assert_eq!(tasks, own);
    assert_eq!(state.ready, checker.turns.queue);
    assert_eq!(state.running, checker.turns.running());
    let timers: Vec<_> = state.timers.iter().map(|(n, timer)| (*n, (timer.deadline, timer.task))).collect();
    assert_eq!(timers, checker.outside.timers.iter().map(|(n, timer)| (*n, *timer)).collect::<Vec<_>>());
    assert_eq!(state.gathers.len(), checker.gathers.under_way());
    for (number, task) in &state.tasks {
        assert_eq!(task.queued, checker.turns.is_queued(*number), "{task:?}");
        for wait in &task.waits {
            assert!(is_there(*wait, state), "{task:?} waits for what is gone: {state:?}");
        }
    }
}

fn is_there(wait: Wait, state: &State) -> bool {
    match wait {
        Wait::Timer(timer) => state.timers.contains_key(&timer),
        Wait::Source(source, ..) => state.sources.contains_key(&source),
        Wait::Task(task) => state.tasks.contains_key(&task),
        Wait::Gather(gather) => state.gathers.contains_key(&gather),
        _ => true,
    }
}

pub(crate) fn assert_agrees(state: &State, metrics: &Metrics) {
    let replayed = (state.tasks.len(), state.ready.len(), state.timers.len(), state.sources.len());
    assert_eq!(replayed, (metrics.tasks, metrics.ready, metrics.timers, metrics.sources));
}
