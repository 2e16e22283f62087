//! What the bodies of a random program do with sets of tasks, orders to a runtime, intervals,
//! sleeps that are reset, helper threads and the clock; and with wakers after its end.
//!
//! Events do not say which time a reset asks for, nor what a result was: so these steps look
//! themselves, and tell the world, since a panic would be one of the program's own.

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
        world.hold(set.join_next().await.is_some(), "a set gives each output");
    }
    world.hold(set.len() == count - taken.min(count), "a set knows its length");
    match rest {
        Rest::Abort => {
            set.abort_all();
            while set.join_next().await.is_some() {}
        }
        Rest::Detach => set.detach_all(),
        Rest::Drop => {}
    }
}

pub(super) async fn order(world: &World, times: usize, from_thread: bool, time: Duration) {
    let handle = Handle::current();
    let order = move || handle.spawn_with(move || turns(times));
    let task = if from_thread { thread::spawn(order).join().unwrap() } else { order() };
    if let Ok(result) = timeout(time, task).await {
        world.hold(result.is_ok(), "what was ordered runs");
    }
}

pub(super) async fn ticks(world: &World, period: u32, resets: Vec<Option<u32>>) {
    let mut interval = interval(ms(period));
    for reset in resets {
        let due = reset.map(|time| now() + ms(time));
        if let Some(due) = due {
            interval.reset_at(due);
        }
        let tick = interval.tick().await;
        world.hold(due.is_none_or(|due| due == tick) && tick <= now(), "a tick is at its time");
    }
}

pub(super) async fn reset(world: &World, time: Duration, later: usize, to: Duration) {
    let mut sleep = sleep(time);
    let _ = begin(&mut sleep).await;
    turns(later).await;
    let due = now() + to;
    sleep.reset(due);
    sleep.await;
    world.hold(now() == due, "a sleep ends at its new time");
}

pub(super) async fn unblocked(world: &World, dropped_after: Option<usize>) {
    let mut job = unblock(|| 7);
    match dropped_after {
        None => world.hold(job.await.is_ok_and(|answer| answer == 7), "a helper answers"),
        Some(later) => {
            let _ = begin(&mut job).await;
            turns(later).await;
        }
    }
}

/// A body that goes on dropping what it holds while another moves the clock leaves it where it is.
pub(super) async fn advance_clock(world: &World, time: Duration) {
    if !world.moves.replace(true) {
        let _moving = Moving(world);
        let until = now() + time;
        advance(time).await;
        world.hold(now() == until, "a clock is moved as far as it was asked for");
    }
}

/// Its drop, also when the body is dropped within, lets the next one move the clock.
struct Moving<'a>(&'a World);

impl Drop for Moving<'_> {
    fn drop(&mut self) {
        self.0.moves.set(false);
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
