//! How late a sleep is: shirr's beside tokio's, async-io's and asyncio's.
//!
//! ```sh
//! cargo run --release -p versus --bin lateness
//! cargo run --release -p versus --bin lateness --features precise-timers
//! ```
//!
//! It stands here because README says what `precise-timers` gains, and no test can promise it.
//!
//! One task sleeps, again and again, and nothing else runs. Lateness is the time from before
//! the call to after the await, less the time that was asked for, by the system's monotonic
//! clock. In every round each of the four sleeps [`SLEEPS`] times for every duration; asyncio's
//! part is a Python program, started in every round.
//!
//! The table gives the median and, behind it, the 95th percentile, in microseconds. An early
//! sleep of shirr's is an error and ends the program; those of the others are counted.

use std::fmt::Write;
use std::future::Future;
use std::process::Command;
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const SLEEPS: usize = 40;
const DURATIONS: [Duration; 4] = [
    Duration::from_micros(100),
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(10),
];

/// By duration, in microseconds.
type Lateness = [Vec<f64>; DURATIONS.len()];

fn main() {
    let shirr = if cfg!(feature = "precise-timers") { "shirr, `precise-timers`" } else { "shirr" };
    let names = [shirr, "tokio", "async-io", "asyncio"];
    let mut all: [Lateness; 4] = Default::default();
    for _ in 0..ROUNDS {
        shirr::block_on(measure(&mut all[0], shirr::time::sleep));
        tokio().block_on(measure(&mut all[1], tokio::time::sleep));
        async_io::block_on(measure(&mut all[2], async |duration| {
            async_io::Timer::after(duration).await;
        }));
        asyncio(&mut all[3]);
    }
    assert!(all[0].iter().flatten().all(|late| *late >= 0.0), "a sleep of shirr's was early");
    let heads = DURATIONS.map(|duration| format!("{duration:?}")).join(" | ");
    println!("| late by, µs | {heads} | early |\n|---|{}---|", "---|".repeat(DURATIONS.len()));
    for (name, lateness) in names.iter().zip(&mut all) {
        println!("| {name} | {} |", line(lateness));
    }
}

fn tokio() -> tokio::runtime::Runtime {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.expect("the system has descriptors left for a runtime")
}

/// The same on every runtime.
async fn measure<F: Future<Output = ()>>(lateness: &mut Lateness, sleep: impl Fn(Duration) -> F) {
    for (duration, late) in DURATIONS.into_iter().zip(lateness) {
        for _ in 0..SLEEPS {
            let start = Instant::now();
            sleep(duration).await;
            late.push((start.elapsed().as_secs_f64() - duration.as_secs_f64()) * 1e6);
        }
    }
}

/// Does the same in Python, if there is a `python3`.
fn asyncio(lateness: &mut Lateness) {
    let script = include_str!("asyncio.py");
    let seconds = DURATIONS.map(|duration| duration.as_secs_f64().to_string());
    let asked = Command::new("python3").args(["-c", script, &SLEEPS.to_string()]).args(seconds).output();
    let Ok(output) = asked else { return };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the Python program failed: {said}");
    let answer: Vec<Vec<f64>> = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    lateness.iter_mut().zip(answer).for_each(|(all, some)| all.extend(some));
}

/// "median (95th percentile)" for each duration, and how many were early.
fn line(lateness: &mut Lateness) -> String {
    let mut text = String::new();
    for late in lateness.iter_mut() {
        late.sort_by(f64::total_cmp);
        match late.len() {
            0 => text.push_str("– | "),
            n => write!(text, "{:.0} ({:.0}) | ", late[n / 2], late[n * 95 / 100]).expect("a text has room"),
        }
    }
    let early = lateness.iter().flatten().filter(|late| **late < 0.0).count();
    text + &early.to_string()
}
