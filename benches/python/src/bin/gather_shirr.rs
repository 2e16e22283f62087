//! What shirr's gather takes; the counterpart of `gather_asyncio.py`, scene by scene.
//!
//! Prints one line of JSON: seconds, or bytes of resident memory.

use clap::{Parser, ValueEnum};
use serde_json::{Value, json};
use shirr::time::sleep;
use shirr::{gather, spawn, yield_now};
use std::cell::Cell;
use std::fs;
use std::future::pending;
use std::hint::black_box;
use std::rc::Rc;
use std::time::{Duration, Instant};

const SLEEP: Duration = Duration::from_millis(10);

#[derive(Parser)]
struct Args {
    scene: Scene,
    children: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Scene {
    Sleeping,
    Trivial,
    MemorySleeping,
    MemoryWaiting,
}

/// Hides the number from the compiler, which might add them all up beforehand.
async fn trivial(number: u64) -> u64 {
    black_box(number)
}

/// From the call of gather until all that sleep have ended.
async fn sleeping(children: u64) -> Duration {
    let start = Instant::now();
    let results = gather((0..children).map(|_| sleep(SLEEP))).await;
    let time = start.elapsed();
    assert_eq!(results.len() as u64, children);
    time
}

/// From the call of gather until it has the results of children that never wait.
async fn ending_at_once(children: u64) -> Duration {
    let start = Instant::now();
    let numbers = gather((0..children).map(trivial)).await;
    let time = start.elapsed();
    assert_eq!(numbers.iter().sum::<u64>(), (0..children).sum::<u64>());
    time
}

/// The resident memory that `children` take, all of which wait.
async fn growth<F: Future + 'static>(children: u64, wait: fn() -> F) -> u64 {
    let waiting = Rc::new(Cell::new(0));
    let seen = Rc::clone(&waiting);
    let child = move |_| {
        let waiting = Rc::clone(&waiting);
        async move {
            waiting.set(waiting.get() + 1);
            wait().await;
        }
    };
    let before = resident();
    let gathered = spawn(async move { gather((0..children).map(child)).await.len() });
    while seen.get() < children {
        yield_now().await;
    }
    let grown = resident() - before;
    assert!(!gathered.is_finished());
    grown
}

/// # Panics
/// Where there is no `/proc`.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a process has memory");
    let kib = line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number of kB");
    kib * 1024
}

async fn measure(scene: Scene, children: u64) -> Value {
    match scene {
        Scene::Sleeping => {
            sleeping(children).await; // the first time warms up
            json!({ "seconds": sleeping(children).await.as_secs_f64() })
        }
        Scene::Trivial => {
            ending_at_once(children).await;
            json!({ "seconds": ending_at_once(children).await.as_secs_f64() })
        }
        Scene::MemorySleeping => {
            let hour = || sleep(Duration::from_secs(3600));
            json!({ "bytes": growth(children, hour).await })
        }
        Scene::MemoryWaiting => json!({ "bytes": growth(children, pending::<()>).await }),
    }
}

fn main() {
    let args = Args::parse();
    println!("{}", shirr::block_on(measure(args.scene, args.children)));
}
