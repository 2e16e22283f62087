//! What the invariants promise is what the events of many kinds of programs show: gathers,
//! tasks and timers. `invariants_outside.rs` has sockets, threads and runtimes.

use crate::common::recorded::{
    MS, Recording, delay, fails, panics, paused, plain, recorded, recording_runtime,
};
use crate::common::{Drops, begin, ends, turns, waiting};
use shirr::time::{Interval, interval, now, sleep, timeout};
use shirr::trace::{Actor, What};
use shirr::{AbortHandle, as_completed, gather, spawn, try_gather, unblock, yield_now};
use std::cell::Cell;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

#[test]
fn children_that_sleep_are_gathered() {
    let seen = recorded(plain(), || gather([3, 1, 2].map(delay)));
    assert_eq!(seen.count(|what| matches!(what, What::ChildEnded { .. })), 3);
    assert!(seen.has(|what| matches!(what, What::GatherDone { .. })));
    assert!(seen.woken_by(|by| matches!(by, Actor::Timer(_))));
    // It has slept until a deadline, or without an end, until an alarm.
    assert!(seen.has(|what| matches!(what, What::Asking { at_most } if *at_most != Some(Duration::ZERO))));
}

#[test]
fn an_error_cancels_the_siblings() {
    let seen = recorded(paused(), || async {
        let child = |ms| async move { if ms == 2 { fails(ms).await } else { Ok(delay(ms).await) } };
        assert!(try_gather([3, 2, 1, 4].map(child)).await.is_err());
        delay(9).await;
    });
    assert_eq!(seen.count(|what| matches!(what, What::ChildCancelled { .. })), 2);
    assert_eq!(seen.count(|what| matches!(what, What::ChildEnded { stops: true, .. })), 1);
    assert!(seen.has(|what| matches!(what, What::GatherDropped { .. })));
}

#[test]
fn results_and_panics_settle_in_their_places_and_time_cuts_them_short() {
    let seen = recorded(paused(), || async {
        let child = |ms| async move { if ms == 2 { panics(ms).await } else { delay(ms).await } };
        let all = gather([3, 2, 1].map(child)).settled().await;
        assert!(all[1].as_ref().is_err_and(|error| error.is_panic()));
        let some = gather([9, 2, 1].map(child)).settled().within(5 * MS).await;
        assert!(some[0].as_ref().is_err_and(|error| error.is_cancelled()));
        let few = gather([9, 1, 9, 9].map(child)).settled().limit(2).within(5 * MS).await;
        assert_eq!(few.len(), 3);
    });
    assert_eq!(seen.count(|what| matches!(what, What::Panicked)), 2);
    assert_eq!(seen.count(|what| matches!(what, What::ChildCancelled { .. })), 3);
}

#[test]
fn a_panic_of_a_child_passes_through_the_gather_and_of_the_root_through_block_on() {
    ends(|| {
        let (recorder, runtime) = recording_runtime(paused());
        let through = || runtime.block_on(gather([panics(2), panics(1)]));
        assert!(catch_unwind(AssertUnwindSafe(through)).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| runtime.block_on(panics(0)))).is_err());
        runtime.block_on(async { assert!(spawn(panics(1)).await.unwrap_err().is_panic()) });
        drop(runtime);
        let seen = Recording::of(&recorder, paused());
        let [began, ended] = [
            seen.count(|what| matches!(what, What::Polling { .. })),
            seen.count(|what| matches!(what, What::Polled { .. })),
        ];
        assert_eq!(began, ended + 2);
    });
}

#[test]
fn a_limit_starts_children_in_places_of_others() {
    let seen = recorded(paused(), || async {
        let all = gather((0..20).map(|i| delay(i % 3))).limit(4).await;
        assert_eq!(all.len(), 20);
        let mut completed = as_completed([3, 1, 2].map(delay));
        while completed.next().await.is_some() {}
        let mut few = as_completed((0..9).map(delay)).limit(2);
        assert!(few.next().await.is_some());
    });
    let started = seen.count(|what| matches!(what, What::Starting { .. }));
    assert_eq!(started, 20 + 3 + 3);
}

