//! How often a gather polls: a promise in numbers, counted by the futures themselves.

mod common;

use common::{Count, Gate, counted, run, turns};
use shirr::{gather, spawn, yield_now};
use std::future::ready;

/// Runs `n` children that end one by one, last first, and returns how often they and the
/// future that awaits them were polled.
fn polls_one_by_one(n: usize) -> (usize, usize) {
    run(move || async move {
        let gates: Vec<Gate> = (0..n).map(|_| Gate::default()).collect();
        let (children, caller) = (Count::default(), Count::default());
        let futures: Vec<_> =
            gates.iter().map(|gate| counted(children.clone(), gate.clone().wait())).collect();
        let all = spawn(counted(caller.clone(), gather(futures)));
        turns(2).await;
        for gate in gates.iter().rev() {
            gate.open();
            turns(1).await;
        }
        assert_eq!(all.await.unwrap().len(), n);
        (children.get(), caller.get())
    })
}

#[test]
fn children_that_end_one_by_one_are_polled_twice_each() {
    for n in [10, 30, 200] {
        let (children, _) = polls_one_by_one(n);
        assert_eq!(children, 2 * n, "for n = {n}");
    }
}

#[test]
fn the_awaiting_task_is_woken_once_for_the_whole_gather() {
    for n in [1, 10, 30, 31, 200] {
        let (_, caller) = polls_one_by_one(n);
        assert_eq!(caller, 2, "for n = {n}"); // to begin, and to end
    }
}

#[test]
fn a_child_is_polled_once_per_wake_and_its_siblings_are_not() {
    run(async || {
        let polls: Vec<Count> = (0..50).map(|_| Count::default()).collect();
        let child = |i: usize| counted(polls[i].clone(), turns(i));
        gather((0..50).map(child).collect::<Vec<_>>()).await;
        let counts: Vec<_> = polls.iter().map(Count::get).collect();
        assert_eq!(counts, (1..=50).collect::<Vec<_>>());
    });
}

#[test]
fn the_loop_makes_no_poll_beside_those_of_the_children_and_the_caller() {
    for n in [10, 30, 200, 10_000] {
        run(move || async move {
            let before = shirr::metrics();
            gather((0..n).map(|_| yield_now())).await;
            let after = shirr::metrics();
            assert_eq!(after.polls - before.polls, 2 * n + 1);
            assert_eq!(after.wakes_local - before.wakes_local, n + 1);
            assert_eq!(after.wakes_merged + after.wakes_stale, before.wakes_merged + before.wakes_stale);
        });
    }
}

#[test]
fn under_a_limit_polls_stay_linear_too() {
    for n in [10, 30, 200, 10_000] {
        run(move || async move {
            let (children, caller) = (Count::default(), Count::default());
            let items = (0..n).map(|_| counted(children.clone(), yield_now()));
            counted(caller.clone(), gather(items).limit(4)).await;
            assert_eq!(children.get(), 2 * n);
            assert!(caller.get() <= n + 2, "{} polls of the caller for {n} children", caller.get());
        });
    }
}

#[test]
fn a_limit_that_is_never_reached_costs_no_further_wake() {
    run(async || {
        let caller = Count::default();
        counted(caller.clone(), gather((0..100).map(turns)).limit(101)).await;
        assert_eq!(caller.get(), 2);
    });
}

#[test]
fn a_gather_of_a_hundred_thousand_that_are_ready_polls_each_once() {
    run(async || {
        let before = shirr::metrics().polls;
        let sum: u64 = gather((0..100_000).map(ready)).await.into_iter().sum();
        assert_eq!(sum, 4_999_950_000);
        assert_eq!(shirr::metrics().polls - before, 100_001);
    });
}
