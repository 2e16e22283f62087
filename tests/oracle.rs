//! The same scenarios with `asyncio.gather` and with shirr, as logs of events.
//!
//! Where the two are meant to agree, the logs are equal line for line; where shirr differs
//! on purpose, a test states both. The Python side is `oracle/gather.py`. Without a
//! `python3` these tests say that they were skipped, and in CI they fail.

mod common;
#[path = "oracle/logs.rs"]
mod logs;

use common::shuffled::is_shuffled;
use common::{begin, turns};
use logs::{agree, child, differ, list, list_or_error, live, run_on, task, ticks};
use shirr::{as_completed, gather, spawn, try_gather};

#[test]
fn children_start_in_order_and_results_come_in_order() {
    agree("order_of_starts_ends_and_results", async |log| {
        let c = |name, n| child(log.clone(), name, n);
        let results = gather([c("a", 3), c("b", 1), c("c", 2)]).await;
        log.note(format!("the caller has {}", list(results)));
    });
}

#[test]
fn children_take_turns_in_order() {
    agree("turns_are_taken_in_order", async |log| {
        let talks = |name: &'static str| {
            let log = log.clone();
            async move {
                for step in 0..3 {
                    log.note(format!("{name}{step}"));
                    turns(1).await;
                }
            }
        };
        gather(["a", "b", "c"].map(talks)).await;
    });
}

#[test]
fn nothing_gives_an_empty_list() {
    agree("nothing_to_gather", async |log| {
        let results = gather([(); 0].map(|()| child(log.clone(), "none", 1))).await;
        log.note(format!("the caller has {}", list(results)));
    });
}

#[test]
fn the_first_error_in_time_is_the_callers_at_its_time() {
    agree("the_first_error_in_time", async |log| {
        let c = |name, n, fails| live(log.clone(), name, n, fails);
        let children = [c("a", 9, false), c("b", 2, true), c("c", 1, true)];
        let result = run_on(children).await;
        log.note(format!("the caller has {}", list_or_error(result)));
        ticks(10).await;
    });
}

#[test]
fn of_two_errors_at_once_the_first_argument_has_it() {
    if is_shuffled("order of wakes") {
        return;
    }
    agree("a_tie_of_two_errors", async |log| {
        let c = |name, n, fails| live(log.clone(), name, n, fails);
        let children = [c("a", 3, false), c("b", 1, true), c("c", 1, true)];
        let result = run_on(children).await;
        log.note(format!("the caller has {}", list_or_error(result)));
        ticks(4).await;
    });
}

#[test]
fn over_handles_the_siblings_of_an_error_run_on_as_in_python() {
    agree("siblings_of_an_error_run_on", async |log| {
        let c = |name, n, fails| live(log.clone(), name, n, fails);
        let children = [c("a", 2, false), c("b", 1, true), c("c", 3, false)];
        let result = run_on(children).await;
        log.note(format!("the caller has {}", list_or_error(result)));
        log.note("the caller goes on");
        ticks(5).await;
    });
}

#[test]
fn results_and_errors_settle_in_their_places() {
    agree("settled_places", async |log| {
        let c = |name, n, fails| live(log.clone(), name, n, fails);
        let children = [c("a", 2, false), c("b", 1, true), c("c", 3, false), c("d", 4, true)];
        let results = gather(children).settled().await.into_iter().map(Result::unwrap);
        log.note(format!("the caller has {}", list(results)));
    });
}

#[test]
fn a_cancelled_task_settles_as_cancelled_and_harms_no_other() {
    agree("a_settled_task_that_is_cancelled", async |log| {
        let tasks = ["a", "b", "c"].map(|name| spawn(child(log.clone(), name, 3)));
        let key = tasks[1].abort_handle();
        let waits = spawn(gather(tasks).settled());
        ticks(1).await;
        log.note("b is to be cancelled");
        key.abort();
        let results = waits.await.unwrap().into_iter().map(|result| {
            result.unwrap().unwrap_or_else(|error| {
                assert!(error.is_cancelled());
                Err("cancelled".to_owned())
            })
        });
        log.note(format!("the caller has {}", list(results)));
    });
}

#[test]
fn a_cancelled_task_is_an_error_of_that_child_alone() {
    agree("a_cancelled_task_is_an_error_of_that_child", async |log| {
        let tasks = ["a", "b", "c"].map(|name| spawn(child(log.clone(), name, 3)));
        let (key, log_of_caller) = (tasks[1].abort_handle(), log.clone());
        let waits = spawn(async move {
            assert!(try_gather(tasks).await.unwrap_err().is_cancelled());
            log_of_caller.note("the caller has cancelled");
            ticks(1).await;
            log_of_caller.note("the caller was not cancelled");
        });
        ticks(1).await;
        key.abort();
        waits.await.unwrap();
        ticks(4).await;
    });
}

