//! `Sleep::reset`: another deadline for the same sleep, whatever has become of it.

mod heap;
mod support;

use shirr::time::{Sleep, advance, now, sleep, sleep_until};
use shirr::{Runtime, metrics, spawn, yield_now};
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use support::hooked::Hooks;
use support::{Log, in_time, own_waker, poll_once, poll_with, run, run_paused};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// Polls it as the task that runs.
async fn begin(one: &mut Sleep) -> bool {
    let waker = own_waker().await;
    poll_with(one, &waker).is_ready()
}

#[test]
fn a_pending_sleep_wakes_at_its_new_deadline_whether_sooner_or_later() {
    run_paused(async || {
        for (first, then) in [(10, 30), (30, 10), (10, 10)] {
            let start = now();
            let mut one = sleep(first * SECOND);
            assert!(!begin(&mut one).await);
            sleep(5 * SECOND).await;
            one.reset(start + then * SECOND);
            assert_eq!(one.deadline(), start + then * SECOND);
            one.await;
            assert_eq!(now(), start + then * SECOND);
        }
        assert_eq!(metrics().timers, 0);
    });
}

/// Breaks if it goes by the timer, which is there until it has fired, or by the system's clock.
#[test]
fn it_has_elapsed_from_its_deadline_on_whether_it_is_awaited_or_not_until_it_is_reset() {
    run_paused(async || {
        let mut one = sleep(SECOND);
        assert!(!begin(&mut one).await && !one.is_elapsed());
        sleep(SECOND - Duration::from_nanos(1)).await;
        assert!(!one.is_elapsed());
        sleep(Duration::from_nanos(1)).await;
        assert!(one.is_elapsed() && sleep_until(now()).is_elapsed());
        one.reset(now() + SECOND);
        assert!(!one.is_elapsed());
    });
}

#[test]
fn it_wakes_the_task_that_waited_without_another_poll() {
    run_paused(async || {
        let (log, start) = (Log::default(), now());
        let shared = Rc::new(RefCell::new(sleep(60 * SECOND)));
        let (waiting, noted) = (shared.clone(), log.clone());
        let waiter = spawn(async move {
            let mut polls = 0;
            poll_fn(|cx| {
                polls += 1;
                Pin::new(&mut *waiting.borrow_mut()).poll(cx)
            })
            .await;
            noted.add(format!("woken at {} after {polls} polls", (now() - start).as_secs()));
        });
        yield_now().await;
        shared.borrow_mut().reset(start + 3 * SECOND);
        waiter.await.unwrap();
        assert_eq!(log.take(), ["woken at 3 after 2 polls"]);
    });
}

#[test]
fn polled_with_two_wakers_before_the_reset_it_wakes_the_latest_only() {
    run_paused(async || {
        let mut one = sleep(10 * SECOND);
        let ((first, early), (latest, late)) = (Hooks::new().waker(), Hooks::new().waker());
        assert!(poll_with(&mut one, &early).is_pending());
        assert!(poll_with(&mut one, &late).is_pending());
        one.reset(now() + SECOND);
        assert_eq!((Arc::strong_count(&first), Arc::strong_count(&latest)), (2, 3));
        advance(SECOND).await;
        assert_eq!((first.wakes(), latest.wakes()), (0, 1));
        assert!(poll_with(&mut one, &late).is_ready());
    });
}

#[test]
fn one_that_was_never_polled_or_has_ended_waits_anew() {
    run_paused(async || {
        let start = now();
        let mut one = sleep(SECOND);
        one.reset(start + 2 * SECOND);
        assert_eq!(metrics().timers, 0);
        for seconds in [2, 5, 6] {
            one.reset(start + seconds * SECOND);
            (&mut one).await;
            assert_eq!(now(), start + seconds * SECOND);
        }
        one.reset(now());
        (&mut one).await; // due, and so it gives way once
        one.reset(start);
        (&mut one).await;
        assert_eq!((now(), metrics().timers), (start + 6 * SECOND, 0));
    });
}

#[test]
fn a_pending_one_reset_to_the_past_ends_with_the_next_event_poll() {
    run_paused(async || {
        let (start, mut one) = (now(), pin!(sleep(SECOND)));
        assert!(!begin(&mut one).await);
        one.reset(start - MS); // through the pin
        one.await;
        assert_eq!(now(), start);
    });
}

