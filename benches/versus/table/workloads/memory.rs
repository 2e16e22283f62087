//! What a task that waits takes of the memory, and what an idle connection does.
//!
//! A row counts all that the memory has grown by since before the spawns: the tasks, and the
//! tables and queues that hold them. Only the `Vec` of the handles is made before.
//!
//! Tasks are counted in two ways, which differ: what the process has grown by, which is what a
//! machine has to have, and what was asked of the allocator. tokio's tasks begin at multiples
//! of 128 bytes, for which an allocator takes more than it was asked for.
//!
//! Each measurement is made in a process of its own. In a used heap a contender would take the
//! memory that another has freed, and smol would leave its tasks and timers to the next one.
//!
//! The allocator that counts is the whole program's. Outside of a count it costs a load of a
//! flag for each allocation, of all contenders and in all workloads alike.

use super::{contenders, net};
use crate::child;
use crate::runtimes::{Net, Runtime, Time, on_fresh};
use crate::workload::{Contender, Cost, Target, Workload};
use std::fs;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const TASKS: usize = 100_000;

/// Two descriptors each: with a thousand in all, a usual limit of 1,024 is enough.
const CONNECTIONS: usize = 500;

/// Bytes that each connection echoes before it is counted.
const MESSAGE: usize = 64;

/// Long enough for none to end.
const LONG: Duration = Duration::from_secs(3_600);

const GROWN: &str = "pages that the process has touched, those of the allocator's own with them; neither \
                     spare capacity that is not touched, nor the kernel's part, nor the handle, which is \
                     32 bytes with shirr, 24 with async-local-executor, 16 with LocalPool, 8 with the others";
const ASKED: &str = "what was asked of the allocator, spare capacity with it; not what that takes for itself or \
                     to align, nor the handle, as above";
const CONNECTED: &str = "what was asked of the allocator, the server's buffer of 256 bytes and spare capacity with \
                         it; nothing of the kernel's, which is more";

pub(super) fn workloads() -> Vec<Workload> {
    let targets = |at_most| vec![Target { of: "tokio", at_most }];
    let mut workloads = vec![];
    if cfg!(target_os = "linux") {
        let what = "what a process grows by for a parked task, of 100,000";
        workloads.push(workload("bytes_parked", what, GROWN, targets(0.35)));
        let what = "what a process grows by for a sleeping task, of 100,000";
        workloads.push(workload("bytes_sleeping", what, GROWN, targets(0.45)));
    }
    let what = "what is asked of the allocator for a parked task, of 100,000";
    workloads.push(workload("bytes_asked_parked", what, ASKED, vec![]));
    let what = "what is asked of the allocator for a sleeping task, of 100,000";
    workloads.push(workload("bytes_asked_sleeping", what, ASKED, vec![]));
    let what = "what is asked of the allocator for an idle connection, both ends and a task, of 500";
    let connected = workload("bytes_asked_connection", what, CONNECTED, targets(1.0));
    workloads.push(Workload { per: "connection", count: CONNECTIONS as u32, ..connected });
    workloads
}

fn workload(name: &'static str, what: &'static str, limits: &'static str, targets: Vec<Target>) -> Workload {
    Workload {
        name,
        what,
        limits,
        cost: Cost::Bytes,
        per: "task",
        count: TASKS as u32,
        times: 1,
        answer: 0, // not asked for: the bytes are the answer
        contenders: in_children(name),
        targets,
    }
}

/// How to count.
#[derive(Clone, Copy)]
enum Count {
    Grown,
    Asked,
}

/// The contenders of a workload of this group, in the process that is measured.
fn in_this_process(workload: &str) -> Vec<Contender> {
    match workload {
        "bytes_parked" => contenders!(tasks: parked(Count::Grown)),
        "bytes_sleeping" => contenders!(time: sleeping(Count::Grown)),
        "bytes_asked_parked" => contenders!(tasks: parked(Count::Asked)),
        "bytes_asked_sleeping" => contenders!(time: sleeping(Count::Asked)),
        "bytes_asked_connection" => contenders!(net: connected()),
        _ => panic!("{workload} measures no memory"),
    }
}