#[test]
fn gathers_nest_and_a_dropped_one_takes_all_of_them() {
    let seen = recorded(paused(), || async {
        let inner = |n: u32| gather((0..n).map(delay));
        assert_eq!(gather([3, 0, 2].map(inner)).await.concat(), [0, 1, 2, 0, 1]);
        let mut outer = gather([3, 0, 2].map(inner));
        assert!(begin(&mut outer).await.is_pending());
        turns(2).await;
        drop(outer);
        let (a, b) = shirr::gather!(delay(1), gather([2, 3].map(delay))).await;
        assert_eq!((a, b), (1, vec![2, 3]));
    });
    assert!(seen.count(|what| matches!(what, What::GatherDropped { .. })) >= 3);
}

#[test]
fn tasks_are_aborted_by_others_by_themselves_and_by_threads() {
    let seen = recorded(plain(), || async {
        let drops = Drops::default();
        let tasks: Vec<_> = waiting(8, &drops).into_iter().map(spawn).collect();
        tasks[0].abort();
        tasks[0].abort();
        turns(1).await;
        tasks[1].abort();
        let keys: Vec<_> = tasks[2..].iter().map(|task| task.abort_handle()).collect();
        let thread = thread::spawn(move || keys.into_iter().for_each(|key| key.abort()));
        for task in tasks {
            assert!(task.await.unwrap_err().is_cancelled());
        }
        thread.join().unwrap();
        let key = Rc::new(Cell::new(None::<AbortHandle>));
        let own = Rc::clone(&key);
        let itself = spawn(async move {
            own.take().unwrap().abort();
            pending::<()>().await;
        });
        key.set(Some(itself.abort_handle()));
        assert!(itself.await.unwrap_err().is_cancelled());
    });
    assert!(seen.count(|what| matches!(what, What::Cancelled { .. })) == 9);
    assert!(seen.woken_by(|by| matches!(by, Actor::Thread(_))));
}

#[test]
fn timeouts_and_intervals_leave_no_timer() {
    let seen = recorded(plain(), || async {
        assert!(timeout(MS, pending::<()>()).await.is_err());
        assert!(timeout(60_000 * MS, yield_now()).await.is_ok());
        let mut ticks: Interval = interval(MS);
        for _ in 0..3 {
            ticks.tick().await;
        }
        let mut moved = sleep(60_000 * MS);
        assert!(begin(&mut moved).await.is_pending());
        moved.reset(now() + MS);
        moved.await;
        let mut passed_on = sleep(2 * MS);
        assert!(begin(&mut passed_on).await.is_pending());
        spawn(passed_on).await.unwrap();
    });
    for kind in [
        |what: &What| matches!(what, What::TimerFired { .. }),
        |what: &What| matches!(what, What::TimerRemoved { .. }),
        |what: &What| matches!(what, What::TimerReset { .. }),
        |what: &What| matches!(what, What::TimerTaken { .. }),
    ] {
        assert!(seen.has(kind));
    }
}

#[test]
fn closures_come_back_from_helper_threads() {
    let seen = recorded(plain(), || async {
        let work = |n: u32| async move { unblock(move || n * n).await.unwrap() };
        assert_eq!(gather((0..9).map(work)).await.len(), 9);
        assert!(unblock(|| resume_unwind(Box::new(()))).await.is_err_and(|error| error.is_panic()));
        let slow = || unblock(|| thread::sleep(20 * MS));
        assert!(slow().await.is_ok() && timeout(MS, slow()).await.is_err());
    });
    assert!(seen.has(|what| *what == What::Unblocking) && seen.woken_by(|by| matches!(by, Actor::Thread(_))));
}
