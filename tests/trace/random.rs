//! Whatever a program does, its events keep the invariants, and what the library replays out
//! of them is what the runtime says of itself. The programs are the same in every run;
//! `PROPTEST_CASES` asks for more of them.

mod program;
mod run;

use crate::common::checker::{Checker, Clock, Rules};
use crate::common::{ends, page};
use program::{Step, program};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use run::{Probe, run};
use shirr::Metrics;
use shirr::trace::{Recorder, State, Wait, What};
use std::collections::BTreeSet;
use std::fmt::Debug;

const RULES: Rules = Rules { clock: Clock::Paused, foreign: false, tries: false, kept: false };

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").map_or(1_000, |cases| cases.parse().unwrap())
}

/// Hands as many programs as are asked for to `check`.
fn each_program(cases: u32, check: impl Fn(&[Step]) + Send + 'static) {
    ends(move || {
        let checked = runner(cases).run(&program(), |steps| {
            check(&steps);
            Ok(())
        });
        checked.unwrap_or_else(|error| panic!("{error}"));
    });
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

fn assert_agrees(state: &State, metrics: &Metrics) {
    let replayed = (state.tasks.len(), state.ready.len(), state.timers.len(), state.sources.len());
    assert_eq!(replayed, (metrics.tasks, metrics.ready, metrics.timers, metrics.sources));
}

#[test]
fn the_events_of_a_thousand_programs_keep_every_invariant_and_add_up_to_the_runtimes_own_count() {
    each_program(cases(), |steps| {
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
    });
}

#[test]
fn a_programs_page_has_all_of_its_events() {
    each_program(cases() / 10, |steps| {
        let recorder = Recorder::new();
        run(steps, &recorder);
        page::assert_says_all(&recorder.recording());
    });
}

/// Whether other threads have a say in what comes first.
fn is_up_to_threads(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::Thread => true,
        Step::Spawn(steps) => is_up_to_threads(steps),
        Step::Gather { children, .. } => children.iter().any(|steps| is_up_to_threads(steps)),
        _ => false,
    })
}

/// A state without what differs from run to run: by slots, which do not, and not by numbers.
fn shape(state: &State) -> impl Debug + PartialEq + use<> {
    let slot = |number: &u64| state.tasks.get(number).map(|task| task.slot);
    let ready: Vec<_> = state.ready.iter().map(slot).collect();
    let waits = |waits: &BTreeSet<Wait>| waits.iter().map(std::mem::discriminant).collect::<Vec<_>>();
    let mut tasks: Vec<_> = state.tasks.values().collect();
    tasks.sort_by_key(|task| task.slot);
    let tasks = tasks.into_iter().map(|task| {
        let by = task.awaited_by.as_ref().and_then(slot);
        (task.slot, task.queued, task.aborted, task.polls, waits(&task.waits), by)
    });
    let timers: Vec<_> = state.timers.values().map(|timer| timer.task.as_ref().and_then(slot)).collect();
    let gathers = state.gathers.iter().map(|(number, gather)| {
        (*number, gather.task.as_ref().and_then(slot), gather.started, gather.ended, gather.cancelled)
    });
    let gathers: Vec<_> = gathers.collect();
    (ready, tasks.collect::<Vec<_>>(), timers, gathers, state.polls)
}

#[test]
fn what_a_small_recorder_forgets_is_still_in_its_state() {
    each_program(cases() / 4, |steps| {
        let [small, large] = [Recorder::with_capacity(20), Recorder::new()];
        let [forgetful, all] = [&small, &large].map(|recorder| run(steps, recorder));
        for Probe { metrics, state, .. } in &forgetful {
            assert_agrees(state, metrics);
        }
        let recording = small.recording();
        assert!(recording.events.len() == 20 && recording.events[0].number == recording.lost);
        if !is_up_to_threads(steps) {
            let shapes =
                |probes: &[Probe]| probes.iter().map(|probe| shape(&probe.state)).collect::<Vec<_>>();
            assert_eq!(shapes(&forgetful), shapes(&all));
        }
    });
}

#[test]
fn the_programs_do_everything_there_is_to_do() {
    ends(|| {
        let (mut runner, mut events, mut kinds) = (runner(0), 0, std::collections::BTreeMap::new());
        for _ in 0..200 {
            let steps = program().new_tree(&mut runner).unwrap().current();
            let recorder = Recorder::new();
            run(&steps, &recorder);
            for event in recorder.events() {
                events += 1;
                *kinds.entry(name(&event.what)).or_insert(0) += 1;
            }
        }
        println!("{events} events: {kinds:?}");
        // Sockets are not part of it, nor what only a clock that goes can show.
        assert!(events > 20_000 && kinds.len() >= 35, "{events} events of {} kinds: {kinds:?}", kinds.len());
    });
}

fn name(what: &What) -> String {
    let text = format!("{what:?}");
    text.split(' ').next().unwrap().to_owned()
}
