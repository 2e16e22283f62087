//! What the bodies of a random program do with sets of tasks, orders to a runtime, intervals,
//! sleeps that are reset, helper threads and the clock; and with wakers after its end.
//!
//! Events do not say which time a reset asks for, nor what a result was: so these steps look themselves.

use super::program::{Rest, Step};
use super::run::{World, body, ms};
use crate::common::{begin, turns};
use shirr::time::{advance, interval, now, sleep, timeout};
use shirr::{Handle, JoinSet, Runtime, unblock};
use std::rc::Rc;
use std::task::Waker;
use std::thread;
use std::time::Duration;

pub(super) async fn in_a_set(world: &Rc<World>, tasks: Vec<Vec<Step>>, taken: usize, rest: Rest) {
    let count = tasks.len();
    let mut set: JoinSet<()> = tasks.into_iter().map(|steps| body(world, steps)).collect();
    for _ in 0..taken.min(count) {
        assert!(set.join_next().await.is_some(), "an output is missing");
    }
    assert_eq!(set.len(), count - taken.min(count));
    match rest {
        Rest::Abort => {
            set.abort_all();
            while set.join_next().await.is_some() {}
        }
        Rest::Detach => set.detach_all(),
        Rest::Drop => {}
    }
}

pub(super) async fn order(times: usize, from_thread: bool, time: Duration) {
    let handle = Handle::current();
    let order = move || handle.spawn_with(move || turns(times));
    let task = if from_thread { thread::spawn(order).join().unwrap() } else { order() };
    if let Ok(result) = timeout(time, task).await {
        assert!(result.is_ok(), "what was ordered has not run");
    }
}

pub(super) async fn ticks(period: u32, resets: Vec<Option<u32>>) {
    let mut interval = interval(ms(period));
    for reset in resets {
        let due = reset.map(|time| now() + ms(time));
        if let Some(due) = due {
            interval.reset_at(due);
        }
        let tick = interval.tick().await;
        assert!(due.is_none_or(|due| due == tick) && tick <= now(), "a tick at another time");
    }
}

pub(super) async fn reset(time: Duration, later: usize, to: Duration) {
    let mut sleep = sleep(time);
    let _ = begin(&mut sleep).await;
    turns(later).await;
    let due = now() + to;
    sleep.reset(due);
    sleep.await;
    assert_eq!(now(), due, "a paused clock goes from deadline to deadline");
}

pub(super) async fn unblocked(dropped_after: Option<usize>) {
    let mut job = unblock(|| 7);
    match dropped_after {
        None => assert_eq!(job.await.unwrap(), 7),
        Some(later) => {
            let _ = begin(&mut job).await;
            turns(later).await;
        }
    }
}

/// A body that goes on dropping what it holds while another moves the clock leaves it where it is.
pub(super) async fn advance_clock(world: &World, time: Duration) {
    if !world.moves.replace(true) {
        let until = now() + time;
        advance(time).await;
        assert_eq!(now(), until);
        world.moves.set(false);
    }
}

/// Wakes a task of a runtime that is gone, from here and from a thread: no task of the next one is woken.
pub(super) fn wake_late(waker: Waker) {
    let next = Runtime::new().unwrap();
    next.block_on(async {
        waker.wake_by_ref();
        thread::spawn(move || waker.wake()).join().unwrap();
        turns(2).await;
    });
    let metrics = next.metrics();
    assert_eq!((metrics.polls, metrics.wakes_local, metrics.wakes_merged), (3, 2, 0), "{metrics:?}");
}
