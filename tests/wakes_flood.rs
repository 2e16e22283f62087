//! Floods from other threads: one task's wakes that were not received yet are one message, and what
//! one event poll receives is bounded.

mod heap;
mod support;

use shirr::net::TcpListener;
use shirr::{Runtime, metrics, spawn};
use std::future::pending;
use std::sync::{Arc, Barrier};
use std::task::Waker;
use std::thread;
use support::{Probe, event_poll, own_waker, run, run_alone};

/// As `src/wake/inbox.rs` has it.
const RECEIVED_AT_ONCE: u64 = 1024;

/// Breaks if a message that is there already is pushed again.
#[test]
fn wakes_of_one_task_by_four_threads_are_one_message_until_the_loop_hears_it() {
    run_alone("wakes_of_one_task_by_four_threads_are_one_message_until_the_loop_hears_it", || async {
        let before = metrics();
        for rounds in 1..4 {
            wake_from_threads(&own_waker().await, 4, 10_000);
            event_poll().await;
            assert_eq!(metrics().wakes_remote - before.wakes_remote, rounds);
        }
    });
}

/// Has `threads` threads wake the task `times` times each, while the loop does not poll for events.
fn wake_from_threads(waker: &Waker, threads: usize, times: usize) {
    let start = Arc::new(Barrier::new(threads));
    let flood = |waker: Waker, start: Arc<Barrier>| {
        thread::spawn(move || {
            start.wait();
            (0..times).for_each(|_| waker.wake_by_ref());
        })
    };
    let all: Vec<_> = (0..threads).map(|_| flood(waker.clone(), Arc::clone(&start))).collect();
    all.into_iter().for_each(|thread| thread.join().unwrap());
}

/// Breaks if wakes, or aborts, are queued one by one.
#[test]
fn a_flood_of_wakes_and_aborts_of_one_task_takes_no_memory() {
    run(|| async {
        let (waker, task) = (own_waker().await, spawn(pending::<()>()));
        let abort = task.abort_handle();
        let grown = thread::spawn(move || {
            waker.wake_by_ref();
            abort.abort();
            let before = heap::reset();
            for _ in 0..10_000 {
                waker.wake_by_ref();
                abort.abort();
            }
            heap::counts().peak - before.live
        });
        assert_eq!(grown.join().unwrap(), 0);
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// Breaks if messages are kept until the last socket of the runtime goes.
#[test]
fn wakes_for_a_runtime_that_is_gone_are_not_kept() {
    let runtime = Runtime::new().unwrap();
    let (waker, _socket) =
        runtime.block_on(async { (own_waker().await, TcpListener::bind("127.0.0.1:0").await.unwrap()) });
    drop(runtime);
    let before = heap::counts().calls;
    waker.wake();
    assert_eq!(heap::counts().calls, before);
}

/// Breaks if an event poll receives all that is there.
#[test]
fn one_event_poll_receives_1024_messages_and_the_next_ones_the_others() {
    run_alone("one_event_poll_receives_1024_messages_and_the_next_ones_the_others", || async {
        let probe = Probe::default();
        let tasks: Vec<_> = (0..3 * RECEIVED_AT_ONCE).map(|_| (Probe::default(), probe.clone())).collect();
        let all: Vec<_> = tasks.iter().map(|(own, _)| spawn(own.future())).collect();
        event_poll().await;
        let wakers: Vec<_> = tasks.iter().map(|(own, _)| own.waker()).collect();
        thread::spawn(move || wakers.into_iter().for_each(Waker::wake)).join().unwrap();
        let before = metrics();
        loop {
            shirr::yield_now().await;
            let (event_polls, received) =
                (metrics().event_polls - before.event_polls, metrics().wakes_remote - before.wakes_remote);
            assert!(
                received <= event_polls * RECEIVED_AT_ONCE,
                "{received} received in {event_polls} event polls"
            );
            if received == 3 * RECEIVED_AT_ONCE {
                break;
            }
        }
        all.iter().for_each(|task| task.abort());
    });
}

/// Breaks if a message is forgotten only after it was acted on.
#[test]
fn a_wake_while_an_equal_one_is_acted_on_is_received_too() {
    run(|| async {
        let probe = Probe::default();
        let task = spawn(probe.future());
        event_poll().await;
        for polls in 1..100 {
            assert_eq!(probe.polls(), polls);
            let waker = probe.waker();
            thread::spawn(move || waker.wake()).join().unwrap();
            event_poll().await;
        }
        probe.open();
        task.await.unwrap();
    });
}

/// Breaks if an entering loop receives only as much as an event poll does.
#[test]
fn every_abort_from_before_block_on_comes_before_its_tasks_first_poll() {
    let runtime = Runtime::new().unwrap();
    let tasks: Vec<_> =
        (0..3 * RECEIVED_AT_ONCE).map(|_| runtime.spawn(async { unreachable!("it was aborted") })).collect();
    tasks.iter().for_each(|task| task.abort());
    runtime.block_on(async {
        for task in tasks {
            let ended: Result<(), _> = task.await;
            assert!(ended.unwrap_err().is_cancelled());
        }
    });
}
