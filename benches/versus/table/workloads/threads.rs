//! A wake from another thread, there and back.
//!
//! The task and the thread wait for each other in turn, both asleep in between, so that
//! this is the price of waking a sleeping loop.

use super::contenders;
use crate::runtimes::Runtime;
use crate::workload::{Cost, Target, Workload};
use futures::channel::oneshot;
use std::sync::mpsc;
use std::thread;

const TRIPS: u64 = 1_000;

pub(super) fn workloads() -> Vec<Workload> {
    vec![Workload {
        name: "remote_wake",
        what: "a task asks an OS thread and sleeps until the answer wakes it",
        limits: "most of it is the kernel's scheduler; a loop that has no sockets to watch sleeps \
                 where waking costs less, as LocalPool's and async-local-executor's do",
        cost: Cost::WallTime,
        per: "round trip",
        count: TRIPS as u32,
        times: 1,
        answer: TRIPS,
        // Not monoio, whose wakers must stay on their thread.
        contenders: contenders!(
            remote_wake: Shirr, Tokio, TokioLocal, Smol, Compio, AsyncLocalExecutor, LocalPool
        ),
        targets: vec![Target { of: "tokio", at_most: 1.0 }],
    }]
}

/// The thread is a new one each time: where the system places it decides what a wake takes,
/// and one that stayed would carry its luck through all rounds.
async fn remote_wake<R: Runtime>(runtime: R) -> u64 {
    runtime.spawn(round_trips(answering_thread())).await
}

type Requests = mpsc::Sender<oneshot::Sender<u64>>;

/// A thread that answers every request with a one, until nobody can ask any more.
fn answering_thread() -> Requests {
    let (requests, inbox) = mpsc::channel::<oneshot::Sender<u64>>();
    thread::spawn(move || inbox.iter().for_each(|request| request.send(1).unwrap()));
    requests
}

async fn round_trips(thread: Requests) -> u64 {
    let mut answered = 0;
    for _ in 0..TRIPS {
        let (request, answer) = oneshot::channel();
        thread.send(request).unwrap();
        answered += answer.await.unwrap();
    }
    answered
}
