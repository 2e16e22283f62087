//! A deadline that has passed is over at the first poll, with other timers or without, and on
//! a paused clock, too; a `sleep` gives way once at least.

use crate::common::{Count, counted, ends, poll_once};
use shirr::Runtime;
use shirr::time::{Interval, advance, interval, interval_at, now, sleep, sleep_until, timeout, timeout_at};
use shirr::{metrics, spawn, yield_now};
use std::future::{Future, pending};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

/// Runs `body` with a moment that has passed: on the system's clock and on a paused one,
/// alone and with an unrelated timer pending.
fn each_way<F: Future<Output = ()>>(body: impl Fn(Instant) -> F + Clone + Send + 'static) {
    for (paused, other) in [(false, false), (false, true), (true, false), (true, true)] {
        let body = body.clone();
        let builder = if paused { Runtime::builder().paused() } else { Runtime::builder() };
        ends(move || {
            builder.build().unwrap().block_on(async {
                let unrelated = other.then(|| spawn(sleep(HOUR)));
                let past = now();
                yield_now().await;
                match paused {
                    true => advance(10 * MS).await,
                    false => std::thread::sleep(10 * MS), // the loop does not poll for events meanwhile
                }
                body(past).await;
                unrelated.into_iter().for_each(|task| task.abort());
            });
        });
    }
}

fn tick(interval: &mut Interval) -> Poll<Instant> {
    pin!(interval.tick()).poll(&mut Context::from_waker(Waker::noop()))
}

/// Breaks if the first poll goes by what the loop last read.
#[test]
fn a_sleep_until_a_moment_that_has_passed_is_over_at_its_first_poll() {
    each_way(async |past| {
        assert!(poll_once(&mut sleep_until(past)).is_ready());
        assert!(poll_once(&mut sleep_until(past + 10 * MS)).is_ready(), "that is now, or was");
        assert!(poll_once(&mut sleep_until(past + HOUR)).is_pending());
    });
}

/// Breaks if the limit goes by what the loop last read.
#[test]
fn a_timeout_at_a_moment_that_has_passed_waits_for_nothing() {
    each_way(async |past| {
        assert!(timeout_at(past, yield_now()).await.is_err());
        assert_eq!(timeout_at(past, async { 1 }).await, Ok(1));
        assert!(poll_once(&mut Box::pin(timeout_at(past, pending::<()>()))).is_ready());
        assert!(poll_once(&mut Box::pin(timeout(Duration::ZERO, pending::<()>()))).is_ready());
        assert!(poll_once(&mut Box::pin(timeout(HOUR, pending::<()>()))).is_pending());
    });
}

/// Breaks if the first tick, or one that is overdue, waits for an event poll.
#[test]
fn a_tick_that_is_due_comes_at_the_first_poll() {
    each_way(async |past| {
        assert!(tick(&mut interval(HOUR)).is_ready());
        let mut ticks = interval_at(past, 2 * MS);
        for n in 0..=5 {
            assert_eq!(tick(&mut ticks), Poll::Ready(past + n * 2 * MS));
        }
        let mut later = interval_at(past + HOUR, MS);
        assert!(tick(&mut later).is_pending());
    });
}

/// Breaks if a sleep that has no timer goes by what the loop last read, or if one that has a
/// timer is not told by it.
#[test]
fn a_sleep_that_is_reset_to_a_moment_that_has_passed_is_over_at_once_or_by_its_timer() {
    each_way(async |past| {
        let mut fresh = sleep(HOUR);
        fresh.reset(past);
        assert!(poll_once(&mut fresh).is_ready());
        let mut waiting = sleep(HOUR);
        assert!(poll_once(&mut waiting).is_pending());
        waiting.reset(past);
        let polls = Count::default();
        counted(polls.clone(), waiting).await;
        assert!(polls.get() <= 2);
    });
}

/// Breaks if a sleep of zero asks the clock first.
#[test]
fn a_sleep_gives_way_once_even_of_zero() {
    each_way(async |_| {
        for duration in [Duration::ZERO, Duration::from_nanos(1)] {
            let polls = Count::default();
            counted(polls.clone(), sleep(duration)).await;
            assert!(polls.get() >= 2);
        }
        let polls = Count::default();
        counted(polls.clone(), sleep(Duration::ZERO)).await;
        assert_eq!(polls.get(), 2);
    });
}

/// Breaks if one whose deadline is the moment that the loop last read keeps its timer until that has
/// fired, too.
#[test]
fn a_sleep_that_is_over_before_its_timer_has_fired_leaves_none() {
    let runtime = Runtime::builder().paused().build().unwrap();
    runtime.block_on(async {
        let mut nap = sleep(Duration::ZERO);
        assert!(poll_once(&mut nap).is_pending() && poll_once(&mut nap).is_ready());
        assert_eq!(metrics().timers, 0);
    });
}

/// Breaks if an ended sleep, asked again, waits.
#[test]
fn a_sleep_that_is_over_stays_so() {
    each_way(async |_| {
        let mut nap = sleep(MS);
        (&mut nap).await;
        assert!(poll_once(&mut nap).is_ready());
    });
}
