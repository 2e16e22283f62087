//! `timeout`: gives up in time, drops what it gave up, leaves no timer.

use crate::common::shuffled::is_shuffled;
use crate::common::{Drops, Gate, begin, caught, panic_text, paused, poll_once, run, text_of, turns};
use shirr::spawn;
use shirr::time::{Elapsed, now, sleep, timeout, timeout_at};
use std::cell::Cell;
use std::error::Error;
use std::future::{Future, IntoFuture, pending, poll_fn, ready};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(600);

fn timers() -> usize {
    shirr::metrics().timers
}

#[test]
fn a_future_that_ends_in_time_gives_its_output_and_leaves_no_timer() {
    paused(async || {
        assert_eq!(timeout(LONG, ready(1)).await, Ok(1));
        assert_eq!(timeout(LONG, async { sleep(MS).await }).await, Ok(()));
        assert_eq!(timers(), 0);
    });
}

#[test]
fn a_future_that_is_ready_at_once_costs_no_timer_and_needs_no_runtime() {
    let mut at_once = Box::pin(timeout(LONG, ready(1)));
    assert_eq!(poll_once(&mut at_once), Poll::Ready(Ok(1)));
}

#[test]
fn when_the_time_is_over_it_says_so_and_not_before() {
    paused(async || {
        let start = now();
        assert!(timeout(3 * MS, pending::<()>()).await.is_err());
        assert_eq!((now() - start, timers()), (3 * MS, 0));
    });
}

#[test]
fn it_is_not_early_by_the_real_time() {
    run(async || {
        let start = Instant::now();
        assert!(timeout(3 * MS, pending::<()>()).await.is_err());
        assert!(start.elapsed() >= 3 * MS);
    });
}

#[test]
fn timeout_at_gives_several_steps_one_deadline() {
    paused(async || {
        let (start, deadline) = (now(), now() + 5 * MS);
        assert_eq!(timeout_at(deadline, sleep(2 * MS)).await, Ok(()));
        assert_eq!(timeout_at(deadline, sleep(2 * MS)).await, Ok(()));
        assert!(timeout_at(deadline, sleep(2 * MS)).await.is_err());
        assert_eq!(now() - start, 5 * MS);
        // It has passed: what is ready is taken, and nothing is waited for.
        assert_eq!(timeout_at(start, ready(1)).await, Ok(1));
        assert!(timeout_at(start, pending::<()>()).await.is_err());
        assert_eq!((now() - start, timers()), (5 * MS, 0));
    });
}

/// Becomes a future only when it is asked for one.
struct Question;

impl IntoFuture for Question {
    type Output = u8;
    type IntoFuture = std::future::Ready<u8>;

    fn into_future(self) -> Self::IntoFuture {
        ready(42)
    }
}

#[test]
fn both_take_what_becomes_a_future() {
    paused(async || {
        assert_eq!(timeout(LONG, Question).await, Ok(42));
        assert_eq!(timeout_at(now() + LONG, Question).await, Ok(42));
    });
}

#[test]
fn the_time_counts_from_the_first_wait_and_not_from_the_call() {
    paused(async || {
        let (start, limited) = (now(), timeout(3 * MS, pending::<()>()));
        sleep(2 * MS).await;
        assert!(limited.await.is_err());
        assert_eq!(now() - start, 5 * MS);
        let mut limited = Box::pin(timeout(3 * MS, pending::<()>()));
        assert!(begin(&mut limited).await.is_pending());
        sleep(2 * MS).await;
        assert!(limited.await.is_err());
        assert_eq!(now() - start, 8 * MS, "it began anew when it was polled again");
    });
}

/// Ends after `n` turns, or never if that is none; its guard says when it is dropped.
fn held(drops: &Drops, n: usize) -> impl Future<Output = ()> + use<> {
    let guard = drops.guard();
    async move {
        let _guard = guard;
        turns(n).await;
        if n == 0 {
            pending::<()>().await;
        }
    }
}

#[test]
fn the_future_is_dropped_when_it_returns_though_the_timeout_lives_on() {
    paused(async || {
        let drops = Drops::default();
        let mut gave_up = Box::pin(timeout(MS, held(&drops, 0)));
        assert!((&mut gave_up).await.is_err());
        assert_eq!(drops.count(), 1);
        let mut ended = Box::pin(timeout(LONG, held(&drops, 3)));
        assert!((&mut ended).await.is_ok());
        assert_eq!(drops.count(), 2);
    });
}

#[test]
fn dropped_early_it_drops_the_future_and_removes_the_timer() {
    run(async || {
        let drops = Drops::default();
        let mut limited = Box::pin(timeout(LONG, held(&drops, 0)));
        assert!(begin(&mut limited).await.is_pending());
        assert_eq!((drops.count(), timers()), (0, 1));
        drop(limited);
        assert_eq!((drops.count(), timers()), (1, 0));
    });
}

#[test]
fn output_and_deadline_at_the_same_moment_give_the_output() {
    if is_shuffled("order of wakes") {
        return;
    }
    paused(async || {
        let gate = Gate::default();
        let limited = timeout(5 * MS, gate.clone().wait());
        // Its timer is due at the same moment, and comes first.
        let (opener, door) = (sleep(5 * MS), gate.clone());
        let opener = spawn(async move {
            opener.await;
            door.open();
        });
        let limited = spawn(limited);
        assert_eq!(limited.await.unwrap(), Ok(()));
        opener.await.unwrap();
    });
}

