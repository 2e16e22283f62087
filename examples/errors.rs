//! One of three jobs fails. What becomes of the other two is for the caller to choose.
//!
//! `cargo run --example errors` runs the same jobs in three gathers and prints
//! which one starts, ends or is dropped, and when. With `-- --panic` the job panics instead.

#[path = "support/watched.rs"]
mod watched;

use clap::Parser;
use shirr::time::sleep;
use shirr::{gather, spawn, try_gather};
use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::time::Duration;
use watched::{Clock, watched};

/// One of three jobs fails: what becomes of the other two?
#[derive(Clone, Copy, Debug, Parser)]
struct Args {
    /// How long a second is, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=60_000))]
    unit_ms: u64,

    /// Let the job panic instead of returning an error
    #[arg(long)]
    panic: bool,
}

impl Args {
    fn seconds(&self, seconds: u32) -> Duration {
        Duration::from_millis(self.unit_ms) * seconds
    }
}

/// Takes as many seconds as its number says. The second job does not end well.
async fn job(args: Args, number: u32) -> Result<String, String> {
    sleep(args.seconds(number)).await;
    match number {
        2 if args.panic => panic!("job 2 has a bug"),
        2 => Err("job 2 has failed".into()),
        _ => Ok(format!("value {number}")),
    }
}

/// The three jobs, each printing what becomes of it.
fn jobs(args: Args, clock: Clock) -> impl Iterator<Item = impl Future<Output = Result<String, String>>> {
    (1..=3).map(move |number| watched(clock, format!("job {number}"), job(args, number)))
}

/// A job as a task: dropping its handle leaves it running.
async fn as_task(job: impl Future<Output = Result<String, String>> + 'static) -> Result<String, String> {
    spawn(job).await.unwrap_or_else(|error| resume_unwind(error.into_panic()))
}

/// Awaits a gather in a task of its own, so that a panic ends that task and not the program,
/// and waits until everything that may still run has ended.
async fn show<F>(args: Args, clock: Clock, title: &str, gather: F)
where
    F: Future<Output: fmt::Debug> + 'static,
{
    println!("{title}");
    match spawn(gather).await {
        Ok(result) => clock.say(format_args!("the caller gets {result:?}")),
        Err(error) => clock.say(format_args!("the caller's {error}")),
    }
    sleep(args.seconds(2)).await;
    println!();
}

async fn run(args: Args) {
    let clock = Clock::start();
    let title = "try_gather: the others are dropped before the caller hears of the error";
    show(args, clock, title, try_gather(jobs(args, clock))).await;

    let clock = Clock::start();
    let title = "try_gather of tasks: the others run on alone, as with asyncio.gather";
    show(args, clock, title, try_gather(jobs(args, clock).map(as_task))).await;

    let clock = Clock::start();
    let title = "gather, settled: all run to their ends, as with return_exceptions=True";
    show(args, clock, title, gather(jobs(args, clock)).settled()).await;
}

fn main() {
    shirr::block_on(run(Args::parse()));
}
