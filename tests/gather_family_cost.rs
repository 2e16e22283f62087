//! What the other forms of gather cost, in polls and wakes, and that it is what the plain
//! one costs.

mod common;
#[path = "common/forms.rs"]
mod forms;

use common::{Count, Gate, counted, run, turns};
use forms::{Child, FORMS, Form};
use shirr::time::sleep;
use shirr::{as_completed, gather, spawn, try_gather, yield_now};
use std::future::{Future, pending};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(600);

type Children = Vec<Child<(), ()>>;

/// Runs `n` children that end one by one, last first, under what `make` makes of them, and
/// returns how often they and the future that awaits them were polled.
fn polls_one_by_one<F>(n: usize, make: impl FnOnce(Children) -> F + Send + 'static) -> (usize, usize)
where
    F: Future<Output: 'static> + 'static,
{
    run(move || async move {
        let gates: Vec<Gate> = (0..n).map(|_| Gate::default()).collect();
        let (children, caller) = (Count::default(), Count::default());
        let child = |gate: &Gate| -> Child<(), ()> {
            let opened = gate.clone().wait();
            Box::pin(counted(children.clone(), async move {
                opened.await;
                Ok(())
            }))
        };
        let all = spawn(counted(caller.clone(), make(gates.iter().map(child).collect())));
        turns(2).await;
        for gate in gates.iter().rev() {
            gate.open();
            turns(1).await;
        }
        drop(all.await.unwrap());
        (children.get(), caller.get())
    })
}

#[test]
fn children_that_end_one_by_one_are_polled_twice_each_and_the_caller_twice_in_every_form() {
    for n in [1, 10, 30, 31, 200] {
        let twice = (2 * n, 2);
        assert_eq!(polls_one_by_one(n, |all| gather(all).settled()), twice);
        assert_eq!(polls_one_by_one(n, |all| gather(all).settled().within(LONG)), twice);
        assert_eq!(polls_one_by_one(n, |all| gather(all).settled().limit(1000)), twice);
        assert_eq!(polls_one_by_one(n, try_gather), twice);
        assert_eq!(polls_one_by_one(n, |all| try_gather(all).limit(1000)), twice);
    }
}

#[test]
fn the_caller_of_as_completed_is_polled_once_more_than_there_are_outputs() {
    for n in [1, 10, 30, 31, 200] {
        let each = polls_one_by_one(n, |all| async move {
            let mut source = as_completed(all);
            while source.next().await.is_some() {}
        });
        assert_eq!(each, (2 * n, n + 1));
    }
}

#[test]
fn under_a_limit_polls_stay_linear_in_every_form() {
    for n in [10, 200, 10_000] {
        run(move || async move {
            let children = Count::default();
            let items = || {
                let children = children.clone();
                (0..n).map(move |_| {
                    counted(children.clone(), async {
                        yield_now().await;
                        Ok::<_, ()>(())
                    })
                })
            };
            let callers: [Count; 3] = Default::default();
            counted(callers[0].clone(), gather(items()).settled().limit(4)).await;
            assert!(counted(callers[1].clone(), try_gather(items()).limit(4)).await.is_ok());
            let mut source = as_completed(items()).limit(4);
            counted(callers[2].clone(), async { while source.next().await.is_some() {} }).await;
            assert_eq!(children.get(), 3 * 2 * n);
            let polls = callers.each_ref().map(Count::get);
            assert!(polls.iter().all(|polls| *polls <= n + 2), "{polls:?} polls for {n} children");
        });
    }
}

#[test]
fn the_loop_makes_no_poll_beside_those_of_the_children_and_the_caller_in_any_form() {
    for form in FORMS {
        run(move || async move {
            let before = shirr::metrics();
            let child = |_| -> Child<(), ()> {
                Box::pin(async {
                    yield_now().await;
                    Ok(())
                })
            };
            form.of([0, 1, 2].map(child)).await;
            let after = shirr::metrics();
            let limited = matches!(form, Form::AsCompletedLimited | Form::AsCompleted);
            let most = if limited { 6 + 3 } else { 6 + 2 };
            assert!(after.polls - before.polls <= most, "{form:?}: {}", after.polls - before.polls);
            assert_eq!(after.wakes_merged + after.wakes_stale, before.wakes_merged + before.wakes_stale);
        });
    }
}

#[test]
fn a_child_that_waits_is_not_polled_for_its_siblings_in_any_form() {
    for form in FORMS {
        run(move || async move {
            let polls = Count::default();
            let waits = || -> Child<(), ()> { Box::pin(counted(polls.clone(), pending())) };
            let busy: Child<(), ()> = Box::pin(async {
                turns(50).await;
                sleep(Duration::ZERO).await;
                Ok(())
            });
            let whole = spawn(form.of([waits(), busy, waits()]));
            turns(60).await;
            assert_eq!((polls.get(), whole.is_finished()), (2, false), "{form:?}");
            whole.abort();
            assert!(whole.await.unwrap_err().is_cancelled());
        });
    }
}
