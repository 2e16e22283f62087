//! A million tasks that sleep: what they cost on shirr and on tokio.
//!
//! ```sh
//! cargo run --release -p versus --bin million
//! ```
//!
//! Each sleeps for two to three seconds, in no order, so that all are there before the first
//! wakes; then they are joined. The time is that of the thread on a processor, from the first
//! spawn to the last join. Both sides are measured in every round, in turns, each in a runtime
//! of its own. It takes a minute.
//!
//! Bytes are counted twice when all have been polled: what was asked of the allocator, and by
//! how much the process has grown, each side in a process of its own. The second is what a
//! machine has to have; tokio's tasks begin at multiples of 128 bytes, for which it pays there.

#[allow(dead_code, reason = "only the one clock is needed")]
#[path = "../meter.rs"]
mod meter;
#[allow(dead_code, reason = "only the median is needed")]
#[path = "../stats.rs"]
mod stats;

use std::process::Command;
use std::time::Duration;

const TASKS: u32 = 1_000_000;
const ROUNDS: usize = 7;

fn main() {
    if cfg!(not(target_os = "linux")) {
        return println!("A thread's CPU time is read on Linux only.");
    }
    match std::env::args().nth(1).as_deref() {
        Some("shirr") => return println!("{}", shirr_growth()),
        Some("tokio") => return println!("{}", tokio_growth()),
        _ => {}
    }
    let bytes = [shirr_bytes(), tokio_bytes()];
    let rounds: Vec<_> = (0..ROUNDS).map(|round| in_turns(round, shirr_time, tokio_time)).collect();
    let median = |side: usize| stats::Summary::of(rounds.iter().map(|both| both[side])).median;
    println!("| a sleeping task, of a million | shirr | tokio | ratio |\n|---|---|---|---|");
    print_row("CPU ns: set up, fired, joined", [median(0), median(1)]);
    print_row("bytes asked of the allocator", bytes);
    print_row("bytes that the process grows by", ["shirr", "tokio"].map(in_its_own_process));
}

/// What this program prints for one side.
fn in_its_own_process(side: &str) -> f64 {
    let this = std::env::current_exe().expect("a running program has a file");
    let output = Command::new(this).arg(side).output().expect("this program can be started");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("it prints a number")
}

/// Both sides once, in an order that changes.
fn in_turns(round: usize, left: fn() -> f64, right: fn() -> f64) -> [f64; 2] {
    if round % 2 == 0 {
        let left = left();
        [left, right()]
    } else {
        let right = right();
        [left(), right]
    }
}

fn print_row(what: &str, [left, right]: [f64; 2]) {
    println!("| {what} | {left:.0} | {right:.0} | {:.2} |", left / right);
}

fn duration(number: u32) -> Duration {
    Duration::from_micros(2_000_000 + u64::from(number) * 7_919 % 1_000_000)
}

fn shirr_time() -> f64 {
    shirr::block_on(async {
        let start = meter::cpu_ns();
        let tasks: Vec<_> = (0..TASKS).map(|n| shirr::spawn(shirr::time::sleep(duration(n)))).collect();
        for task in tasks {
            task.await.unwrap();
        }
        (meter::cpu_ns() - start) as f64 / f64::from(TASKS)
    })
}

fn tokio_time() -> f64 {
    tokio().block_on(async {
        let start = meter::cpu_ns();
        let tasks: Vec<_> = (0..TASKS).map(|n| tokio::spawn(tokio::time::sleep(duration(n)))).collect();
        for task in tasks {
            task.await.unwrap();
        }
        (meter::cpu_ns() - start) as f64 / f64::from(TASKS)
    })
}

/// The handles' own memory is made before and not counted.
fn shirr_bytes() -> f64 {
    shirr::block_on(async {
        let mut tasks = Vec::with_capacity(TASKS as usize);
        memory::start_counting();
        tasks.extend((0..TASKS).map(|n| shirr::spawn(shirr::time::sleep(duration(n)))));
        shirr::time::sleep(Duration::from_millis(1)).await; // by now each was polled
        memory::stop_counting() as f64 / f64::from(TASKS)
    })
}

fn tokio_bytes() -> f64 {
    tokio().block_on(async {
        let mut tasks = Vec::with_capacity(TASKS as usize);
        memory::start_counting();
        tasks.extend((0..TASKS).map(|n| tokio::spawn(tokio::time::sleep(duration(n)))));
        tokio::time::sleep(Duration::from_millis(1)).await;
        memory::stop_counting() as f64 / f64::from(TASKS)
    })
}

/// By how many bytes a task this process grows, without the handles' own memory.
async fn growth<H>(spawn: impl Fn(u32) -> H, each_is_polled: impl Future<Output = ()>) -> f64 {
    let mut handles: Vec<_> = (0..TASKS).map(|_| None).collect();
    let before = resident_kib();
    for (number, handle) in (0..TASKS).zip(&mut handles) {
        *handle = Some(spawn(number));
    }
    each_is_polled.await;
    (resident_kib() - before) * 1024.0 / f64::from(TASKS)
}

fn shirr_growth() -> f64 {
    let spawn = |n| shirr::spawn(shirr::time::sleep(duration(n)));
    shirr::block_on(async { growth(spawn, shirr::time::sleep(Duration::from_millis(1))).await })
}

fn tokio_growth() -> f64 {
    let spawn = |n| tokio::spawn(tokio::time::sleep(duration(n)));
    tokio().block_on(async { growth(spawn, tokio::time::sleep(Duration::from_millis(1))).await })
}

/// How much of this process is in memory.
fn resident_kib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells it");
    line.trim().trim_end_matches(" kB").parse().expect("it is a number")
}

fn tokio() -> tokio::runtime::Runtime {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.expect("the system has descriptors left for a runtime")
}
