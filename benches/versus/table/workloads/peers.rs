//! What other runtimes measure themselves by: async-executor's benches, tokio's, and that of
//! the futures crate, written anew for all of them.
//!
//! The loop by hand stands beside the two whose tasks are known at the start and do not wait
//! for each other. In the others a task spawns the next or waits for another: without a
//! scheduler that is a call, or polling in vain, and neither is the same work.

use super::contenders;
use crate::floor::beside_a_loop;
use crate::runtimes::Runtime;
use crate::workload::{Cost, Workload};
use async_channel::{Receiver, Sender, bounded};
use futures::channel::oneshot;
use futures::stream::{FuturesUnordered, StreamExt};
use std::pin::Pin;

const LIGHT: u64 = 25_000;
const CHAINS: u64 = 300;
const LEVELS: u64 = 300;
const LINKS: u64 = 1_000;
const STATIONS: u64 = 300;
const TOKENS: u64 = 300;
const REQUESTS: u64 = 1_000;
const ONESHOTS: u64 = 10_000;

pub(super) fn workloads() -> Vec<Workload> {
    spawning().into_iter().chain(messages()).collect()
}

fn spawning() -> [Workload; 4] {
    [
        Workload {
            name: "spawn_one",
            what: "spawn one `async { 1 }` and join it",
            limits: "an otherwise empty queue; memory comes from a heap that is used for nothing else",
            cost: Cost::WallTime,
            per: "task",
            count: 1,
            times: 10_000,
            answer: 1,
            contenders: beside_a_loop(contenders!(tasks: spawn_one), 1, || async { 1 }),
            targets: vec![],
        },
        Workload {
            name: "spawn_many_local",
            what: "spawn 25,000 `async { 1 }`, then join them in order and add up",
            limits: "as `spawn_many`, but with more tasks than the nearest caches hold",
            cost: Cost::WallTime,
            per: "task",
            count: LIGHT as u32,
            times: 1,
            answer: LIGHT,
            contenders: beside_a_loop(contenders!(tasks: spawn_many_local), LIGHT, || async { 1 }),
            targets: vec![],
        },
        Workload {
            name: "spawn_recursively",
            what: "300 chains of 300 tasks, each of which spawns the next, boxed, and joins it",
            limits: "a box for each task is the workload's own, the same for all",
            cost: Cost::WallTime,
            per: "task",
            count: (CHAINS * LEVELS) as u32,
            times: 1,
            answer: CHAINS * LEVELS,
            contenders: contenders!(tasks: spawn_recursively),
            targets: vec![],
        },
        Workload {
            name: "chained_spawn",
            what: "1,000 tasks, each of which spawns the next; the last says so over a oneshot",
            limits: "one or two tasks at a time, so their memory is used again at once; none is joined; \
                     compio enters the kernel once for each",
            cost: Cost::WallTime,
            per: "task",
            count: LINKS as u32,
            times: 10,
            answer: LINKS,
            contenders: contenders!(tasks: chained_spawn),
            targets: vec![],
        },
    ]
}

fn messages() -> [Workload; 3] {
    [
        Workload {
            name: "channels",
            what: "300 tokens, one after the other, go round 300 tasks through channels of one place",
            limits: "one task can run at a time; what async-channel takes is in it, the same for all",
            cost: Cost::WallTime,
            per: "hop",
            count: (STATIONS * TOKENS) as u32,
            times: 1,
            answer: STATIONS * TOKENS,
            contenders: contenders!(tasks: channels),
            targets: vec![],
        },
        Workload {
            name: "request_reply",
            what: "1,000 requests to a task through a channel of 10 places, each answered over a oneshot",
            limits: "one request at a time, from one task; the channels' own cost is in it, the same for all",
            cost: Cost::WallTime,
            per: "request",
            count: REQUESTS as u32,
            times: 10,
            answer: (1..=REQUESTS).sum(),
            contenders: contenders!(tasks: request_reply),
            targets: vec![],
        },
        Workload {
            name: "futures_unordered",
            what: "a task takes 10,000 oneshots from a `FuturesUnordered`; another fires them in order",
            limits: "nearly all of it is `FuturesUnordered`: the task itself is woken a few times only",
            cost: Cost::WallTime,
            per: "oneshot",
            count: ONESHOTS as u32,
            times: 2,
            answer: (1..=ONESHOTS).sum(),
            contenders: contenders!(tasks: futures_unordered),
            targets: vec![],
        },
    ]
}

