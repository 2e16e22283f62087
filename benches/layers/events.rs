//! What an event costs while it is recorded: `cargo bench -p layers --features trace --bench events`.
//!
//! It stands here because README says what an event costs.
//!
//! Each program runs without a recorder, with one that has room, and with one that is full, so
//! that each event that comes folds one that goes. The difference, divided by the program's
//! events, is the cost of one. A time is the fastest of many rounds, since other programs on the
//! machine can only add to it; all are nanoseconds for each event.

use shirr::Runtime;
use shirr::time::sleep;
use shirr::trace::Recorder;
use std::time::{Duration, Instant};

const ROUNDS: usize = 21;

/// More events than all rounds have.
const MANY: usize = 1 << 20;

/// Fewer than the first round has.
const FEW: usize = 1 << 10;

fn main() {
    println!(
        "| program | events | without a recorder | an event | an event, recorder full |\n|---|---|---|---|---|"
    );
    row("10,000 yields", async || {
        for _ in 0..10_000 {
            shirr::yield_now().await;
        }
    });
    row("gather of 1,000 that yield once", async || {
        shirr::gather((0..1_000).map(|_| shirr::yield_now())).await;
    });
    row("1,000 times spawn and join", async || {
        for _ in 0..1_000 {
            shirr::spawn(async {}).await.unwrap();
        }
    });
    row("1,000 sleeps on a clock that stands", async || {
        for _ in 0..1_000 {
            sleep(Duration::from_nanos(1)).await;
        }
    });
}

fn row(name: &str, program: impl AsyncFn()) {
    let events = count(&program);
    let [plain, roomy, full] = [None, Some(MANY), Some(FEW)].map(|capacity| fastest(capacity, &program));
    let each = |time: f64| (time - plain) / events;
    println!("| {name} | {events} | {:.0} | {:.0} | {:.0} |", plain / events, each(roomy), each(full));
}

/// A runtime whose sleeps take no time.
fn runtime(recorder: Option<&Recorder>) -> Runtime {
    let builder = Runtime::builder().paused();
    match recorder {
        Some(recorder) => builder.record(recorder).build(),
        None => builder.build(),
    }
    .unwrap()
}

/// How many events the program has.
fn count(program: &impl AsyncFn()) -> f64 {
    let recorder = Recorder::new();
    let runtime = runtime(Some(&recorder));
    runtime.block_on(program());
    recorder.events().len() as f64
}

/// The fastest run, in nanoseconds.
fn fastest(capacity: Option<usize>, program: &impl AsyncFn()) -> f64 {
    let recorder = capacity.map(Recorder::with_capacity);
    let runtime = runtime(recorder.as_ref());
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        runtime.block_on(program());
        start.elapsed().as_nanos()
    });
    times.min().unwrap() as f64
}
