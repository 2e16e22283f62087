//! The far end of time, and what a clock says of itself when much waits for it.

use crate::common::{begin, panic_text, paused};
use shirr::net::TcpListener;
use shirr::time::{advance, interval, now, sleep, sleep_until, stalled, timeout};
use shirr::{Runtime, spawn, yield_now};
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Awaits it, and fails instead of polling it for ever.
async fn soon<F: Future>(future: F) -> F::Output {
    let (mut future, mut polls) = (pin!(future), 0);
    poll_fn(move |cx| {
        polls += 1;
        assert!(polls < 100, "it is polled again and again");
        future.as_mut().poll(cx)
    })
    .await
}

/// A task waits for a client that does not come.
async fn accepting() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    drop(spawn(async move { listener.accept().await.map(drop) }));
}

#[test]
fn what_is_longer_than_thirty_years_is_taken_as_thirty_years() {
    paused(async || {
        for duration in [Duration::MAX, Duration::from_millis(u64::MAX), 31 * YEAR] {
            let start = now();
            soon(sleep(duration)).await;
            assert_eq!(now() - start, 30 * YEAR);
        }
    });
}

#[test]
fn beyond_what_timers_can_count_a_deadline_is_the_last_moment() {
    paused(async || {
        let start = now();
        soon(sleep_until(start + 700 * YEAR)).await;
        assert!(now() - start > 584 * YEAR && now() - start < 585 * YEAR);
        soon(sleep(SECOND)).await;
        let mut ticks = interval(Duration::MAX);
        soon(ticks.tick()).await;
        soon(ticks.tick()).await;
    });
}

#[test]
fn an_advance_beyond_it_is_refused_and_says_so() {
    paused(async || {
        let mut advancing = pin!(advance(600 * YEAR));
        let text = panic_text(|| crate::common::poll_once(&mut advancing));
        assert!(text.contains("cannot go as far"), "{text}");
    });
}

#[test]
fn however_many_wait_for_one_moment_the_reason_names_that() {
    paused(async || {
        accepting().await;
        let _all: Vec<_> = (0..17).map(|_| spawn(sleep(3 * SECOND))).collect();
        yield_now().await;
        let said = stalled().unwrap();
        assert!(said.starts_with("17 timers wait, the next in 3s;"), "{said}");
    });
}

#[test]
fn no_reason_is_given_for_a_clock_that_an_advance_moves_or_for_a_timer_that_is_due() {
    paused(async || {
        accepting().await;
        let mut due = spawn(sleep(Duration::ZERO));
        yield_now().await;
        assert_eq!(stalled(), None, "for one that is due");
        (&mut due).await.unwrap();
        let nap = spawn(sleep(3 * SECOND));
        let _moved = spawn(advance(10 * SECOND));
        yield_now().await;
        assert_eq!(stalled(), None, "during an advance");
        nap.await.unwrap();
    });
}

#[test]
fn a_timeout_without_a_runtime_names_itself() {
    let mut limited = pin!(timeout(SECOND, pending::<()>()));
    let text = panic_text(|| crate::common::poll_once(&mut limited));
    assert!(text.starts_with("shirr::time::timeout was used with no shirr runtime"), "{text}");
}

#[test]
fn an_advance_that_outlives_its_runtime_ends() {
    let runtime = Runtime::builder().paused().build().unwrap();
    let held = Rc::new(());
    let theirs = Rc::clone(&held);
    let mut moved = Box::pin(advance(SECOND));
    runtime.block_on(async {
        drop(spawn(async move {
            let _theirs = theirs;
            pending::<()>().await;
        }));
        assert!(begin(&mut moved).await.is_pending());
    });
    drop(runtime);
    assert_eq!(Rc::strong_count(&held), 1);
    assert!(shirr::block_on(begin(&mut moved)).is_ready());
}

#[test]
fn in_real_time_a_late_tick_is_late_by_the_clock_and_not_by_the_last_event_poll() {
    use shirr::time::MissedTickBehavior::{Delay, Skip};
    for behavior in [Delay, Skip] {
        shirr::block_on(async {
            let mut ticks = interval(20 * MS);
            ticks.set_missed_tick_behavior(behavior);
            ticks.tick().await;
            sleep(30 * MS).await; // the loop has polled for events then, and the tick is due
            std::thread::sleep(50 * MS); // and is awaited long after
            ticks.tick().await;
            let late = now();
            let due = ticks.tick().await;
            assert!(due >= late, "{behavior:?}: a tick {:?} too early", late - due);
        });
    }
}