#[test]
fn among_equal_deadlines_it_keeps_the_rank_of_its_start() {
    run_paused(async || {
        let (log, at) = (Arc::new(Mutex::new(Vec::new())), now() + SECOND);
        let mut sleeps = [sleep(9 * SECOND), sleep_until(at), sleep(7 * SECOND), sleep_until(at)];
        for (i, one) in sleeps.iter_mut().enumerate() {
            let noted = Arc::clone(&log);
            let (_, waker) = Hooks::new().at_wake(move || noted.lock().unwrap().push(i)).waker();
            assert!(poll_with(one, &waker).is_pending());
        }
        sleeps[2].reset(at);
        sleeps[0].reset(at);
        advance(SECOND).await;
        assert_eq!(*log.lock().unwrap(), [0, 1, 2, 3]);
    });
}

#[test]
fn a_reset_of_a_pending_sleep_allocates_nothing() {
    run(async || {
        let mut sleeps: Vec<Sleep> = (0..1_000).map(|i| sleep(600 * SECOND + i * MS)).collect();
        for one in &mut sleeps {
            assert!(!begin(one).await);
        }
        let (base, before) = (now() + 700 * SECOND, heap::counts().calls);
        for round in 0..10 {
            for (i, one) in sleeps.iter_mut().enumerate() {
                one.reset(base + (i as u32 * 7_919 + round * 104_729) % 100_000 * MS);
            }
        }
        assert_eq!(heap::counts().calls, before);
        assert_eq!(metrics().timers, 1_000);
    });
}

#[test]
fn away_from_its_runtime_it_wakes_its_waiter_and_waits_where_it_is_polled_next() {
    in_time(|| {
        let home = Runtime::builder().paused().build().unwrap();
        let (hooks, waker) = Hooks::new().waker();
        let mut one = sleep(SECOND);
        home.block_on(async { assert!(poll_with(&mut one, &waker).is_pending()) });
        let one = thread::spawn(move || {
            one.reset(one.deadline() + SECOND); // no runtime here, and none is needed
            one
        });
        let mut one = one.join().unwrap();
        home.block_on(async {
            let start = now();
            advance(5 * SECOND).await;
            assert_eq!((metrics().timers, hooks.wakes()), (0, 1));
            one.reset(start + 9 * SECOND);
            (&mut one).await;
            assert_eq!(now(), start + 9 * SECOND);
        });
        let text = support::panic_of(|| poll_once(&mut one));
        assert!(text.contains("shirr::time::sleep was used with no shirr runtime"), "{text}");
    });
}

/// Both places where a sleep can be reset while its runtime is not the one that runs here.
#[test]
fn a_task_that_waits_hears_of_a_reset_from_elsewhere() {
    in_time(|| {
        let home = Runtime::builder().paused().build().unwrap();
        let shared = Arc::new(Mutex::new(sleep(SECOND)));
        let theirs = Arc::clone(&shared);
        let nap = home.spawn(async move {
            poll_fn(|cx| Pin::new(&mut *theirs.lock().unwrap()).poll(cx)).await;
            now()
        });
        let start = home.block_on(async {
            shirr::yield_now().await;
            now()
        });
        shared.lock().unwrap().reset(start + 2 * SECOND); // between two `block_on`
        home.block_on(shirr::yield_now());
        let theirs = Arc::clone(&shared);
        let reset = move || theirs.lock().unwrap().reset(start + 3 * SECOND);
        home.block_on(async { thread::spawn(reset).join().unwrap() });
        assert_eq!(home.block_on(nap).unwrap(), start + 3 * SECOND);
    });
}

#[test]
fn one_that_has_ended_has_no_timer_although_it_was_reset_to_the_past() {
    run_paused(async || {
        advance(SECOND).await;
        let mut one = pin!(sleep(SECOND));
        assert!(!begin(&mut one).await);
        sleep(MS).await;
        one.reset(now() - 10 * MS);
        assert!(poll_once(&mut one).is_ready());
        assert_eq!(metrics().timers, 0);
    });
}