#[test]
fn gathers_nest_and_keep_their_shape() {
    agree("nested_lists", async |log| {
        let inner = [child(log.clone(), "a", 2), child(log.clone(), "b", 1)];
        let none = gather([(); 0].map(|()| child(log.clone(), "none", 1)));
        let (first, second, third) = gather!(gather(inner), child(log.clone(), "c", 3), none).await;
        let results = [Ok(list(first)), second, Ok(list(third))];
        log.note(format!("the caller has {}", list(results)));
    });
}

#[test]
fn an_error_climbs_out_of_a_nested_gather() {
    agree("an_error_of_a_nested_gather", async |log| {
        let inner = [live(log.clone(), "a", 1, true), live(log.clone(), "b", 4, false)];
        let outer = try_gather!(task(child(log.clone(), "c", 2)), run_on(inner)).await;
        log.note(format!("the caller has {}", outer.unwrap_err()));
        ticks(6).await;
    });
}

#[test]
fn cancelling_the_caller_cancels_every_child_that_has_not_ended() {
    agree("a_cancelled_caller_cancels_all", async |log| {
        let c = |name, n| child(log.clone(), name, n);
        let waits = spawn(gather([c("a", 9), c("b", 1), c("c", 9)]));
        ticks(2).await;
        log.note("the caller is to be cancelled");
        waits.abort();
        assert!(waits.await.unwrap_err().is_cancelled());
        log.note("the caller is cancelled");
        ticks(10).await;
    });
}

#[test]
fn children_that_had_not_started_never_run() {
    agree("children_that_never_started_never_run", async |log| {
        let gathered = spawn(gather([child(log.clone(), "a", 1), child(log.clone(), "b", 1)]));
        gathered.abort();
        assert!(gathered.await.unwrap_err().is_cancelled());
        log.note("the caller is cancelled");
        ticks(3).await;
    });
}

#[test]
fn results_come_one_by_one_as_they_are_ready() {
    agree("results_as_they_come", async |log| {
        let c = |name, n| child(log.clone(), name, n);
        let mut source = as_completed([c("a", 3), c("b", 1), c("c", 2)]);
        while let Some((_, result)) = source.next().await {
            log.note(format!("the caller has {}", result.unwrap()));
        }
    });
}

#[test]
fn after_an_error_pythons_siblings_run_on_and_shirrs_are_gone_before_the_caller_has_it() {
    let python = ["a starts", "b starts", "b fails", "the caller has error b", "a ends"];
    let shirr = ["a starts", "b starts", "b fails", "a is cancelled", "the caller has error b"];
    differ("after_an_error", &python, &shirr, async |log| {
        let result = try_gather!(child(log.clone(), "a", 3), live(log.clone(), "b", 1, true)).await;
        log.note(format!("the caller has {}", result.unwrap_err()));
        ticks(4).await;
    });
}

#[test]
fn pythons_children_outlive_the_call_that_cancels_them_and_shirrs_do_not() {
    let begin_both = ["a starts", "b starts", "to be cancelled"];
    let python = [&begin_both[..], &["the call has returned", "a is cancelled", "b is cancelled"]].concat();
    let shirr = [&begin_both[..], &["a is cancelled", "b is cancelled", "the call has returned"]].concat();
    differ("cancel_then_go_on", &python, &shirr, async |log| {
        let mut gathered = gather([child(log.clone(), "a", 9), child(log.clone(), "b", 9)]);
        assert!(begin(&mut gathered).await.is_pending());
        ticks(1).await;
        log.note("to be cancelled");
        drop(gathered);
        log.note("the call has returned");
        ticks(1).await;
    });
}

#[test]
fn pythons_children_start_without_being_awaited_and_shirrs_do_not() {
    let python = ["a starts", "a ends", "awaited now", "the caller has [A]"];
    let shirr = ["awaited now", "a starts", "a ends", "the caller has [A]"];
    differ("gathered_and_not_awaited", &python, &shirr, async |log| {
        let gathered = gather([child(log.clone(), "a", 1)]);
        ticks(2).await;
        log.note("awaited now");
        log.note(format!("the caller has {}", list(gathered.await)));
    });
}

#[test]
fn a_gather_that_is_forgotten_runs_on_in_python_and_is_cancelled_in_shirr() {
    let python = ["a starts", "b starts", "to be forgotten", "forgotten", "a ends", "b ends"];
    let shirr = ["a starts", "b starts", "to be forgotten", "a is cancelled", "b is cancelled", "forgotten"];
    differ("gathered_and_forgotten", &python, &shirr, async |log| {
        let mut gathered = gather([child(log.clone(), "a", 2), child(log.clone(), "b", 2)]);
        assert!(begin(&mut gathered).await.is_pending());
        ticks(1).await;
        log.note("to be forgotten");
        drop(gathered);
        log.note("forgotten");
        ticks(3).await;
    });
}
