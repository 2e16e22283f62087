//! The feature `precise-timers`: what ends a wait is then a timer of the kernel's.
//!
//! How late a sleep is cannot be promised on a busy machine; `lateness` in benches/versus
//! measures it.
#![cfg(all(feature = "precise-timers", target_os = "linux"))]

mod common;

use common::run;
use shirr::time::{advance, pause, resume, sleep, timeout};
use shirr::{gather, metrics, spawn, unblock};
use std::future::pending;
use std::thread;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn in_real_time_no_precise_sleep_is_early_alone_or_among_others() {
    run(async || {
        let child = |micros: u64| async move {
            let (start, wanted) = (Instant::now(), Duration::from_micros(micros));
            sleep(wanted).await;
            assert!(start.elapsed() >= wanted, "{:?} instead of {wanted:?}", start.elapsed());
        };
        for micros in [0, 1, 10, 100, 999, 1_000, 1_001, 2_500] {
            child(micros).await;
        }
        gather((0..500).map(|i| child(1 + i * 10))).await;
        assert_eq!(metrics().timers, 0);
    });
}

#[test]
fn in_real_time_a_nearer_timer_ends_the_wait_for_a_far_one_and_the_far_one_stays() {
    run(async || {
        let far = spawn(sleep(HOUR));
        unblock(|| thread::sleep(2 * MS)).await.unwrap(); // the loop waits with the far one's alarm set
        for _ in 0..5 {
            sleep(MS).await;
        }
        assert_eq!(metrics().timers, 1);
        far.abort();
        assert!(far.await.unwrap_err().is_cancelled());
        assert_eq!(metrics().timers, 0);
    });
}

#[test]
fn in_real_time_timers_that_were_dropped_leave_an_alarm_that_delays_no_task() {
    run(async || {
        for _ in 0..5 {
            assert!(timeout(MS, async { sleep(HOUR).await }).await.is_err());
            // Its alarm, nearer than the next sleep's, is set already or rings in vain.
            let mut dropped = Box::pin(timeout(MS, pending::<()>()));
            assert!(common::begin(&mut dropped).await.is_pending());
            drop(dropped);
            sleep(2 * MS).await;
        }
        assert_eq!(metrics().timers, 0);
    });
}

#[test]
fn in_real_time_the_alarm_follows_a_clock_that_was_held() {
    run(async || {
        let far = spawn(sleep(HOUR));
        unblock(|| thread::sleep(2 * MS)).await.unwrap(); // its alarm is an hour away
        pause();
        advance(HOUR - 4 * MS).await;
        resume();
        far.await.unwrap();

        let near = spawn(sleep(4 * MS));
        unblock(|| ()).await.unwrap(); // its alarm is set
        pause();
        thread::sleep(8 * MS); // and rings, but by this clock it is not time
        resume();
        near.await.unwrap();
    });
}
