//! `interval`: ticks at once and then every period, and what it does about missed ones.

use crate::common::{begin, panic_text, paused};
use shirr::metrics;
use shirr::time::{Interval, MissedTickBehavior, advance, interval, interval_at, now, sleep, timeout};
use std::future::poll_fn;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);

/// Awaits `n` ticks, and says when each came and for when it was due, in ms from `start`.
async fn ticks(every: &mut Interval, start: Instant, n: usize) -> Vec<(u128, u128)> {
    let mut seen = Vec::new();
    for _ in 0..n {
        let due = every.tick().await;
        seen.push(((now() - start).as_millis(), (due - start).as_millis()));
    }
    seen
}

#[test]
fn it_ticks_at_once_and_then_every_period_and_says_for_when_each_was_due() {
    paused(async || {
        let start = now();
        let mut every = interval(10 * MS);
        assert_eq!(every.period(), 10 * MS);
        assert_eq!(ticks(&mut every, start, 4).await, [(0, 0), (10, 10), (20, 20), (30, 30)]);
    });
}

#[test]
fn the_first_tick_of_interval_at_is_at_its_start_or_at_once_if_that_has_passed() {
    paused(async || {
        let start = now();
        let mut later = interval_at(start + 7 * MS, 10 * MS);
        assert_eq!(ticks(&mut later, start, 2).await, [(7, 7), (17, 17)]);
        let mut passed = interval_at(start + 14 * MS, 10 * MS);
        assert_eq!(ticks(&mut passed, start, 2).await, [(17, 14), (24, 24)]);
    });
}

#[test]
fn the_period_counts_from_tick_to_tick_and_not_from_the_end_of_the_work() {
    paused(async || {
        let (start, mut every) = (now(), interval(10 * MS));
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.extend(ticks(&mut every, start, 1).await);
            sleep(6 * MS).await; // the work
        }
        assert_eq!(seen, [(0, 0), (10, 10), (20, 20), (30, 30)]);
    });
}

/// A tick at 0, then one that is awaited at 25, and four more.
async fn missed(behavior: MissedTickBehavior) -> Vec<(u128, u128)> {
    let (start, mut every) = (now(), interval(10 * MS));
    every.set_missed_tick_behavior(behavior);
    assert_eq!(every.missed_tick_behavior(), behavior);
    let mut seen = ticks(&mut every, start, 1).await;
    sleep(25 * MS).await;
    seen.extend(ticks(&mut every, start, 5).await);
    seen
}

#[test]
fn missed_ticks_come_in_a_burst_or_with_a_delay_or_are_skipped() {
    paused(async || {
        assert_eq!(interval(MS).missed_tick_behavior(), MissedTickBehavior::Burst);
        let burst = missed(MissedTickBehavior::Burst).await;
        assert_eq!(burst, [(0, 0), (25, 10), (25, 20), (30, 30), (40, 40), (50, 50)]);
        let delay = missed(MissedTickBehavior::Delay).await;
        assert_eq!(delay, [(0, 0), (25, 10), (35, 35), (45, 45), (55, 55), (65, 65)]);
        let skip = missed(MissedTickBehavior::Skip).await;
        assert_eq!(skip, [(0, 0), (25, 10), (30, 30), (40, 40), (50, 50), (60, 60)]);
    });
}

#[test]
fn a_tick_up_to_five_milliseconds_late_is_no_missed_one() {
    paused(async || {
        for behavior in [MissedTickBehavior::Delay, MissedTickBehavior::Skip] {
            let (start, mut every) = (now(), interval(2 * MS));
            every.set_missed_tick_behavior(behavior);
            every.tick().await;
            sleep(7 * MS).await;
            // Late by five, and made up for.
            assert_eq!(ticks(&mut every, start, 2).await, [(7, 2), (7, 4)]);
        }
    });
}

#[test]
fn many_missed_ticks_are_skipped_in_one_step_to_the_next_multiple() {
    paused(async || {
        let (start, mut every) = (now(), interval(7 * MS));
        every.set_missed_tick_behavior(MissedTickBehavior::Skip);
        every.tick().await;
        advance(Duration::from_secs(3600)).await;
        // 3,600,000 is five beyond a multiple of seven.
        let expected = [(3_600_000, 7), (3_600_002, 3_600_002), (3_600_009, 3_600_009)];
        assert_eq!(ticks(&mut every, start, 3).await, expected);
    });
}

