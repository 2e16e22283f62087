//! Wakes from other threads: while the task is polled, while the loop falls asleep, while the
//! runtime ends, and faster than the loop can receive them.

use crate::common::shuffled::is_shuffled;
use crate::support::hooked::Hooks;
use crate::support::{Alarm, alone, event_poll, own_waker, poll_with, run, run_alone};
use shirr::time::{Sleep, sleep};
use shirr::{metrics, spawn, yield_now};
use std::future::poll_fn;
use std::mem::replace;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

#[test]
fn a_wake_from_another_thread_during_the_poll_is_one_more_poll() {
    run(|| async {
        let mut polls = 0;
        let task = spawn(poll_fn(move |cx| {
            polls += 1;
            if polls == 1 {
                let waker = cx.waker().clone();
                thread::spawn(move || waker.wake()).join().unwrap();
                return Poll::Pending;
            }
            Poll::Ready(polls)
        }));
        assert_eq!(task.await.unwrap(), 2);
    });
}

#[test]
fn eight_threads_wake_a_hundred_thousand_times_and_none_is_lost() {
    const ROUNDS: usize = 100_000 / 8;
    run_alone("remote::eight_threads_wake_a_hundred_thousand_times_and_none_is_lost", || async {
        let before = metrics();
        let wait = |mut alarm: Alarm| async move {
            for _ in 0..ROUNDS {
                alarm.wake_me().await;
            }
        };
        let tasks: Vec<_> = (0..8).map(|_| spawn(wait(Alarm::new()))).collect();
        for task in tasks {
            task.await.unwrap();
        }
        // The alarm counts a wake just before it is made, so one may be received with the next.
        event_poll().await;
        let received = metrics().wakes_remote - before.wakes_remote;
        assert!((1_000..=100_000).contains(&received), "{received}");
        assert!(metrics().sleeps > before.sleeps, "the loop never slept, so nothing was tried");
    });
}

/// Breaks if the loop does not ask the inbox when the bell has ended its sleep.
#[test]
fn a_wake_that_ends_a_sleep_is_received_in_the_same_event_poll() {
    const ROUNDS: u64 = 20;
    if is_shuffled("number of event polls that is known") {
        return;
    }
    run_alone("remote::a_wake_that_ends_a_sleep_is_received_in_the_same_event_poll", || async {
        let before = metrics().event_polls;
        for _ in 0..ROUNDS {
            let waker = own_waker().await;
            let mut waited = false;
            let thread = thread::spawn(|| {
                thread::sleep(Duration::from_millis(2)); // by now the loop sleeps, or nothing is shown
                waker.wake();
            });
            poll_fn(|_| if replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
            thread.join().unwrap();
        }
        // A bell that was rung too late to be needed ends another sleep.
        let event_polls = metrics().event_polls - before;
        assert!(event_polls < ROUNDS * 3 / 2, "{event_polls}");
    });
}

/// A timer whose drop, on another thread, has the loop call a waker, and this drop `next` on
/// another thread, and so on.
fn chain(polls: &Arc<Mutex<Vec<u64>>>, next: Option<Sleep>) -> Sleep {
    let (next, polls) = (Mutex::new(next), Arc::clone(polls));
    let hooks = Hooks::new().at_wake(move || {
        if let Some(next) = next.lock().unwrap().take() {
            polls.lock().unwrap().push(metrics().event_polls);
            thread::spawn(|| drop(next)).join().unwrap();
        }
    });
    let ((_, waker), mut timer) = (hooks.waker(), sleep(Duration::from_secs(3600)));
    assert!(poll_with(&mut timer, &waker).is_pending());
    timer
}

/// Breaks if an event poll goes on as long as messages come.
#[test]
fn an_event_poll_takes_only_the_messages_that_were_there_when_it_began() {
    run(|| async {
        let (polls, mut first) = (Arc::default(), None);
        for _ in 0..6 {
            first = Some(chain(&polls, first));
        }
        thread::spawn(|| drop(first)).join().unwrap();
        while metrics().timers > 0 {
            event_poll().await;
        }
        let polls = polls.lock().unwrap();
        assert_eq!(polls.len(), 5);
        assert!(polls.is_sorted_by(|earlier, later| earlier < later), "{polls:?}");
    });
}

#[test]
fn threads_may_wake_while_the_runtime_is_dropped() {
    // Its late wakes, by the hundred thousand, would end the sleeps of other tests' runtimes.
    alone("remote::threads_may_wake_while_the_runtime_is_dropped", || {
        let start = |_| {
            let (give, wakers) = mpsc::channel::<Waker>();
            let thread = thread::spawn(move || {
                wakers.iter().for_each(|waker| (0..200).for_each(|_| waker.wake_by_ref()));
            });
            (give, thread)
        };
        let (gives, threads): (Vec<_>, Vec<_>) = (0..4).map(start).unzip();
        for _ in 0..1_000 {
            shirr::block_on(async {
                let waker = own_waker().await;
                gives.iter().for_each(|give| give.send(waker.clone()).unwrap());
                yield_now().await;
            });
        }
        drop(gives);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}
