//! A gather that changes hands is waited for by the task that polled it last.

use crate::common::{begin, ends, turns};
use shirr::trace::{Reason, Recorder, What, waiting};
use shirr::{Runtime, as_completed, gather, spawn, yield_now};
use std::future::{Future, pending};

/// Runs the program with a recorder.
fn recorded<F: Future>(program: impl FnOnce() -> F + Send + 'static) -> Recorder {
    ends(|| {
        let recorder = Recorder::new();
        let runtime = Runtime::builder().record(&recorder).build().unwrap();
        drop(runtime.block_on(program()));
        recorder
    })
}

/// What all tasks wait for but the first, which asks, and the children of gathers.
async fn reasons() -> Vec<Vec<Reason>> {
    turns(5).await;
    let list = waiting();
    let spawned = list.tasks[1..].iter().filter(|task| task.kind.to_string().contains("spawned"));
    spawned.map(|task| task.reasons.clone()).collect()
}

/// How often an event names the parent of a gather that was under way.
fn awaits(recorder: &Recorder) -> usize {
    recorder.events().iter().filter(|event| matches!(event.what, What::GatherAwaited { .. })).count()
}

/// A child that ends, or not.
async fn child(ends: bool) {
    if !ends {
        pending().await
    }
}

#[test]
fn the_rest_of_an_as_completed_is_waited_for_by_the_task_that_has_it_now() {
    let recorder = recorded(|| async {
        drop(spawn(async {
            let mut children = as_completed([true, false].map(child));
            assert!(children.next().await.is_some());
            drop(spawn(async move { children.next().await }));
            pending::<()>().await;
        }));
        let waits = Reason::Gather { done: 1, started: 2, waiting: Some(0) };
        assert_eq!(reasons().await, [[Reason::Foreign], [waits]], "{}", waiting());
    });
    assert_eq!(awaits(&recorder), 1);
}

#[test]
fn a_gather_that_was_polled_and_spawned_is_waited_for_by_its_own_task() {
    let recorder = recorded(|| async {
        drop(spawn(async {
            let mut all = gather([true, false].map(child));
            assert!(begin(&mut all).await.is_pending());
            drop(spawn(all));
            pending::<()>().await;
        }));
        let waits = Reason::Gather { done: 1, started: 2, waiting: Some(0) };
        assert_eq!(reasons().await, [[Reason::Foreign], [waits]], "{}", waiting());
    });
    assert_eq!(awaits(&recorder), 1);
}

#[test]
fn a_task_that_has_taken_a_result_waits_for_no_other_before_it_asks_for_one() {
    recorded(|| async {
        drop(spawn(async {
            let mut children = as_completed([true, false].map(child));
            assert!(children.next().await.is_some());
            turns(9).await;
            children.next().await
        }));
        let mut kept = as_completed([true, false].map(child));
        drop(spawn(async move {
            assert!(kept.next().await.is_some());
            pending::<()>().await;
        }));
        let gathers = reasons().await;
        assert_eq!(gathers, [[Reason::Queued], [Reason::Foreign]], "{}", waiting());
        turns(9).await;
        let waits = Reason::Gather { done: 1, started: 2, waiting: Some(0) };
        assert_eq!(reasons().await, [[waits], [Reason::Foreign]], "{}", waiting());
    });
}

#[test]
fn a_task_that_polls_its_gather_many_times_is_named_once() {
    let recorder = recorded(|| gather((0..50).map(|_| yield_now())).limit(2));
    assert_eq!(awaits(&recorder), 0);
    let recorder = recorded(|| async {
        let mut children = as_completed((0..50).map(|_| yield_now())).limit(2);
        while children.next().await.is_some() {}
    });
    let taken = |what: &What| matches!(what, What::ResultTaken { gather: 1, .. });
    assert_eq!(recorder.events().iter().filter(|event| taken(&event.what)).count(), 50);
    assert!((1..50).contains(&awaits(&recorder)));
}
