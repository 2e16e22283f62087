//! Dropping a gather cancels all that it runs, before the drop returns.
//!
//! `cargo run --example cancel` does it in three ways and prints which worker was dropped
//! when. One of four has ended by then: it is not dropped again.

#[path = "support/watched.rs"]
mod watched;

use clap::Parser;
use shirr::time::{sleep, timeout};
use shirr::{gather, metrics, spawn};
use std::future::Future;
use std::time::Duration;
use watched::{Clock, watched};

/// Cancels a gather in three ways, and prints which worker was dropped when.
#[derive(Debug, Parser)]
struct Args {
    /// How long a second is, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=60_000))]
    unit_ms: u64,
}

/// Four workers: one for a second, the others for an hour.
fn workers(clock: Clock, second: Duration) -> impl Iterator<Item = impl Future<Output = ()>> {
    let workers = [("ann", 1), ("bob", 3600), ("cleo", 3600), ("dan", 3600)];
    workers.into_iter().map(move |(name, seconds)| watched(clock, name, sleep(second * seconds)))
}

/// The gather is a value. When it goes, so does what it runs.
async fn by_drop(second: Duration) {
    println!("drop(gather):");
    let clock = Clock::start();
    let mut all = gather(workers(clock, second));
    // Lets it run for a while; through `&mut` the timeout does not own it.
    let _ = timeout(second * 2, &mut all).await;
    clock.say(format_args!("before the drop: {all:?}, timers: {}", metrics().timers));
    drop(all);
    clock.say(format_args!("after the drop, timers: {}", metrics().timers));
}

/// What `asyncio.wait_for(asyncio.gather(..), 2)` does.
async fn by_timeout(second: Duration) {
    println!("\ntimeout(2 s, gather):");
    let clock = Clock::start();
    let outcome = timeout(second * 2, gather(workers(clock, second))).await;
    clock.say(format_args!("the timeout gives {outcome:?}"));
}

/// What `task.cancel()` does: the gather goes with the task that awaits it. An outer
/// gather takes its inner ones along.
async fn by_abort(second: Duration) {
    println!("\nabort of the task that awaits a gather of gathers:");
    let clock = Clock::start();
    let halves = [1, 2].map(|half| {
        let workers =
            (1..=2).map(move |n| watched(clock, format!("worker {half}.{n}"), sleep(second * 3600)));
        gather(workers)
    });
    let task = spawn(gather(halves));
    sleep(second * 2).await;
    clock.say("abort");
    task.abort();
    let outcome = task.await.map(drop);
    clock.say(format_args!("the task's handle gives {outcome:?}"));
}

fn main() {
    let second = Duration::from_millis(Args::parse().unit_ms);
    shirr::block_on(async {
        by_drop(second).await;
        by_timeout(second).await;
        by_abort(second).await;
    });
}
