//! A wake from another thread, there and back.
//!
//! The task and the thread wait for each other in turn, both asleep in between, so that
//! this is the price of waking a sleeping loop.
//!
//! Both are on one core. Across cores a wake takes some 3 µs or, where the other core has gone to
//! sleep itself, some twenty times as long, and the system's choice of a core hides all that a
//! runtime does.

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
        what: "a task asks an OS thread on the same core and sleeps until the answer wakes it",
        limits: "most of it is the kernel's scheduler; to bring another core out of its sleep takes \
                 some twenty times as long, on any runtime; a loop that has no sockets to watch sleeps \
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

async fn remote_wake<R: Runtime>(runtime: R) -> u64 {
    stay_on_one_core();
    runtime.spawn(round_trips(answering_thread())).await
}

/// Until the process ends, which measures nothing else. Where a system cannot do that, the
/// threads run where it likes.
fn stay_on_one_core() {
    if let Some(&core) = core_affinity::get_core_ids().as_deref().and_then(<[_]>::first) {
        core_affinity::set_for_current(core);
    }
}

type Requests = mpsc::Sender<oneshot::Sender<u64>>;

/// A thread that answers every request with a one, until the requests' channel closes.
fn answering_thread() -> Requests {
    let (requests, inbox) = mpsc::channel::<oneshot::Sender<u64>>();
    thread::spawn(move || {
        stay_on_one_core();
        inbox.iter().for_each(|request| request.send(1).unwrap());
    });
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
