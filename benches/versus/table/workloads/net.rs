//! TCP: echo, where clients and servers live on one thread, and new connections.
//!
//! Echo's connections are made before the first round; what is measured is the round trips.
//! Both ends have `TCP_NODELAY`, and read into buffers with more room than a message takes, as
//! an echo server does that does not know the size: a short read has emptied the socket, so no
//! further read is needed. The last contender is the same work without a
//! runtime, in `../epoll.rs`.

use crate::runtimes::{Compio, Monoio, Net, Shirr, Smol, Tokio, TokioLocal, on_with};
use crate::workload::{Contender, Cost, Target, Workload};
use std::cell::RefCell;
use std::net::SocketAddr;

/// Of every buffer.
pub(crate) const ROOM: usize = 256;

/// Round trips in one measurement, over all connections.
pub(crate) const TRIPS: u64 = 2_000;

/// Few, since each leaves a port that cannot be used again for a minute.
const PAIRS: u64 = 80;

pub(super) fn workloads() -> Vec<Workload> {
    let mut workloads = echoes();
    workloads.push(Workload {
        name: "connect_accept",
        what: "connect, accept, then drop both ends, 80 pairs one after the other",
        limits: "what closing costs is in it only as far as a runtime closes at once",
        cost: Cost::WallTime,
        per: "pair",
        count: PAIRS as u32,
        times: 1,
        answer: PAIRS,
        contenders: vec![
            pairs_on::<Shirr>(),
            pairs_on::<Tokio>(),
            pairs_on::<TokioLocal>(),
            pairs_on::<Smol>(),
            pairs_on::<Monoio>(),
            pairs_on::<Compio>(),
        ],
        targets: vec![],
    });
    workloads
}

fn echoes() -> Vec<Workload> {
    let targets = |tokio, floor| {
        vec![Target { of: "tokio", at_most: tokio }, Target { of: "epoll by hand", at_most: floor }]
    };
    vec![
        echo("echo_1_byte", "echo of 1 byte, 1 connection", 1, 1, vec![]),
        echo("echo_1", "echo of 64 bytes, 1 connection", 1, 64, targets(0.95, 1.06)),
        echo("echo_64", "echo of 64 bytes, 64 connections", 64, 64, targets(1.0, 1.06)),
    ]
}

fn echo(
    name: &'static str,
    what: &'static str,
    connections: u64,
    bytes: usize,
    mut targets: Vec<Target>,
) -> Workload {
    let contenders = vec![
        echo_on::<Shirr>(connections, bytes),
        echo_on::<Tokio>(connections, bytes),
        echo_on::<TokioLocal>(connections, bytes),
        echo_on::<Smol>(connections, bytes),
        echo_on::<Monoio>(connections, bytes),
        echo_on::<Compio>(connections, bytes),
        #[cfg(target_os = "linux")]
        echo_by_hand(connections, bytes),
    ];
    // Elsewhere there is no floor to keep to.
    targets.retain(|target| contenders.iter().any(|contender| contender.name == target.of));
    Workload {
        name,
        what,
        limits: "both ends share a thread, so the kernel's part is twice a server's, and no event waits for the loop",
        cost: Cost::WallTime,
        per: "round trip",
        count: TRIPS as u32,
        times: 1,
        answer: TRIPS * bytes as u64,
        contenders,
        targets,
    }
}

/// Echo of messages of `bytes` bytes, which must leave room in a buffer.
fn echo_on<R: Net>(connections: u64, bytes: usize) -> Contender {
    assert!(bytes < ROOM);
    on_with(
        async move |runtime: R| connect(runtime, connections).await,
        async move |runtime, clients| echo_all(runtime, &clients, bytes).await,
    )
}

/// The floor: epoll, sockets, and a state for each connection.
#[cfg(target_os = "linux")]
fn echo_by_hand(connections: u64, bytes: usize) -> Contender {
    let mut connected = None;
    let work = move |times| {
        let floor = connected.get_or_insert_with(|| crate::epoll::Loop::connect(connections, bytes));
        (0..times).map(|_| floor.echo()).sum()
    };
    Contender { name: "epoll by hand", work: Box::new(work) }
}

/// The clients' ends, here between the rounds; the servers' ends are in their tasks.
pub(super) type Clients<R> = RefCell<Vec<<R as Net>::Stream>>;

pub(super) async fn connect<R: Net>(runtime: R, connections: u64) -> Clients<R> {
    let (listener, addr) = runtime.bind().await;
    let mut clients = Vec::new();
    for _ in 0..connections {
        let client = runtime.connect(addr).await;
        let server = runtime.accept(&listener).await;
        R::set_nodelay(&client);
        R::set_nodelay(&server);
        runtime.detach(serve::<R>(server));
        clients.push(client);
    }
    RefCell::new(clients)
}

async fn serve<R: Net>(mut stream: R::Stream) {
    let (mut n, mut buffer) = R::read(&mut stream, vec![0; ROOM]).await;
    while n > 0 {
        buffer = R::write_all(&mut stream, buffer, n).await;
        (n, buffer) = R::read(&mut stream, buffer).await;
    }
}

async fn echo_all<R: Net>(runtime: R, clients: &Clients<R>, bytes: usize) -> u64 {
    let streams = clients.take();
    let trips = trips_each(streams.len());
    let talk = |(stream, trips)| runtime.spawn(talk::<R>(stream, trips, bytes));
    let tasks: Vec<_> = streams.into_iter().zip(trips).map(talk).collect();
    let mut echoed = 0;
    for task in tasks {
        let (stream, bytes) = task.await;
        clients.borrow_mut().push(stream);
        echoed += bytes;
    }
    echoed
}

/// All trips, dealt out evenly; the first connections get those that are left over.
pub(crate) fn trips_each(connections: usize) -> impl Iterator<Item = u64> {
    let connections = connections as u64;
    (0..connections).map(move |number| TRIPS / connections + u64::from(number < TRIPS % connections))
}

/// A client's part; gives the stream back, and how many bytes came back over it.
pub(super) async fn talk<R: Net>(mut stream: R::Stream, trips: u64, bytes: usize) -> (R::Stream, u64) {
    let (mut message, mut buffer, mut echoed) = (vec![0; ROOM], vec![0; ROOM], 0);
    for trip in 0..trips {
        message[..bytes].fill(trip as u8);
        message = R::write_all(&mut stream, message, bytes).await;
        let mut got = 0;
        while got < bytes {
            let n;
            (n, buffer) = R::read(&mut stream, buffer).await;
            assert!(n > 0, "the server has gone");
            assert_eq!(buffer[..n], message[got..bytes][..n], "another message came back");
            got += n;
        }
        echoed += got as u64;
    }
    (stream, echoed)
}

fn pairs_on<R: Net>() -> Contender {
    on_with(
        async |runtime: R| runtime.bind().await,
        async |runtime, bound| pairs(runtime, &bound.0, bound.1).await,
    )
}

async fn pairs<R: Net>(runtime: R, listener: &R::Listener, addr: SocketAddr) -> u64 {
    let mut pairs = 0;
    for _ in 0..PAIRS {
        let client = runtime.connect(addr).await;
        let server = runtime.accept(listener).await;
        drop((client, server));
        pairs += 1;
    }
    pairs
}
