//! A million items under a limit, in memory for the limit and not for the million.
//!
//! `cargo run --release --example batch` takes items from an iterator that makes them as
//! they are asked for, works on a hundred at a time, and adds up the results as they come.
//! It prints the peak of the process's memory at each tenth of the way.

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use shirr::{as_completed, yield_now};
use std::fs;
use std::time::Instant;

/// Works on a million items, a hundred at a time.
#[derive(Debug, Parser)]
struct Args {
    /// How many items there are
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    items: u64,

    /// How many are worked on at a time
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=100_000))]
    limit: u64,
}

/// A small piece of work: it holds a kilobyte, and gives way to the others once, as if it
/// had to wait for something.
async fn work(number: u64) -> u64 {
    let page = [number; 128];
    yield_now().await;
    page[number as usize % page.len()]
}

/// The sum of all results. Only the sum is kept: `gather` would keep every result, which for
/// a million of them is memory, too.
async fn run(args: &Args, bar: &ProgressBar) -> u64 {
    let mut results = as_completed((0..args.items).map(work)).limit(args.limit as usize);
    let (mut done, mut sum) = (0, 0);
    while let Some((_, result)) = results.next().await {
        done += 1;
        sum += result;
        bar.inc(1);
        if done % args.items.div_ceil(10) == 0 || done == args.items {
            bar.suspend(|| println!("{done:>10} items done, peak memory {}", peak_memory()));
        }
    }
    sum
}

/// The most memory that this process has had so far.
fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or("unknown (only Linux tells)".into(), |peak| peak.trim().into())
}

fn main() {
    let args = Args::parse();
    let start = Instant::now();
    let style = ProgressStyle::with_template("{wide_bar} {percent} %").expect("the template is correct");
    let bar = ProgressBar::new(args.items).with_style(style);
    let sum = shirr::block_on(run(&args, &bar));
    bar.finish_and_clear();
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{} items, {} at a time, in {seconds:.2} s; the sum of the results is {sum}",
        args.items, args.limit
    );
}