async fn spawn_one<R: Runtime>(runtime: R) -> u64 {
    runtime.spawn(async { 1 }).await
}

async fn spawn_many_local<R: Runtime>(runtime: R) -> u64 {
    let handles: Vec<_> = (0..LIGHT).map(|_| runtime.spawn(async { 1 })).collect();
    let mut sum = 0;
    for handle in handles {
        sum += handle.await;
    }
    sum
}

async fn spawn_recursively<R: Runtime>(runtime: R) -> u64 {
    let handles: Vec<_> = (0..CHAINS).map(|_| runtime.spawn(nest(runtime, LEVELS))).collect();
    let mut sum = 0;
    for handle in handles {
        sum += handle.await;
    }
    sum
}

/// How many levels there are from here. Boxed, since a future cannot contain its own kind.
fn nest<R: Runtime>(runtime: R, levels: u64) -> Pin<Box<dyn Future<Output = u64>>> {
    Box::pin(async move {
        match levels {
            1 => 1,
            _ => 1 + runtime.spawn(nest(runtime, levels - 1)).await,
        }
    })
}

async fn chained_spawn<R: Runtime>(runtime: R) -> u64 {
    let (done, is_done) = oneshot::channel();
    chain(runtime, done, 0);
    is_done.await.unwrap()
}

fn chain<R: Runtime>(runtime: R, done: oneshot::Sender<u64>, spawned: u64) {
    match spawned {
        LINKS => done.send(spawned).unwrap(),
        _ => runtime.detach(async move { chain(runtime, done, spawned + 1) }),
    }
}

/// The task that measures closes the ring. A token counts its hops, and the next goes on from there.
async fn channels<R: Runtime>(runtime: R) -> u64 {
    let (first, mut last) = bounded(1);
    let mut stations = Vec::new();
    for _ in 0..STATIONS {
        let (to, next) = bounded(1);
        stations.push(runtime.spawn(pass_on(last, to)));
        last = next;
    }
    let mut hops = 0;
    for _ in 0..TOKENS {
        first.send(hops).await.unwrap();
        hops = last.recv().await.unwrap();
    }
    for station in stations {
        station.await;
    }
    hops
}

async fn pass_on(from: Receiver<u64>, to: Sender<u64>) {
    for _ in 0..TOKENS {
        let hops = from.recv().await.unwrap();
        to.send(hops + 1).await.unwrap();
    }
}

async fn request_reply<R: Runtime>(runtime: R) -> u64 {
    let (requests, received) = bounded(10);
    let server = runtime.spawn(serve(received));
    let mut sum = 0;
    for request in 0..REQUESTS {
        let (reply, replied) = oneshot::channel();
        requests.send((request, reply)).await.unwrap();
        sum += replied.await.unwrap();
    }
    drop(requests);
    server.await;
    sum
}

/// Answers with the next number, until the requests' channel closes.
async fn serve(requests: Receiver<(u64, oneshot::Sender<u64>)>) {
    while let Ok((request, reply)) = requests.recv().await {
        reply.send(request + 1).unwrap();
    }
}

async fn futures_unordered<R: Runtime>(runtime: R) -> u64 {
    let (shots, mut hits): (Vec<_>, FuturesUnordered<_>) = (0..ONESHOTS).map(|_| oneshot::channel()).unzip();
    let all_fired = runtime.spawn(async move {
        for (shot, number) in shots.into_iter().zip(1..) {
            shot.send(number).unwrap();
        }
    });
    let mut sum: u64 = 0;
    while let Some(hit) = hits.next().await {
        sum += hit.unwrap();
    }
    all_fired.await;
    sum
}