/// The same contenders, each of which starts a child to do the work.
fn in_children(workload: &'static str) -> Vec<Contender> {
    let names = in_this_process(workload).into_iter().map(|contender| contender.name);
    names.map(|name| Contender { name, work: Box::new(move |_| in_a_child(workload, name)) }).collect()
}

fn in_a_child(workload: &str, contender: &str) -> u64 {
    let printed = child::this().and_then(|this| child::printed(&this, ["--grow", workload, contender]));
    let bytes = printed.unwrap_or_else(|trouble| panic!("{contender}: {trouble}"));
    bytes.trim().parse().expect("it prints a number")
}

/// What the child does: the bytes that one contender takes at `workload`.
pub(crate) fn grow(workload: &str, contender: &str) -> u64 {
    let mut contenders = in_this_process(workload);
    let one = contenders.iter_mut().find(|one| one.name == contender);
    (one.unwrap_or_else(|| panic!("{contender} does not do {workload}")).work)(1)
}

fn parked<R: Runtime>(count: Count) -> Contender {
    on_fresh(async move |runtime: R| bytes(runtime, count, pending).await)
}

fn sleeping<R: Time>(count: Count) -> Contender {
    on_fresh(async move |runtime: R| bytes(runtime, count, || runtime.sleep(LONG)).await)
}

fn connected<R: Net>() -> Contender {
    on_fresh(async |runtime: R| bytes_connected(runtime).await)
}

/// The bytes of all connections, when each has echoed a message and waits for the next.
async fn bytes_connected<R: Net>(runtime: R) -> u64 {
    let mut asked = Vec::with_capacity(CONNECTIONS);
    memory::start_counting();
    let clients = net::connect(runtime, CONNECTIONS as u64).await;
    for client in clients.take() {
        let (client, echoed) = net::talk::<R>(client, 1, MESSAGE).await;
        assert_eq!(echoed, MESSAGE as u64);
        asked.push(client);
    }
    let bytes = memory::stop_counting();
    assert_eq!(asked.len(), CONNECTIONS);
    bytes
}

/// How many of the tasks of this process have begun to wait, and how many have ended.
static BEGUN: AtomicUsize = AtomicUsize::new(0);
static ENDED: AtomicUsize = AtomicUsize::new(0);

/// Holds nothing but what it waits for.
async fn wait_for(what: impl Future<Output = ()>) {
    BEGUN.fetch_add(1, Ordering::Relaxed);
    what.await;
    ENDED.fetch_add(1, Ordering::Relaxed);
}

/// The bytes of all tasks, when each has been polled.
async fn bytes<R: Runtime, F>(runtime: R, count: Count, what: impl Fn() -> F) -> u64
where
    F: Future<Output = ()> + 'static,
{
    // Filled, so that its pages are there before the count begins.
    let mut handles: Vec<_> = (0..TASKS).map(|_| None).collect();
    let before = begin(count);
    for handle in &mut handles {
        *handle = Some(runtime.spawn(wait_for(what())));
    }
    poll_all(runtime).await;
    let bytes = end(count, before);
    let both = [&BEGUN, &ENDED].map(|tasks| tasks.load(Ordering::Relaxed));
    assert_eq!(both, [TASKS, 0], "of the tasks, so many began to wait, and so many did not wait");
    bytes
}

/// Joins one task more until all were polled, at most once for each of them. `yield_now` would not do: monoio polls what wakes itself before all others.
async fn poll_all<R: Runtime>(runtime: R) {
    for _ in 0..TASKS {
        if BEGUN.load(Ordering::Relaxed) == TASKS {
            return;
        }
        runtime.spawn(async {}).await;
    }
}

/// What there is before the first spawn.
fn begin(count: Count) -> u64 {
    match count {
        Count::Grown => resident(),
        Count::Asked => {
            memory::start_counting();
            0
        }
    }
}

/// What there is more than `before`.
fn end(count: Count, before: u64) -> u64 {
    match count {
        Count::Grown => resident() - before,
        Count::Asked => memory::stop_counting(),
    }
}

/// How many bytes of this process are in memory. `statm` and `status` lag behind by up to some
/// hundred kilobytes.
fn resident() -> u64 {
    let sums = fs::read_to_string("/proc/self/smaps_rollup").expect("Linux tells it");
    let line = sums.lines().find_map(|line| line.strip_prefix("Rss:")).expect("Linux tells it");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("it is a number") * 1024
}
