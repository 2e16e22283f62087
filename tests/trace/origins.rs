//! What happens to a socket or a gather is in the recording of its own runtime, whatever
//! runtime does it.

use crate::common::recorded::{plain, recording_runtime};
use crate::common::{begin, ends};
use shirr::net::TcpListener;
use shirr::trace::{Actor, Recorder, What};
use shirr::{Runtime, gather, yield_now};
use std::future::{Future, pending};
use std::pin::Pin;

/// A socket of the runtime, which lives on when that does not run.
fn socket(runtime: &Runtime) -> TcpListener {
    runtime.block_on(async { TcpListener::bind("127.0.0.1:0").await.unwrap() })
}

/// How many sockets a replay finds there.
fn left(recorder: &Recorder) -> usize {
    recorder.state().sources.len()
}

/// The actors that removed a socket.
fn takers(recorder: &Recorder) -> Vec<Actor> {
    let events = recorder.events().into_iter();
    let taken = events.filter(|event| matches!(event.what, What::SourceRemoved { .. }));
    taken.map(|event| event.actor).collect()
}

#[test]
fn what_is_dropped_while_no_runtime_runs_is_not_the_latest_ones() {
    ends(|| {
        let [(first, one), (second, two)] = [plain(), plain()].map(recording_runtime);
        let (mine, others) = (socket(&one), socket(&two));
        drop(mine);
        assert_eq!((left(&first), left(&second)), (0, 1));
        assert_eq!(takers(&first), [Actor::Program]);
        drop(others);
        assert_eq!((left(&first), left(&second)), (0, 0));
    });
}

/// Breaks if the runtime that goes takes the other one's recorder with it, and leaves its own.
#[test]
fn a_handle_that_is_dropped_while_no_runtime_runs_is_told_of_the_runtime_that_is_left() {
    ends(|| {
        let [(first, one), (second, two)] = [plain(), plain()].map(recording_runtime);
        let task = two.spawn(pending::<()>());
        drop(one);
        let told = [&first, &second].map(|recorder| recorder.events().len());
        drop(task);
        assert_eq!([&first, &second].map(|recorder| recorder.events().len()), [told[0], told[1] + 1]);
        assert!(matches!(second.events().pop().unwrap().what, What::Detached { .. }));
    });
}

#[test]
fn what_another_runtime_drops_is_not_its_own() {
    ends(|| {
        let (first, one) = recording_runtime(plain());
        let (mine, later) = (socket(&one), socket(&one));
        let (second, two) = recording_runtime(plain());
        two.block_on(async move { drop(mine) });
        assert_eq!((left(&first), left(&second)), (1, 0));
        Runtime::new().unwrap().block_on(async move { drop(later) }); // which records nothing
        assert_eq!((left(&first), takers(&first).len()), (0, 2));
        assert!(takers(&second).is_empty());
    });
}

#[test]
fn what_is_dropped_after_its_runtime_is_not_the_next_ones() {
    ends(|| {
        let recorder = Recorder::new();
        let runtime = || Runtime::builder().record(&recorder).build().unwrap();
        let first = runtime();
        let kept = socket(&first);
        assert_eq!(left(&recorder), 1);
        drop(first);
        assert_eq!(left(&recorder), 0);
        let second = runtime();
        let own = socket(&second);
        assert_eq!(left(&recorder), 1);
        drop(kept);
        assert_eq!(left(&recorder), 1);
        drop(own);
        assert_eq!((left(&recorder), takers(&recorder).len()), (0, 1));
    });
}

type Gathered = Pin<Box<dyn Future<Output = Vec<()>>>>;

/// A gather of the runtime's that has begun, out of its hands.
fn begun(runtime: &Runtime) -> Gathered {
    let mut begun: Gathered = Box::pin(gather((0..3).map(|_| pending::<()>())));
    assert!(runtime.block_on(begin(&mut begun)).is_pending());
    begun
}

/// How many tasks and gathers a replay finds there, which is as many as there are.
fn tasks(recorder: &Recorder, runtime: &Runtime) -> (usize, usize) {
    let state = recorder.state();
    assert_eq!(state.tasks.len(), runtime.metrics().tasks);
    (state.tasks.len(), state.gathers.len())
}

#[test]
fn a_gather_that_is_dropped_while_no_runtime_runs_is_not_the_latest_ones() {
    ends(|| {
        let [(first, one), (second, two)] = [plain(), plain()].map(recording_runtime);
        let (mine, others) = (begun(&one), begun(&two));
        drop(mine);
        assert_eq!((tasks(&first, &one), tasks(&second, &two)), ((0, 0), (3, 1)));
        drop(others);
        assert_eq!((tasks(&first, &one), tasks(&second, &two)), ((0, 0), (0, 0)));
    });
}

#[test]
fn a_gather_that_another_runtime_drops_is_not_its_own() {
    ends(|| {
        let (first, one) = recording_runtime(plain());
        let mine = begun(&one);
        let (second, two) = recording_runtime(plain());
        (0..3).for_each(|_| drop(two.spawn(pending::<()>())));
        two.block_on(async move {
            yield_now().await;
            drop(mine);
        });
        assert_eq!((tasks(&first, &one), tasks(&second, &two)), ((0, 0), (3, 0)));
    });
}

#[test]
fn a_gather_that_another_runtime_ends_is_not_its_own() {
    ends(|| {
        let (first, one) = recording_runtime(plain());
        let mut mine = Box::pin(gather((0..3).map(|_| yield_now())));
        assert!(one.block_on(begin(&mut mine)).is_pending());
        one.block_on(async {
            for _ in 0..3 {
                yield_now().await;
            }
        });
        assert_eq!(tasks(&first, &one), (0, 1));
        let (second, two) = recording_runtime(plain());
        assert_eq!(two.block_on(mine).len(), 3);
        assert_eq!((tasks(&first, &one), tasks(&second, &two)), ((0, 0), (0, 0)));
        assert!(second.events().iter().all(|event| !matches!(event.what, What::GatherDone { .. })));
    });
}
