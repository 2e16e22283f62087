//! The state that events make, in what no other test asks of it: step by step, or at a moment.

use crate::common::recorded::{MS, delay, fails, paused, plain, recording_runtime};
use crate::common::{begin, ends, turns};
use shirr::net::{TcpListener, TcpStream};
use shirr::trace::{Direction, Event, Recorder, State, Wait, What};
use shirr::{JoinSet, gather, spawn, try_gather, yield_now};
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Each event with the state before it and the one after it.
fn steps(recorder: &Recorder) -> Vec<(State, Event, State)> {
    let recording = recorder.recording();
    let mut state = recording.base;
    let step = |event: Event| {
        let before = state.clone();
        state.apply(&event);
        (before, event, state.clone())
    };
    recording.events.into_iter().map(step).collect()
}

/// The steps of a program on a paused clock in which such a thing happens.
fn steps_with<F: Future>(
    program: impl FnOnce() -> F + Send + 'static,
    such: fn(&What) -> bool,
) -> Vec<(State, Event, State)> {
    let all = ends(|| {
        let (recorder, runtime) = recording_runtime(paused());
        drop(runtime.block_on(program()));
        drop(runtime);
        steps(&recorder)
    });
    all.into_iter().filter(|(_, event, _)| such(&event.what)).collect()
}

/// Breaks if turns are counted on beyond an event poll, or not from the entry on.
#[test]
fn turns_are_counted_from_the_latest_event_poll() {
    let polls = steps_with(|| turns(300), |what| matches!(what, What::PollingEvents { idle: false }));
    let counts: Vec<_> = polls.iter().map(|(before, _, after)| (before.polls, after.polls)).collect();
    assert_eq!(counts, [(128, 0), (128, 0)]);
    let entered = steps_with(|| turns(3), |what| *what == What::Entered);
    let counts: Vec<_> = entered.iter().map(|(before, _, after)| (before.polls, after.polls)).collect();
    assert_eq!(counts, [(0, 0), (4, 0)]);
}

/// Breaks if a task that has ended in the queue is there for ever.
#[test]
fn a_task_that_ended_in_the_queue_leaves_it_when_it_is_skipped_or_swept() {
    let skipped = steps_with(
        || async {
            let mut set = JoinSet::new();
            for _ in 0..3 {
                set.spawn(pending::<()>());
            }
            drop(set);
            yield_now().await;
        },
        |what| matches!(what, What::Skipped { .. }),
    );
    let lengths: Vec<_> =
        skipped.iter().map(|(before, _, after)| (before.ready.len(), after.ready.len())).collect();
    assert_eq!(lengths, [(4, 3), (3, 2), (2, 1)]);
    let swept = steps_with(
        || async {
            for _ in 0..100 {
                let mut set = JoinSet::new();
                for _ in 0..10 {
                    set.spawn(pending::<()>());
                }
            }
        },
        |what| *what == What::Swept,
    );
    assert!(!swept.is_empty());
    for (before, _, after) in swept {
        assert!(before.ready.len() > after.ready.len());
        assert!(after.ready.iter().all(|task| after.tasks.contains_key(task)), "{:?}", after.ready);
    }
}

/// Breaks if the end of one task is taken for that of the task that is polled, or the other way
/// round.
#[test]
fn a_task_that_drops_others_is_polled_on_and_one_that_panics_is_not() {
    ends(|| {
        let (recorder, runtime) = recording_runtime(paused());
        let seen = recorder.clone();
        runtime.block_on(async move {
            let mut set = JoinSet::new();
            set.spawn(pending::<()>());
            drop(set);
            let mut timer = shirr::time::sleep(60_000 * MS);
            assert!(begin(&mut timer).await.is_pending());
            let state = seen.state();
            let running = state.running.expect("it asks while it is polled");
            assert!(matches!(state.tasks[&running].waits.first(), Some(Wait::Timer(_))), "{state:?}");
        });
        let panics = async { resume_unwind(Box::new("on purpose")) };
        assert!(catch_unwind(AssertUnwindSafe(|| runtime.block_on::<_>(panics))).is_err());
        assert_eq!(recorder.state().running, None);
    });
}

/// Breaks if tasks stay in a socket's list when the kernel has spoken of it.
#[test]
fn who_waited_for_a_socket_waits_no_more_when_it_is_ready() {
    let all = ends(|| {
        let (recorder, runtime) = recording_runtime(plain());
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let addr = listener.local_addr().unwrap();
            let accepts = spawn(async move { listener.accept().await.unwrap() });
            yield_now().await;
            let near = TcpStream::connect(addr).await.unwrap();
            let (far, _) = accepts.await.unwrap();
            let reads = spawn(async move { near.read(&mut [0; 8]).await.unwrap() });
            yield_now().await;
            far.write_all(b"hello").await.unwrap();
            assert_eq!(reads.await.unwrap(), 5);
        });
        steps(&recorder)
    });
    let readers = |state: &State, source| {
        let waiting = state.sources[&source].waiting.iter();
        waiting.filter(|(way, ..)| *way == Direction::Read).count()
    };
    let mut answered = 0;
    for (before, event, after) in all {
        if let What::SourceReady { source, readable: true, .. } = event.what {
            answered += readers(&before, source);
            assert_eq!(readers(&after, source), 0, "{after:?}");
        }
    }
    assert!(answered >= 2);
}

/// Breaks if a gather is not told from where it was made, or with children that were cancelled.
#[test]
fn a_gather_has_its_place_and_counts_its_children_by_how_they_end() {
    let here = line!() + 2;
    let program = || async {
        let mut all = gather([pending::<()>(), pending::<()>()]);
        assert!(begin(&mut all).await.is_pending());
        drop(all);
        let child = |ms| async move { if ms == 2 { fails(ms).await } else { Ok(delay(ms).await) } };
        assert!(try_gather([1, 2, 3, 4, 5].map(child)).await.is_err());
    };
    let over = |what: &What| matches!(what, What::GatherDone { .. } | What::GatherDropped { .. });
    let steps = steps_with(program, over);
    let gathers: Vec<_> = steps.iter().map(|(before, ..)| *before.gathers.values().next().unwrap()).collect();
    let counts: Vec<_> =
        gathers.iter().map(|gather| (gather.started, gather.ended, gather.cancelled)).collect();
    assert_eq!(counts, [(2, 0, 2), (5, 2, 3)]);
    assert_eq!(gathers[0].at.map(|at| (at.file(), at.line())), Some((file!(), here)));
}
