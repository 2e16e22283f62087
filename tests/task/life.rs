//! A task's life as an ordered trace: from its spawn over its turns in the queue to the drop
//! of its future, the wake of its handle and the drop of its output.

use crate::common::shuffled::is_shuffled;
use crate::support::hooked::Hooks;
use crate::support::{Drops, Log, Probe, assert_nothing_left, in_time, on_drop, poll_once, poll_with, run};
use shirr::{Runtime, gather, metrics, spawn, yield_now};
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

/// Adds `name` and a number to the log, `turns` times, one a turn.
async fn take_turns(log: Log, name: &'static str, turns: usize) {
    for turn in 1..=turns {
        log.add(format!("{name}{turn}"));
        yield_now().await;
    }
}

/// Adds `name` at its only turn.
async fn one_turn(log: Log, name: &'static str) {
    log.add(name);
}

#[test]
fn tasks_begin_in_the_order_of_their_spawns_once_the_caller_yields() {
    run(|| async {
        let log = Log::default();
        for name in ["a", "b", "c"] {
            drop(spawn(one_turn(log.clone(), name)));
        }
        log.add("spawned");
        yield_now().await;
        assert_eq!(log.take(), ["spawned", "a", "b", "c"]);
    });
}

#[test]
fn tasks_that_yield_take_turns() {
    run(|| async {
        let log = Log::default();
        let tasks = ["a", "b", "c"].map(|name| spawn(take_turns(log.clone(), name, 3)));
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(log.take(), ["a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"]);
    });
}

#[test]
fn the_root_takes_turns_with_its_tasks() {
    run(|| async {
        let log = Log::default();
        let a = spawn(take_turns(log.clone(), "a", 2));
        take_turns(log.clone(), "root", 2).await;
        let b = spawn(take_turns(log.clone(), "b", 1));
        take_turns(log.clone(), "root again", 1).await;
        assert_eq!(log.take(), ["root1", "a1", "root2", "a2", "root again1", "b1"]);
        a.await.unwrap();
        b.await.unwrap();
    });
}

#[test]
fn the_root_waits_its_turn_when_it_is_woken() {
    if is_shuffled("order of wakes") {
        return;
    }
    run(|| async {
        let log = Log::default();
        let first = spawn(one_turn(log.clone(), "first"));
        let second = spawn(one_turn(log.clone(), "second"));
        first.await.unwrap();
        log.add("root");
        second.await.unwrap();
        assert_eq!(log.take(), ["first", "second", "root"]);
    });
}

#[test]
fn a_task_spawned_by_a_task_begins_after_those_that_are_queued() {
    run(|| async {
        let log = Log::default();
        let inner = log.clone();
        let a = spawn(async move {
            inner.add("a");
            drop(spawn(one_turn(inner.clone(), "a's child")));
        });
        let b = spawn(one_turn(log.clone(), "b"));
        a.await.unwrap();
        b.await.unwrap();
        yield_now().await;
        assert_eq!(log.take(), ["a", "b", "a's child"]);
    });
}

#[test]
fn tasks_run_in_the_order_of_their_wakes() {
    if is_shuffled("order of wakes") {
        return;
    }
    run(|| async {
        let log = Log::default();
        let probes = [Probe::default(), Probe::default(), Probe::default()];
        for (probe, name) in probes.iter().zip(["a", "b", "c"]) {
            let (opened, log) = (probe.future(), log.clone());
            drop(spawn(async move {
                opened.await;
                log.add(name);
            }));
        }
        yield_now().await;
        for i in [2, 0, 1] {
            probes[i].open();
        }
        yield_now().await;
        assert_eq!(log.take(), ["c", "a", "b"]);
    });
}

