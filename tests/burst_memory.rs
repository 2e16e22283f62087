//! When a burst is over, what it needed goes back: counted in bytes asked of the allocator.

mod heap;
#[path = "common/shuffled.rs"]
mod shuffled;
mod support;

use shirr::time::sleep;
use shirr::{Runtime, gather, metrics, spawn, yield_now};
use shuffled::is_shuffled;
use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::mem::replace;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;
use support::{in_time, poll_once, run};

/// The spare memory of tasks that have ended, which two megabytes bound, and what stays of
/// each list in any case.
const CONSTANT: isize = (2 << 20) + (1 << 18);

/// Waits until everything that is ready has run, and the loop has slept.
async fn rest() {
    while metrics().ready > 0 {
        yield_now().await;
    }
    sleep(Duration::from_millis(1)).await;
}

/// Breaks if a list by slot keeps its room.
#[test]
fn tasks_that_have_ended_leave_no_more_than_a_constant() {
    if is_shuffled("queue without notes beside it") {
        return;
    }
    run(|| async {
        let before = heap::counts().live;
        for i in 0..200_000 {
            drop(spawn(async move { i }));
        }
        assert!(heap::counts().live - before > 3 * CONSTANT, "the burst is too small to show anything");
        rest().await;
        assert_eq!(metrics().tasks, 1);
        let kept = heap::counts().live - before;
        assert!(kept < CONSTANT, "{kept} bytes");
    });
}

/// Breaks if the room goes back only when nothing lives.
#[test]
fn what_outlives_a_burst_keeps_no_more_than_what_was_made_before_it() {
    if is_shuffled("queue without notes beside it") {
        return;
    }
    run(|| async {
        let before = heap::counts().live;
        let living: Vec<_> = (0..1_000).map(|_| spawn(pending::<()>())).collect();
        for i in 0..200_000 {
            drop(spawn(async move { i }));
        }
        rest().await;
        assert_eq!(metrics().tasks, 1_001);
        let kept = heap::counts().live - before;
        assert!(kept < CONSTANT, "{kept} bytes");
        living.iter().for_each(|task| task.abort());
        // The low slots are used first again, and everything still works.
        let next: Vec<_> = (0..5_000).map(|i| spawn(async move { i })).collect();
        for (i, task) in next.into_iter().enumerate() {
            assert_eq!(task.await.unwrap(), i);
        }
    });
}

/// Breaks if a closed slot's placeholder is taken for a task, or has nothing beside it.
#[test]
fn a_runtime_ends_while_slots_of_a_burst_are_closed() {
    run(|| async {
        let inner = std::thread::spawn(|| {
            let runtime = shirr::Runtime::new().unwrap();
            let last = runtime.block_on(async {
                for _ in 0..10_000 {
                    drop(spawn(yield_now()));
                }
                let last = spawn(pending::<()>()); // the highest slot
                rest().await;
                assert_eq!(metrics().tasks, 2);
                for _ in 0..3_000 {
                    drop(spawn(yield_now())); // more than are left open
                }
                rest().await;
                vec![last]
            });
            drop(runtime);
            assert!(last[0].is_finished());
        });
        inner.join().unwrap();
    });
}

/// Breaks if the list of messages that were not received yet keeps its room.
#[test]
fn messages_that_were_received_leave_no_more_than_a_constant() {
    if is_shuffled("queue without notes beside it") {
        return;
    }
    in_time(|| {
        let runtime = Runtime::new().unwrap();
        let before = heap::counts().live;
        let wakers = Rc::new(RefCell::new(Vec::new()));
        for _ in 0..80_000 {
            let (wakers, mut polled) = (Rc::clone(&wakers), false);
            drop(runtime.spawn(poll_fn(move |cx| {
                if replace(&mut polled, true) {
                    return Poll::Ready(());
                }
                wakers.borrow_mut().push(cx.waker().clone());
                Poll::Pending
            })));
        }
        runtime.block_on(yield_now());
        wakers.take().into_iter().for_each(Waker::wake); // each by a message, as no runtime runs here
        let burst = heap::counts().live - before;
        runtime.block_on(rest());
        runtime.block_on(rest()); // the first one had its slot behind those of the burst
        let kept = heap::counts().live - before;
        assert!(burst > 3 * CONSTANT && kept < CONSTANT, "{burst} bytes, then {kept}");
    });
}

/// Breaks if the timers, or the wheel beside them, keep their room.
#[test]
fn timers_that_are_gone_leave_no_more_than_a_constant() {
    run(|| async {
        let before = heap::counts().live;
        let mut naps: Vec<_> = (0..50_000).map(|_| sleep(Duration::from_secs(3600))).collect();
        for nap in &mut naps {
            assert!(poll_once(nap).is_pending());
        }
        assert_eq!(metrics().timers, 50_000);
        drop(naps);
        let burst = heap::counts().live - before;
        rest().await;
        let kept = heap::counts().live - before;
        assert!(burst > 2_000_000 && kept < 200_000, "{burst} bytes, then {kept}");
    });
}

/// Breaks if a loop that is never at rest keeps the room.
#[test]
fn beside_a_task_that_is_always_ready_the_room_goes_back_too() {
    run(|| async {
        let before = heap::counts().live;
        let mut naps: Vec<_> = (0..50_000).map(|_| sleep(Duration::from_secs(3600))).collect();
        naps.iter_mut().for_each(|nap| assert!(poll_once(nap).is_pending()));
        drop(naps);
        for _ in 0..300_000 {
            yield_now().await; // the loop never sleeps
        }
        let kept = heap::counts().live - before;
        assert!(kept < 200_000, "{kept} bytes");
    });
}

/// Breaks if keys of children that are gone stay in the ready queue until their turn.
#[test]
fn gathers_begun_and_dropped_in_one_poll_leave_no_more_keys_than_a_few_of_them() {
    run(|| async {
        let beside: Vec<_> = (0..100).map(|i| spawn(async move { i })).collect();
        poll_fn(|cx| {
            for _ in 0..10_000 {
                let children = (0..100).map(|_| pending::<()>());
                assert!(pin!(gather(children)).poll(cx).is_pending());
            }
            Poll::Ready(())
        })
        .await;
        assert!(metrics().ready < 1_000, "{:?}", metrics());
        for (i, task) in beside.into_iter().enumerate() {
            assert_eq!(task.await.unwrap(), i);
        }
        yield_now().await;
    });
}