#[test]
fn a_timeout_of_zero_takes_an_output_that_is_there_and_waits_for_none() {
    run(async || {
        assert_eq!(timeout(Duration::ZERO, ready(1)).await, Ok(1));
        let polls = Rc::new(Cell::new(0));
        let count = Rc::clone(&polls);
        let never = poll_fn(move |_| {
            count.set(count.get() + 1);
            Poll::<()>::Pending
        });
        assert!(timeout(Duration::ZERO, never).await.is_err());
        assert!((1..=2).contains(&polls.get()));
    });
}

#[test]
fn a_timeout_of_for_ever_is_no_limit() {
    paused(async || assert_eq!(timeout(Duration::MAX, sleep(MS)).await, Ok(())));
}

#[test]
fn of_nested_timeouts_the_shorter_one_elapses() {
    paused(async || {
        assert!(matches!(timeout(LONG, timeout(MS, pending::<()>())).await, Ok(Err(_))));
        assert!(timeout(MS, timeout(LONG, pending::<()>())).await.is_err());
        assert_eq!(timers(), 0);
    });
}

#[test]
fn it_is_polled_with_the_callers_waker_and_follows_a_new_one() {
    run(async || {
        let gate = Gate::default();
        let mut limited = Box::pin(timeout(LONG, gate.clone().wait()));
        assert!(poll_once(&mut limited).is_pending()); // with a waker that does nothing
        let task = spawn(limited);
        turns(2).await;
        gate.open();
        assert_eq!(task.await.unwrap(), Ok(()));
        let mut limited = Box::pin(timeout(2 * MS, pending::<()>()));
        assert!(poll_once(&mut limited).is_pending());
        assert!(spawn(limited).await.unwrap().is_err());
    });
}

#[test]
fn a_panic_of_the_future_passes_through_and_leaves_no_timer() {
    run(async || {
        let failing = timeout(LONG, async {
            turns(2).await;
            panic!("in time");
        });
        let payload = caught(failing).await.map(|_: Result<(), _>| ()).unwrap_err();
        assert_eq!(text_of(payload.as_ref()), "in time");
        assert_eq!(timers(), 0);
    });
}

#[test]
fn a_drop_that_panics_when_the_time_is_over_reaches_the_caller_and_leaves_no_timer() {
    struct Bomb;
    impl Future for Bomb {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            Poll::Pending
        }
    }
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a drop that fails");
        }
    }
    run(async || {
        let payload = caught(timeout(MS, Bomb)).await.map(|_| ()).unwrap_err();
        assert_eq!(text_of(payload.as_ref()), "a drop that fails");
        assert_eq!(timers(), 0);
    });
}

#[test]
fn polled_after_its_output_it_panics_with_a_text() {
    run(async || {
        let mut limited = Box::pin(timeout(LONG, ready(1)));
        assert_eq!((&mut limited).await, Ok(1));
        let text = panic_text(|| poll_once(&mut limited));
        assert!(text.contains("timeout") && text.contains("after it gave its output"), "{text}");
    });
}

async fn elapsed() -> Elapsed {
    timeout(Duration::ZERO, pending::<()>()).await.unwrap_err()
}

#[test]
fn elapsed_is_an_error_and_becomes_an_io_error_of_kind_timed_out() {
    async fn fails() -> io::Result<()> {
        timeout(Duration::ZERO, pending::<()>()).await?;
        Ok(())
    }
    run(async || {
        let error = fails().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(error.to_string(), elapsed().await.to_string());
        assert!(error.get_ref().is_some_and(|inner| inner.is::<Elapsed>()));
        let boxed: Box<dyn Error + Send + Sync> = elapsed().await.into();
        assert_eq!(boxed.to_string(), "deadline has elapsed");
    });
}

#[test]
fn an_output_takes_the_timer_with_it_though_the_timeout_lives_on() {
    run(async || {
        let mut turns = 0;
        let future = poll_fn(move |cx| {
            turns += 1;
            cx.waker().wake_by_ref();
            if turns == 2 { Poll::Ready(7) } else { Poll::Pending }
        });
        let mut limited = Box::pin(timeout(LONG, future));
        assert_eq!((&mut limited).await, Ok(7));
        assert_eq!(timers(), 0);
        drop(limited);
    });
}

/// Would break if a timeout asked the clock before its future, or the queue's order changed.
#[test]
fn of_an_output_and_a_deadline_at_one_moment_the_output_wins_if_its_maker_is_polled_first() {
    if is_shuffled("order of wakes") {
        return;
    }
    for maker_first in [true, false] {
        let wins = paused(async move || {
            let (at, gate) = (now() + Duration::from_millis(5), Gate::default());
            let waits = gate.clone().wait();
            let makes = async move {
                shirr::time::sleep_until(at).await;
                gate.open();
            };
            let limited = async move { timeout_at(at, waits).await.is_ok() };
            if maker_first {
                drop(spawn(makes));
                spawn(limited).await.unwrap()
            } else {
                let limited = spawn(limited);
                drop(spawn(makes));
                limited.await.unwrap()
            }
        });
        assert_eq!(wins, maker_first);
    }
}
