//! Tasks alone: spawn and join, giving way, and waking one another.
//!
//! The loop by hand stands beside all but `ping_pong`, whose tasks spawn others and wait for
//! them: a loop has no way to spawn and would poll in vain.

use super::{contenders, self_wakes};
use crate::floor::{self, beside_a_loop};
use crate::runtimes::{Net, Runtime, Shirr, on_with};
use crate::workload::{Contender, Cost, Target, Workload};
use futures::channel::oneshot;
use futures_lite::future::yield_now;
use std::future::poll_fn;
use std::pin::pin;

const SPAWNED: u64 = 1_000;
const YIELDING: u64 = 300;
const YIELDS: u64 = 300;
const SELF_WAKES: u32 = 10_000;
const EXCHANGES: u64 = 1_000;

pub(super) fn workloads() -> Vec<Workload> {
    vec![
        Workload {
            name: "spawn_many",
            what: "spawn 1,000 `async { 1 }`, then join them in order and add up",
            limits: "tasks that hold nothing; memory comes from a heap that is used for nothing else",
            cost: Cost::WallTime,
            per: "task",
            count: SPAWNED as u32,
            times: 20,
            answer: SPAWNED,
            contenders: beside_a_loop(contenders!(tasks: spawn_many), SPAWNED, || async { 1 }),
            targets: vec![
                Target { of: "tokio", at_most: 0.25 },
                Target { of: "compio", at_most: 0.6 },
                Target { of: "monoio", at_most: 0.9 },
            ],
        },
        Workload {
            name: "yields",
            what: "300 tasks give way 300 times each",
            limits: "nothing is waited for: only the queue and the poll; all give way by the same future, which \
                     wakes itself: tokio's own would ask the kernel first; monoio polls a task that wakes \
                     itself again at once, before the others; shirr asks the kernel only where a socket is open",
            cost: Cost::WallTime,
            per: "yield",
            count: (YIELDING * YIELDS) as u32,
            times: 1,
            answer: YIELDING * YIELDS,
            contenders: beside_a_loop(yielding(), YIELDING, yields_by_hand),
            targets: vec![Target { of: "tokio", at_most: 0.30 }, Target { of: "compio", at_most: 0.6 }],
        },
        Workload {
            name: "self_wakes",
            what: "one task wakes itself 10,000 times",
            limits: "as `yields`, with a queue of one",
            cost: Cost::WallTime,
            per: "wake",
            count: SELF_WAKES,
            times: 10,
            answer: SELF_WAKES as u64,
            contenders: beside_a_loop(contenders!(tasks: self_wakes_in_a_task), 1, self_wakes_by_hand),
            targets: vec![
                Target { of: "tokio", at_most: 0.30 },
                Target { of: "async-local-executor", at_most: 1.0 },
            ],
        },
        Workload {
            name: "ping_pong",
            what: "1,000 tasks, each with a partner that it spawns, say ping and pong over oneshots",
            limits: "two allocations an exchange are the channels' own, the same for all; what tasks take differs",
            cost: Cost::WallTime,
            per: "exchange",
            count: EXCHANGES as u32,
            times: 5,
            answer: EXCHANGES,
            contenders: contenders!(tasks: ping_pong),
            targets: vec![Target { of: "tokio", at_most: 0.50 }, Target { of: "monoio", at_most: 0.95 }],
        },
    ]
}

async fn spawn_many<R: Runtime>(runtime: R) -> u64 {
    let handles: Vec<_> = (0..SPAWNED).map(|_| runtime.spawn(async { 1 })).collect();
    let mut sum = 0;
    for handle in handles {
        sum += handle.await;
    }
    sum
}

/// shirr twice: tokio, monoio and compio ask the kernel while tasks are ready, shirr does only
/// if it has a socket.
fn yielding() -> Vec<Contender> {
    let with_a_socket =
        on_with(async |runtime: Shirr| runtime.bind().await, async |runtime, _| yields(runtime).await);
    let mut contenders: Vec<_> = contenders!(tasks: yields);
    contenders.push(Contender { name: "shirr, a socket open", ..with_a_socket });
    contenders
}

async fn yields<R: Runtime>(runtime: R) -> u64 {
    let yielding = || give_way(YIELDS, yield_now);
    let handles: Vec<_> = (0..YIELDING).map(|_| runtime.spawn(yielding())).collect();
    let mut sum = 0;
    for handle in handles {
        sum += handle.await;
    }
    sum
}

async fn yields_by_hand() -> u64 {
    give_way(YIELDS, floor::yield_now).await
}

/// Gives way this many times. What it returns is how often it had to wait, so a future that
/// is ready at once does not count.
pub(super) async fn give_way<F: Future<Output = ()>>(times: u64, yield_now: impl Fn() -> F) -> u64 {
    let mut given_way = 0;
    for _ in 0..times {
        let mut once = pin!(yield_now());
        let counted = poll_fn(|cx| {
            let polled = once.as_mut().poll(cx);
            given_way += u64::from(polled.is_pending());
            polled
        });
        counted.await;
    }
    given_way
}

async fn self_wakes_in_a_task<R: Runtime>(runtime: R) -> u64 {
    runtime.spawn(self_wakes(SELF_WAKES)).await
}

/// The same future, whose wakes go nowhere.
async fn self_wakes_by_hand() -> u64 {
    self_wakes(SELF_WAKES).await
}

async fn ping_pong<R: Runtime>(runtime: R) -> u64 {
    let handles: Vec<_> = (0..EXCHANGES).map(|_| runtime.spawn(exchange(runtime))).collect();
    let mut sum = 0;
    for handle in handles {
        sum += handle.await;
    }
    sum
}

async fn exchange<R: Runtime>(runtime: R) -> u64 {
    let (ping, pinged) = oneshot::channel();
    let (pong, ponged) = oneshot::channel();
    runtime.detach(async move { pong.send(pinged.await.unwrap()).unwrap() });
    ping.send(1).unwrap();
    ponged.await.unwrap()
}
