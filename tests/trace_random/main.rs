//! Whatever a program does, its events keep the invariants, and what the library replays out
//! of them is what the runtime says of itself. The programs are the same in every run;
//! `PROPTEST_CASES` asks for more of them.
//!
//! A program of its own: its threads also wake tasks of runtimes that are gone, which would be events
//! in the recordings of other tests.
#![cfg(feature = "trace")]

#[path = "../common/mod.rs"]
mod common;
mod held;
mod program;
mod run;
mod steps;

use common::{ends, page};
use held::assert_agrees;
use program::{Step, program};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use run::{Probe, run};
use shirr::trace::{Recorder, State, Wait, What};
use std::collections::BTreeSet;
use std::fmt::Debug;

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

#[test]
fn the_events_of_a_thousand_programs_keep_every_invariant_and_add_up_to_the_runtimes_own_count() {
    each_program(cases(), held::assert_adds_up);
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
        Step::Thread | Step::Unblock(_) => true,
        Step::Spawn(steps) | Step::Tied(steps) => is_up_to_threads(steps),
        Step::Gather { children, .. } | Step::Set { tasks: children, .. } => {
            children.iter().any(|steps| is_up_to_threads(steps))
        }
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
