//! Tasks alone: spawn and join, giving way, and waking one another.

use super::self_wakes;
use crate::row::{Cost, Row, Target};
use crate::sides::{shirr, tokio};
use futures::channel::oneshot;

const SPAWNED: u64 = 1_000;
const YIELDING: u64 = 300;
const YIELDS: u64 = 300;
const SELF_WAKES: u32 = 10_000;
const EXCHANGES: u64 = 1_000;

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "spawn_join",
            what: "spawn 1,000 `async {}`, join: shirr / tokio",
            cost: Cost::WallTime,
            per: "task",
            count: SPAWNED as u32,
            times: 20,
            answer: SPAWNED,
            target: Some(Target::Ratio(0.30)),
            left: shirr(spawn_join_shirr),
            right: tokio(spawn_join_tokio),
        },
        Row {
            name: "yields",
            what: "300 tasks × 300 yields: shirr / tokio",
            cost: Cost::WallTime,
            per: "yield",
            count: (YIELDING * YIELDS) as u32,
            times: 1,
            answer: YIELDING * YIELDS,
            target: Some(Target::Ratio(0.35)),
            left: shirr(yields_shirr),
            right: tokio(yields_tokio),
        },
        Row {
            name: "self_wakes",
            what: "a task wakes itself 10,000 times: shirr / tokio",
            cost: Cost::WallTime,
            per: "wake",
            count: SELF_WAKES,
            times: 10,
            answer: 1,
            target: None,
            left: shirr(self_wakes_shirr),
            right: tokio(self_wakes_tokio),
        },
        Row {
            name: "ping_pong",
            what: "ping-pong over oneshots × 1,000: shirr / tokio",
            cost: Cost::WallTime,
            per: "exchange",
            count: EXCHANGES as u32,
            times: 10,
            answer: EXCHANGES,
            target: None,
            left: shirr(ping_pong_shirr),
            right: tokio(ping_pong_tokio),
        },
    ]
}

async fn spawn_join_shirr() -> u64 {
    let handles: Vec<_> = (0..SPAWNED).map(|_| shirr::spawn(async {})).collect();
    let mut joined = 0;
    for handle in handles {
        handle.await.unwrap();
        joined += 1;
    }
    joined
}

async fn spawn_join_tokio() -> u64 {
    let handles: Vec<_> = (0..SPAWNED).map(|_| tokio::spawn(async {})).collect();
    let mut joined = 0;
    for handle in handles {
        handle.await.unwrap();
        joined += 1;
    }
    joined
}

/// With each runtime's own `yield_now`.
async fn yields_shirr() -> u64 {
    let give_way = async || {
        let mut yields = 0;
        for _ in 0..YIELDS {
            shirr::yield_now().await;
            yields += 1;
        }
        yields
    };
    let handles: Vec<_> = (0..YIELDING).map(|_| shirr::spawn(give_way())).collect();
    let mut sum = 0;
    for handle in handles {
        sum += handle.await.unwrap();
    }
    sum
}

async fn yields_tokio() -> u64 {
    let give_way = async || {
        let mut yields = 0;
        for _ in 0..YIELDS {
            tokio::task::yield_now().await;
            yields += 1;
        }
        yields
    };
    let handles: Vec<_> = (0..YIELDING).map(|_| tokio::spawn(give_way())).collect();
    let mut sum = 0;
    for handle in handles {
        sum += handle.await.unwrap();
    }
    sum
}

async fn self_wakes_shirr() -> u64 {
    shirr::spawn(self_wakes(SELF_WAKES)).await.unwrap();
    1
}

async fn self_wakes_tokio() -> u64 {
    tokio::spawn(self_wakes(SELF_WAKES)).await.unwrap();
    1
}

/// A thousand tasks at once, each with a partner that it spawns: one says ping, the other
/// answers pong. The channels are the same on both.
async fn ping_pong_shirr() -> u64 {
    let exchange = async || {
        let (ping, pinged) = oneshot::channel();
        let (pong, ponged) = oneshot::channel();
        drop(shirr::spawn(async move { pong.send(pinged.await.unwrap()).unwrap() }));
        ping.send(1).unwrap();
        ponged.await.unwrap()
    };
    let handles: Vec<_> = (0..EXCHANGES).map(|_| shirr::spawn(exchange())).collect();
    let mut sum = 0;
    for handle in handles {
        sum += handle.await.unwrap();
    }
    sum
}

async fn ping_pong_tokio() -> u64 {
    let exchange = async || {
        let (ping, pinged) = oneshot::channel();
        let (pong, ponged) = oneshot::channel();
        drop(tokio::spawn(async move { pong.send(pinged.await.unwrap()).unwrap() }));
        ping.send(1).unwrap();
        ponged.await.unwrap()
    };
    let handles: Vec<_> = (0..EXCHANGES).map(|_| tokio::spawn(exchange())).collect();
    let mut sum = 0;
    for handle in handles {
        sum += handle.await.unwrap();
    }
    sum
}