#[test]
fn reset_counts_the_period_from_then() {
    paused(async || {
        let (start, mut every) = (now(), interval(10 * MS));
        every.tick().await;
        sleep(4 * MS).await;
        every.reset();
        assert_eq!(ticks(&mut every, start, 2).await, [(14, 14), (24, 24)]);
        // Also while a tick is awaited: the timer that is pending moves.
        assert!(begin(&mut Box::pin(every.tick())).await.is_pending());
        sleep(9 * MS).await;
        every.reset();
        assert_eq!(ticks(&mut every, start, 1).await, [(43, 43)]);
    });
}

/// Breaks if one of them counts the period from the tick before it, or the old deadline stays.
#[test]
fn reset_to_a_moment_has_the_next_tick_then_and_the_others_count_from_it() {
    paused(async || {
        let (start, mut every) = (now(), interval(10 * MS));
        every.tick().await;
        every.reset_at(start + 3 * MS);
        assert_eq!(ticks(&mut every, start, 2).await, [(3, 3), (13, 13)]);
        every.reset_after(25 * MS);
        assert_eq!(ticks(&mut every, start, 2).await, [(38, 38), (48, 48)]);
        sleep(MS).await;
        every.reset_immediately();
        assert_eq!(ticks(&mut every, start, 2).await, [(49, 49), (59, 59)]);
        every.reset_at(start + 50 * MS); // has passed
        assert_eq!(ticks(&mut every, start, 2).await, [(59, 50), (60, 60)]);
    });
}

/// Breaks if `poll_tick` takes a tick that is not due, or leaves no waker.
#[test]
fn a_polled_tick_wakes_the_task_when_it_is_due() {
    paused(async || {
        let (start, mut every, mut polls) = (now(), interval_at(now() + 10 * MS, 10 * MS), 0);
        let due = poll_fn(|cx| {
            polls += 1;
            every.poll_tick(cx)
        });
        assert_eq!((due.await, now(), polls), (start + 10 * MS, start + 10 * MS, 2));
    });
}

#[test]
fn a_tick_given_up_is_still_to_come() {
    paused(async || {
        let (start, mut every) = (now(), interval(10 * MS));
        every.tick().await;
        assert!(timeout(4 * MS, every.tick()).await.is_err());
        assert!(timeout(4 * MS, every.tick()).await.is_err());
        assert_eq!(ticks(&mut every, start, 2).await, [(10, 10), (20, 20)]);
    });
}

#[test]
fn it_has_one_timer_while_a_tick_is_awaited_and_takes_it_along_when_dropped() {
    paused(async || {
        let mut every = interval(10 * MS);
        every.tick().await;
        assert_eq!(metrics().timers, 0);
        for _ in 0..3 {
            assert!(begin(&mut Box::pin(every.tick())).await.is_pending());
            assert_eq!(metrics().timers, 1);
        }
        drop(every);
        assert_eq!(metrics().timers, 0);
    });
}

#[test]
fn a_period_of_zero_is_refused_and_one_for_ever_ticks_once() {
    let text = panic_text(|| interval(Duration::ZERO));
    assert!(text.contains("period above zero"), "{text}");
    assert!(panic_text(|| interval_at(Instant::now(), Duration::ZERO)).contains("period above zero"));
    paused(async || {
        for behavior in [MissedTickBehavior::Burst, MissedTickBehavior::Delay, MissedTickBehavior::Skip] {
            let start = now();
            let mut every = interval_at(start - 9 * MS, Duration::MAX);
            every.set_missed_tick_behavior(behavior);
            every.tick().await;
            let year = Duration::from_secs(365 * 24 * 3600);
            assert!(timeout(year, every.tick()).await.is_err());
        }
    });
}

#[test]
fn on_the_real_clock_no_tick_is_early() {
    crate::common::run(async || {
        let (start, mut every) = (Instant::now(), interval(2 * MS));
        for n in 0..5 {
            assert!(every.tick().await >= start + n * 2 * MS);
            assert!(start.elapsed() >= n * 2 * MS);
        }
    });
}