#[test]
fn a_task_is_polled_only_when_it_was_woken() {
    run(|| async {
        let probes: Vec<_> = (0..100).map(|_| Probe::default()).collect();
        let tasks: Vec<_> = probes.iter().map(|probe| spawn(probe.future())).collect();
        yield_now().await;
        let before = metrics().polls;
        probes[42].wake();
        yield_now().await;
        yield_now().await;
        assert_eq!(metrics().polls - before, 3, "one for the task, and two for the root");
        assert_eq!(probes[42].polls(), 2);
        assert_eq!(probes.iter().map(Probe::polls).sum::<usize>(), 101);
        probes.iter().for_each(Probe::open);
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn the_future_is_dropped_before_its_handle_is_woken_and_its_output_after() {
    run(|| async {
        let log = Log::default();
        let (hooks, waker) = Hooks::new().waker();
        let (seen, told) = (Arc::clone(&hooks), log.clone());
        let held = on_drop(move || told.add(format!("future dropped, {} told", seen.wakes())));
        let (told, mut output) = (log.clone(), Some(log.at_drop("output dropped")));
        let mut task = spawn(poll_fn(move |_| {
            let _held = &held; // dropped with the closure, which is the future
            told.add("ended");
            Poll::Ready(output.take())
        }));
        assert!(poll_with(&mut task, &waker).is_pending());
        yield_now().await;
        log.add(format!("{} told", hooks.wakes()));
        drop(task.await.unwrap());
        assert_eq!(log.take(), ["ended", "future dropped, 0 told", "1 told", "output dropped"]);
    });
}

#[test]
fn an_unwanted_output_is_dropped_when_its_task_ends() {
    run(|| async {
        let log = Log::default();
        let (told, output) = (log.clone(), log.at_drop("output dropped"));
        drop(spawn(async move {
            told.add("ended");
            output
        }));
        drop(spawn(one_turn(log.clone(), "next task")));
        yield_now().await;
        assert_eq!(log.take(), ["ended", "output dropped", "next task"]);
    });
}

#[test]
fn an_output_waits_for_its_handle() {
    run(|| async {
        let drops = Drops::default();
        let output = drops.guard();
        let task = spawn(async move { output });
        yield_now().await;
        assert!(task.is_finished());
        assert_eq!((metrics().tasks, drops.count()), (1, 0));
        drop(task);
        assert_eq!((metrics().tasks, drops.count()), (1, 1));
    });
}

#[test]
fn a_handle_of_an_ended_task_is_ready_at_its_first_poll() {
    run(|| async {
        let mut task = spawn(async { 7 });
        yield_now().await;
        let before = metrics().polls;
        assert!(poll_once(&mut task).is_ready());
        assert_eq!(metrics().polls, before);
    });
}

#[test]
fn an_aborted_task_is_dropped_at_its_turn_and_then_its_handle_is_woken() {
    if is_shuffled("order of wakes") {
        return;
    }
    run(|| async {
        let log = Log::default();
        let (told, held) = (log.clone(), log.at_drop("dropped"));
        let mut sleeper = spawn(async move {
            pending::<()>().await;
            drop(held);
        });
        yield_now().await;
        let (hooks, waker) = Hooks::new().waker();
        assert!(poll_with(&mut sleeper, &waker).is_pending());
        drop(spawn(one_turn(log.clone(), "before")));
        sleeper.abort();
        drop(spawn(one_turn(log.clone(), "after")));
        told.add("aborted");
        assert_eq!(hooks.wakes(), 0);
        yield_now().await;
        assert_eq!(log.take(), ["aborted", "before", "dropped", "after"]);
        assert_eq!(hooks.wakes(), 1);
        assert!(sleeper.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn at_shutdown_futures_are_dropped_in_the_order_of_their_spawns() {
    in_time(|| {
        let (runtime, log) = (Runtime::new().unwrap(), Log::default());
        let mut tasks = Vec::new();
        for name in ["a", "b", "c"] {
            let held = log.at_drop(name);
            tasks.push(runtime.spawn(async move {
                pending::<()>().await;
                drop(held);
            }));
        }
        runtime.block_on(yield_now());
        drop(tasks.remove(1));
        drop(runtime);
        assert_eq!(log.take(), ["a", "b", "c"]);
        assert!(tasks.iter().all(|task| task.is_finished()));
    });
}

#[test]
fn tasks_and_their_wakes_survive_between_two_block_ons() {
    in_time(|| {
        let (runtime, probe) = (Runtime::new().unwrap(), Probe::default());
        let task = runtime.spawn(probe.future());
        runtime.block_on(yield_now());
        assert_eq!(probe.polls(), 1);
        probe.open();
        assert_eq!(probe.polls(), 1, "nothing runs between two block_ons");
        runtime.block_on(task).unwrap();
        assert_eq!(probe.polls(), 2);
        assert_nothing_left(&runtime);
    });
}

#[test]
fn everything_a_task_held_is_free_when_it_has_ended() {
    run(|| async {
        let shared = Rc::new(());
        let clone = Rc::clone(&shared);
        let tasks = (0..10).map(move |_| {
            let clone = Rc::clone(&clone);
            spawn(async move {
                yield_now().await;
                drop(clone);
            })
        });
        for ended in gather(tasks).await {
            ended.unwrap();
        }
        assert_eq!(Rc::strong_count(&shared), 1);
    });
}
