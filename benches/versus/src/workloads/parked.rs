//! What a task that waits takes of the memory.
//!
//! All that has grown since before the spawns is counted: the tasks, the slabs and queues
//! that hold them, their spare capacity included. The handles lie in a `Vec` made before.

use crate::row::{Cost, Row, Target};
use crate::sides::{fresh_shirr, fresh_tokio};
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const TASKS: usize = 100_000;

/// Long enough for none to end.
const LONG: Duration = Duration::from_secs(3_600);

pub(super) fn rows() -> Vec<Row> {
    let row = |name, what, target, left, right| Row {
        name,
        what,
        cost: Cost::Bytes,
        per: "task",
        count: TASKS as u32,
        times: 1,
        answer: 0,
        target,
        left,
        right,
    };
    let parked = row(
        "bytes_parked",
        "a parked task, of 100,000: shirr / tokio",
        Some(Target::Between(40.0, 140.0)),
        fresh_shirr(async || bytes_on_shirr(pending).await),
        fresh_tokio(async || bytes_on_tokio(pending).await),
    );
    let sleeping = row(
        "bytes_sleeping",
        "a sleeping task, of 100,000: shirr / tokio",
        None,
        fresh_shirr(async || bytes_on_shirr(|| shirr::time::sleep(LONG)).await),
        fresh_tokio(async || bytes_on_tokio(|| tokio::time::sleep(LONG)).await),
    );
    vec![parked, sleeping]
}

/// How many of the tasks of this round have been polled.
static POLLED: AtomicUsize = AtomicUsize::new(0);

async fn polled(wait: impl Future<Output = ()>) {
    POLLED.fetch_add(1, Ordering::Relaxed);
    wait.await;
}

async fn bytes_on_shirr<F: Future<Output = ()> + 'static>(wait: impl Fn() -> F) -> u64 {
    POLLED.store(0, Ordering::Relaxed);
    let mut handles = Vec::with_capacity(TASKS);
    memory::start_counting();
    for _ in 0..TASKS {
        handles.push(shirr::spawn(polled(wait())));
    }
    while POLLED.load(Ordering::Relaxed) < TASKS {
        shirr::yield_now().await;
    }
    memory::stop_counting()
}

async fn bytes_on_tokio<F: Future<Output = ()> + Send + 'static>(wait: impl Fn() -> F) -> u64 {
    POLLED.store(0, Ordering::Relaxed);
    let mut handles = Vec::with_capacity(TASKS);
    memory::start_counting();
    for _ in 0..TASKS {
        handles.push(tokio::spawn(polled(wait())));
    }
    while POLLED.load(Ordering::Relaxed) < TASKS {
        tokio::task::yield_now().await;
    }
    memory::stop_counting()
}
