//! async-executor's web server, without a web: connections that are served from a cache or
//! ask a database, which is one task.
//!
//! How much each connection asks for is random but the same each time, on every runtime: a
//! connection draws from a generator of its own, which is forked from the seed before any of
//! them runs. What the database has to do for a request comes with the request. So the order
//! in which a runtime lets them run cannot change what there is to do.

use super::contenders;
use super::tasks::give_way;
use crate::runtimes::Runtime;
use crate::workload::{Cost, Workload};
use async_channel::{Receiver, Sender, bounded};
use fastrand::Rng;
use futures::channel::oneshot;
use futures_lite::future::yield_now;

const CONNECTIONS: usize = 300;
const SEED: u64 = 0x1234_5678;
/// Room for fewer requests than connections make at the same time.
const PLACES: usize = 60;

pub(super) fn workloads() -> Vec<Workload> {
    let due = Sum::due();
    vec![Workload {
        name: "web_server",
        what: "300 connections: half give way once; half ask one task 150 to 299 times, which gives \
               way up to 9 times before each reply, and then give way 3 to 15 times",
        limits: "no sockets; giving way is as in `yields`; most of it is one task that gives way while the others wait for it",
        cost: Cost::WallTime,
        per: "reply",
        count: due.replies as u32,
        times: 1,
        answer: due.replies + due.yields,
        contenders: contenders!(tasks: web_server),
        targets: vec![],
    }]
}

struct Request {
    yields: u64,
    reply: oneshot::Sender<()>,
}

async fn web_server<R: Runtime>(runtime: R) -> u64 {
    let (requests, received) = bounded(PLACES);
    let database = runtime.spawn(database(received));
    let connections: Vec<_> =
        visitors().map(|visitor| runtime.spawn(connection(visitor, requests.clone()))).collect();
    drop(requests);
    let mut sum = 0;
    for connection in connections {
        sum += connection.await;
    }
    sum + database.await
}

/// How often it had a reply, and how often it gave way.
async fn connection(mut visitor: Visitor, requests: Sender<Request>) -> u64 {
    if visitor.is_cached() {
        return give_way(1, yield_now).await;
    }
    let mut replies = 0;
    for _ in 0..visitor.requests() {
        let (reply, replied) = oneshot::channel();
        let yields = visitor.yields_of_database();
        requests.send(Request { yields, reply }).await.unwrap();
        replied.await.unwrap();
        replies += 1;
    }
    replies + give_way(visitor.yields(), yield_now).await
}

/// How often it gave way, when the last connection is gone.
async fn database(requests: Receiver<Request>) -> u64 {
    let mut given_way = 0;
    while let Ok(Request { yields, reply }) = requests.recv().await {
        given_way += give_way(yields, yield_now).await;
        reply.send(()).unwrap();
    }
    given_way
}

/// What one connection is going to want. Its questions are asked in the order they stand here.
struct Visitor(Rng);

fn visitors() -> impl Iterator<Item = Visitor> {
    let mut random = Rng::with_seed(SEED);
    (0..CONNECTIONS).map(move |_| Visitor(random.fork()))
}

impl Visitor {
    fn is_cached(&mut self) -> bool {
        self.0.bool()
    }

    fn requests(&mut self) -> u64 {
        self.0.u64(150..300)
    }

    /// Asked before each request.
    fn yields_of_database(&mut self) -> u64 {
        self.0.u64(..10)
    }

    fn yields(&mut self) -> u64 {
        self.0.u64(3..=15)
    }
}

/// What all connections want together.
#[derive(Default)]
struct Sum {
    replies: u64,
    yields: u64,
}

impl Sum {
    /// By a plain loop, without tasks.
    fn due() -> Self {
        let mut due = Self::default();
        for mut visitor in visitors() {
            if visitor.is_cached() {
                due.yields += 1;
                continue;
            }
            let requests = visitor.requests();
            due.replies += requests;
            due.yields += (0..requests).map(|_| visitor.yields_of_database()).sum::<u64>();
            due.yields += visitor.yields();
        }
        due
    }
}
