//! Same-thread echo: clients and servers are tasks of one runtime, over loopback.
//!
//! The connections are made before the first round; what is measured is the round trips.
//! Both runtimes' streams have `TCP_NODELAY` on both ends and use the same buffers.

use crate::row::{Cost, Row, Target};
use crate::sides::{shirr_with, tokio_with};
use std::cell::RefCell;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const BYTES: usize = 64;
const TRIPS: u64 = 2_000;

pub(super) fn rows() -> Vec<Row> {
    let row = |name, what, connections: u64, target| Row {
        name,
        what,
        cost: Cost::WallTime,
        per: "round trip",
        count: TRIPS as u32,
        times: 1,
        answer: TRIPS * BYTES as u64,
        target,
        left: shirr_with(async move || connect_shirr(connections).await, echo_shirr),
        right: tokio_with(async move || connect_tokio(connections).await, echo_tokio),
    };
    let least = Some(Target::Ratio(1.0));
    vec![
        row("echo_1", "echo of 64 bytes, 1 connection: shirr / tokio", 1, None),
        row("echo_64", "echo of 64 bytes, 64 connections: shirr / tokio", 64, least),
    ]
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
    let mut buffer = [0; BYTES];
    while stream.read_exact(&mut buffer).await.is_ok() {
        stream.write_all(&buffer).await.unwrap();
    }
}

async fn serve_tokio(mut stream: tokio::net::TcpStream) {
    let mut buffer = [0; BYTES];
    while stream.read_exact(&mut buffer).await.is_ok() {
        stream.write_all(&buffer).await.unwrap();
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
    let (mut echoed, mut buffer) = (0, [0; BYTES]);
    for trip in 0..trips {
        let sent = [trip as u8; BYTES];
        stream.write_all(&sent).await.unwrap();
        stream.read_exact(&mut buffer).await.unwrap();
        assert_eq!(buffer, sent);
        echoed += buffer.len() as u64;
    }
    (stream, echoed)
}

async fn trip_tokio(mut stream: tokio::net::TcpStream, trips: u64) -> (tokio::net::TcpStream, u64) {
    let (mut echoed, mut buffer) = (0, [0; BYTES]);
    for trip in 0..trips {
        let sent = [trip as u8; BYTES];
        stream.write_all(&sent).await.unwrap();
        stream.read_exact(&mut buffer).await.unwrap();
        assert_eq!(buffer, sent);
        echoed += buffer.len() as u64;
    }
    (stream, echoed)
}
