//! HTTP/1.1: hyper 1 says hello to clients on its own thread.
//!
//! hyper is the server and the same on every runtime; the clients are written by hand and know
//! just enough: they send one fixed request over connections that are kept, and wait until a
//! response of the length of the first one has come. Both ends have `TCP_NODELAY`.

use super::net::{TRIPS, trips_each};
use crate::runtimes::{Compio, Http, Monoio, Net, Shirr, Smol, Tokio, TokioLocal, on_with};
use crate::workload::{Contender, Cost, Workload};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use std::cell::RefCell;
use std::convert::Infallible;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const STATUS: &[u8] = b"HTTP/1.1 200 OK\r\n";
const BODY: &[u8] = b"Hello, world!";

/// Of a client's buffer: more than a response takes.
const ROOM: usize = 1024;

pub(super) fn workloads() -> Vec<Workload> {
    vec![
        hello("hyper_hello", "hyper answers \"Hello, world!\", 1 connection", 1),
        hello("hyper_hello_64", "hyper answers \"Hello, world!\", 64 connections", 64),
    ]
}

fn hello(name: &'static str, what: &'static str, connections: u64) -> Workload {
    Workload {
        name,
        what,
        limits: "the client's part is in it; on some runtimes hyper needs a wrapper, which is in it too",
        cost: Cost::WallTime,
        per: "request",
        count: TRIPS as u32,
        times: 1,
        answer: TRIPS,
        contenders: vec![
            hello_on::<Shirr>(connections),
            hello_on::<Tokio>(connections),
            hello_on::<TokioLocal>(connections),
            hello_on::<Smol>(connections),
            hello_on::<Monoio>(connections),
            hello_on::<Compio>(connections),
        ],
        targets: vec![],
    }
}

fn hello_on<R: Http>(connections: u64) -> Contender {
    on_with(
        async move |runtime: R| connect(runtime, connections).await,
        async |runtime, clients| ask_all(runtime, &clients).await,
    )
}

/// The clients, here between the rounds; the servers' ends are in their tasks.
type Clients<R> = RefCell<Vec<Client<R>>>;

struct Client<R: Net> {
    stream: R::Stream,
    request: Vec<u8>,
    buffer: Vec<u8>,
    response: Vec<u8>,
    /// Of a whole response, which is the same each time; none before the first one.
    length: Option<usize>,
}

async fn connect<R: Http>(runtime: R, connections: u64) -> Clients<R> {
    let (listener, addr) = runtime.bind().await;
    let mut clients = Vec::new();
    for _ in 0..connections {
        let client = runtime.connect(addr).await;
        let server = runtime.accept(&listener).await;
        R::set_nodelay(&client);
        R::set_nodelay(&server);
        runtime.detach(serve::<R>(server));
        let mut client = Client::new(client);
        client.ask().await;
        clients.push(client);
    }
    RefCell::new(clients)
}

async fn serve<R: Http>(stream: R::Stream) {
    let serving = http1::Builder::new().serve_connection(R::for_hyper(stream), service_fn(answer));
    serving.await.expect("the client stays and asks what it should");
}

async fn answer(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(BODY))))
}

async fn ask_all<R: Http>(runtime: R, clients: &Clients<R>) -> u64 {
    let asking = clients.take();
    let requests = trips_each(asking.len());
    let ask = |(client, requests)| runtime.spawn(ask::<R>(client, requests));
    let tasks: Vec<_> = asking.into_iter().zip(requests).map(ask).collect();
    let mut answered = 0;
    for task in tasks {
        let (client, responses) = task.await;
        clients.borrow_mut().push(client);
        answered += responses;
    }
    answered
}

/// Gives the client back, and how many responses it got.
async fn ask<R: Net>(mut client: Client<R>, requests: u64) -> (Client<R>, u64) {
    let mut responses = 0;
    for _ in 0..requests {
        client.ask().await;
        responses += 1;
    }
    (client, responses)
}

impl<R: Net> Client<R> {
    fn new(stream: R::Stream) -> Self {
        let (request, buffer) = (REQUEST.to_vec(), vec![0; ROOM]);
        Self { stream, request, buffer, response: Vec::with_capacity(ROOM), length: None }
    }

    /// Asks once, waits for the whole response and looks at its ends.
    async fn ask(&mut self) {
        let request = std::mem::take(&mut self.request);
        self.request = R::write_all(&mut self.stream, request, REQUEST.len()).await;
        self.response.clear();
        while self.length.is_none_or(|length| self.response.len() < length) {
            let (n, buffer) = R::read(&mut self.stream, std::mem::take(&mut self.buffer)).await;
            assert!(n > 0, "the server has gone");
            self.response.extend_from_slice(&buffer[..n]);
            self.buffer = buffer;
            self.length = self.length.or_else(|| length_of(&self.response));
        }
        assert_eq!(Some(self.response.len()), self.length, "more came than was asked for");
        assert!(self.response.starts_with(STATUS) && self.response.ends_with(BODY));
    }
}

/// How long a response is whose head has come.
fn length_of(response: &[u8]) -> Option<usize> {
    let head = response.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let fields = std::str::from_utf8(&response[..head]).expect("hyper writes ASCII");
    let length = fields.lines().find_map(|field| field.strip_prefix("content-length: "));
    Some(head + length.expect("the body is known beforehand").parse::<usize>().unwrap())
}
