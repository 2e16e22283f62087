//! What happens to a socket is in the recording of its own runtime, whoever does it.
#![cfg(feature = "trace")]

mod common;

use common::ends;
use common::recorded::{plain, recording_runtime};
use shirr::Runtime;
use shirr::net::TcpListener;
use shirr::trace::{Actor, Recorder, What};

/// A socket of the runtime's, out of its hands.
fn socket(runtime: &Runtime) -> TcpListener {
    runtime.block_on(async { TcpListener::bind("127.0.0.1:0").await.unwrap() })
}

/// How many sockets a replay finds there.
fn left(recorder: &Recorder) -> usize {
    recorder.state().sources.len()
}

/// Who took a socket out.
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

#[test]
fn what_another_runtime_drops_is_not_its_own() {
    ends(|| {
        let (first, one) = recording_runtime(plain());
        let (mine, later) = (socket(&one), socket(&one));
        let (second, two) = recording_runtime(plain());
        two.block_on(async move { drop(mine) });
        assert_eq!((left(&first), left(&second)), (1, 0));
        Runtime::new().unwrap().block_on(async move { drop(later) }); // which nobody records
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
