//! Same-thread echo: clients and servers live in one thread, over loopback.
//!
//! The connections are made before the first round; what is measured is the round trips.
//! All sides have `TCP_NODELAY` on both ends, and all read into buffers with more room than
//! a message takes, as an echo server does that is not told the size: a read that comes back
//! short has emptied the socket, so nobody needs to ask again. The third side is the
//! [`floor`]: the same work without a runtime.

#[cfg(target_os = "linux")]
mod floor;

use crate::row::{Cost, Row, Side, Target};
use crate::sides::{shirr_with, tokio_with};
use std::cell::RefCell;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A message.
pub(crate) const BYTES: usize = 64;

/// Of every buffer.
pub(crate) const ROOM: usize = 256;

/// Round trips in one measurement, over all connections.
pub(crate) const TRIPS: u64 = 2_000;

pub(super) fn rows() -> Vec<Row> {
    let row = |name, what, most, [left, right]: [Side; 2]| Row {
        name,
        what,
        cost: Cost::WallTime,
        per: "round trip",
        count: TRIPS as u32,
        times: 1,
        answer: TRIPS * BYTES as u64,
        target: Some(Target::Ratio(most)),
        left,
        right,
    };
    vec![
        row("echo_1", "echo of 64 bytes, 1 connection: shirr / tokio", 0.95, [on_shirr(1), on_tokio(1)]),
        row("echo_64", "echo of 64 bytes, 64 connections: shirr / tokio", 1.0, [on_shirr(64), on_tokio(64)]),
        #[cfg(target_os = "linux")]
        row("echo_1_floor", "the same, 1 connection: shirr / epoll by hand", 1.06, [on_shirr(1), by_hand(1)]),
        #[cfg(target_os = "linux")]
        row(
            "echo_64_floor",
            "the same, 64 connections: shirr / epoll by hand",
            1.06,
            [on_shirr(64), by_hand(64)],
        ),
    ]
}

pub(crate) fn on_shirr(connections: u64) -> Side {
    shirr_with(async move || connect_shirr(connections).await, echo_shirr)
}

pub(crate) fn on_tokio(connections: u64) -> Side {
    tokio_with(async move || connect_tokio(connections).await, echo_tokio)
}

/// The floor: epoll, sockets, and a state for each connection.
#[cfg(target_os = "linux")]
pub(crate) fn by_hand(connections: u64) -> Side {
    let mut connected = None;
    Box::new(move |times| {
        let floor = connected.get_or_insert_with(|| floor::Loop::connect(connections));
        (0..times).map(|_| floor.echo()).sum()
    })
}

/// The clients' ends, here between the rounds; the servers' ends are in their tasks.
type Clients<S> = RefCell<Vec<S>>;

async fn connect_shirr(connections: u64) -> Clients<shirr::net::TcpStream> {
    let listener = shirr::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let mut clients = Vec::new();
    for _ in 0..connections {
        let client = shirr::net::TcpStream::connect(addr).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        drop(shirr::spawn(serve_shirr(server)));
        clients.push(client);
    }
    RefCell::new(clients)
}

async fn connect_tokio(connections: u64) -> Clients<tokio::net::TcpStream> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let mut clients = Vec::new();
    for _ in 0..connections {
        let client = tokio::net::TcpStream::connect(addr).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        drop(tokio::spawn(serve_tokio(server)));
        clients.push(client);
    }
    RefCell::new(clients)
}

async fn serve_shirr(stream: shirr::net::TcpStream) {
    let mut buffer = [0; ROOM];
    loop {
        let n = stream.read(&mut buffer).await.unwrap();
        if n == 0 {
            return;
        }
        stream.write_all(&buffer[..n]).await.unwrap();
    }
}

async fn serve_tokio(mut stream: tokio::net::TcpStream) {
    let mut buffer = [0; ROOM];
    loop {
        let n = stream.read(&mut buffer).await.unwrap();
        if n == 0 {
            return;
        }
        stream.write_all(&buffer[..n]).await.unwrap();
    }
}

async fn echo_shirr(clients: &Clients<shirr::net::TcpStream>) -> u64 {
    let streams = clients.take();
    let trips = trips_each(streams.len());
    let tasks: Vec<_> = streams.into_iter().zip(trips).map(|(s, n)| shirr::spawn(trip_shirr(s, n))).collect();
    let mut echoed = 0;
    for task in tasks {
        let (stream, bytes) = task.await.unwrap();
        clients.borrow_mut().push(stream);
        echoed += bytes;
    }
    echoed
}

async fn echo_tokio(clients: &Clients<tokio::net::TcpStream>) -> u64 {
    let streams = clients.take();
    let trips = trips_each(streams.len());
    let tasks: Vec<_> = streams.into_iter().zip(trips).map(|(s, n)| tokio::spawn(trip_tokio(s, n))).collect();
    let mut echoed = 0;
    for task in tasks {
        let (stream, bytes) = task.await.unwrap();
        clients.borrow_mut().push(stream);
        echoed += bytes;
    }
    echoed
}

/// All trips, dealt out evenly; the first connections get those that are left over.
fn trips_each(connections: usize) -> impl Iterator<Item = u64> {
    let connections = connections as u64;
    (0..connections).map(move |number| TRIPS / connections + u64::from(number < TRIPS % connections))
}

async fn trip_shirr(stream: shirr::net::TcpStream, trips: u64) -> (shirr::net::TcpStream, u64) {
    let (mut echoed, mut buffer) = (0, [0; ROOM]);
    for trip in 0..trips {
        let sent = [trip as u8; BYTES];
        stream.write_all(&sent).await.unwrap();
        let mut got = 0;
        while got < BYTES {
            let n = stream.read(&mut buffer[got..]).await.unwrap();
            assert!(n > 0, "the server has gone");
            got += n;
        }
        assert_eq!(buffer[..got], sent);
        echoed += got as u64;
    }
    (stream, echoed)
}

async fn trip_tokio(mut stream: tokio::net::TcpStream, trips: u64) -> (tokio::net::TcpStream, u64) {
    let (mut echoed, mut buffer) = (0, [0; ROOM]);
    for trip in 0..trips {
        let sent = [trip as u8; BYTES];
        stream.write_all(&sent).await.unwrap();
        let mut got = 0;
        while got < BYTES {
            let n = stream.read(&mut buffer[got..]).await.unwrap();
            assert!(n > 0, "the server has gone");
            got += n;
        }
        assert_eq!(buffer[..got], sent);
        echoed += got as u64;
    }
    (stream, echoed)
}
