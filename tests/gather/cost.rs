//! How often a gather polls: a promise in numbers, counted by the futures themselves.

use crate::common::shuffled::is_shuffled;
use crate::common::{Count, Gate, begin, counted, run, turns};
use crate::forms::{Child, Form, for_every_form, for_forms};
use shirr::{gather, spawn, yield_now};
use std::future::{Future, pending, ready};

/// `n` children, each of them counted, or three for a macro.
fn children<F: Future<Output = ()> + 'static, M: FnMut(usize) -> F + 'static>(
    n: usize,
    polls: &Count,
    mut child: M,
) -> impl Iterator<Item = Child<(), ()>> + use<F, M> {
    let polls = polls.clone();
    (0..n).map(move |i| -> Child<(), ()> {
        let child = child(i);
        Box::pin(counted(polls.clone(), async move {
            child.await;
            Ok(())
        }))
    })
}

/// How many children a test that wants `n` may have.
fn number(form: Form, n: usize) -> usize {
    if form.is_macro() { 3 } else { n }
}

/// Breaks if a child is polled for its sibling's wake, if the caller hears of a child that is
/// not the last, or if that depends on the number of children or on a limit that is not reached.
#[test]
fn children_that_end_one_by_one_are_polled_twice_each_and_the_caller_twice() {
    for_every_form(async |form| {
        for n in [1, 10, 30, 31, 200] {
            let n = number(form, n);
            let gates: Vec<Gate> = (0..n).map(|_| Gate::default()).collect();
            let (polls, caller, opened) = (Count::default(), Count::default(), gates.clone());
            let whole = form.over(children(n, &polls, move |i| opened[i].clone().wait()), 1000);
            let whole = spawn(counted(caller.clone(), whole));
            turns(2).await;
            for gate in gates.iter().rev() {
                gate.open();
                turns(2).await; // the child has its turn, then the caller
            }
            drop(whole.await.unwrap());
            // A source gives each output when it comes.
            let ends = if form.is_source() { n } else { 1 };
            assert_eq!((polls.get(), caller.get()), (2 * n, 1 + ends), "for n = {n}");
        }
    });
}

/// Breaks if the loop polls for itself, or if a wake is sent twice.
#[test]
fn the_loop_makes_no_poll_beside_those_of_the_children_and_the_caller() {
    // In another order, a source's turn comes between those of its children.
    let comes_last = |form: Form| !form.is_source() || !is_shuffled("order of wakes");
    for_forms(comes_last, async |form| {
        for n in [10, 200, 10_000] {
            let (n, before) = (number(form, n), shirr::metrics());
            form.over(children(n, &Count::default(), |_| yield_now()), usize::MAX).await;
            let after = shirr::metrics();
            // A source gives way after some outputs, if many are there.
            let given_way = if form.is_source() { n / 100 } else { 0 } as u64;
            let n = n as u64;
            let further = after.polls - before.polls - (2 * n + 1);
            assert!(further <= given_way, "{further} polls for n = {n}");
            assert_eq!(after.wakes_local - before.wakes_local, n + 1 + further);
            assert_eq!(after.wakes_merged + after.wakes_stale, before.wakes_merged + before.wakes_stale);
        }
    });
}

/// Breaks if a wake of one child polls another one, or a child more than once.
#[test]
fn a_child_is_polled_once_per_wake_and_its_siblings_are_not() {
    for_every_form(async |form| {
        let (waiting, busy) = (Count::default(), Count::default());
        let waits = || -> Child<(), ()> { Box::pin(counted(waiting.clone(), pending())) };
        let steps: Child<(), ()> = Box::pin(counted(busy.clone(), async {
            turns(50).await;
            Ok(())
        }));
        let whole = spawn(form.of([waits(), steps, waits()]));
        turns(60).await;
        assert_eq!((waiting.get(), busy.get(), whole.is_finished()), (2, 1 + 50, false));
        whole.abort();
        assert!(whole.await.unwrap_err().is_cancelled());
    });
}

/// Breaks if a poll of the whole polls its children.
#[test]
fn a_poll_without_a_wake_polls_no_child() {
    for_every_form(async |form| {
        let (polls, gate) = (Count::default(), Gate::default());
        let door = gate.clone();
        let mut whole = form.over(children(3, &polls, move |_| door.clone().wait()), 3);
        for _ in 0..10 {
            assert!(begin(&mut whole).await.is_pending());
            yield_now().await;
        }
        assert_eq!(polls.get(), 3);
        gate.open();
        drop(whole.await);
        assert_eq!(polls.get(), 6);
    });
}

/// Breaks if each refill walks over all children, or wakes the caller more than once.
#[test]
fn under_a_limit_polls_stay_linear() {
    for_forms(Form::is_limited, async |form| {
        for n in [10, 30, 200, 10_000] {
            let (n, polls, caller) = (number(form, n), Count::default(), Count::default());
            let whole = form.over(children(n, &polls, |_| yield_now()), 4);
            drop(counted(caller.clone(), whole).await);
            assert_eq!(polls.get(), 2 * n);
            assert!(caller.get() <= n + 2, "{} polls of the caller for {n} children", caller.get());
        }
    });
}

/// Breaks if one that is ready at once is polled again.
#[test]
fn a_gather_of_a_hundred_thousand_that_are_ready_polls_each_once() {
    run(async || {
        let before = shirr::metrics().polls;
        let sum: u64 = gather((0..100_000).map(ready)).await.into_iter().sum();
        assert_eq!(sum, 4_999_950_000);
        assert_eq!(shirr::metrics().polls - before, 100_001);
    });
}
