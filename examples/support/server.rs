//! A small HTTP/1.1 server on shirr, in a thread of its own.
//!
//! It stands for a server somewhere else that takes its time: every answer waits a while.
//! What it answers to which path is the business of whoever starts it.
//! One task accepts, and a task a connection reads requests, sleeps and answers.

use super::buffer::Buffer;
use shirr::net::{TcpListener, TcpStream};
use shirr::time::sleep;
use shirr::{AbortHandle, Runtime, spawn};
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

const BAD: &[u8] = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// How many connections may wait to be accepted; a thousand clients that come at once come
/// faster than any loop accepts. One that finds the queue full tries again after a second.
const BACKLOG: i32 = 4096;

/// The longest head of a request that is taken.
const MAX_HEAD: usize = 16 * 1024;

/// What the server says to one request, and how long it takes for that.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) after: Duration,
    /// As the first line has it: `200 OK`.
    pub(crate) status: &'static str,
    pub(crate) body: Vec<u8>,
}

/// A running server; dropping it ends it, with every connection it has.
#[derive(Debug)]
pub(crate) struct Server {
    addr: SocketAddr,
    accepting: AbortHandle,
    thread: Option<thread::JoinHandle<()>>,
}

/// What the server's thread has to tell once it listens.
type Started = io::Result<(SocketAddr, AbortHandle)>;

impl Server {
    /// Starts a server on a free port of the loopback interface. It gives each request the
    /// answer that `answer` makes of the path.
    ///
    /// # Errors
    /// When it cannot listen, or there can be no other thread.
    pub(crate) fn start(answer: impl Fn(&str) -> Answer + Send + 'static) -> io::Result<Self> {
        let (started, news) = channel();
        let thread = thread::Builder::new().name("server".into()).spawn(move || run(answer, &started))?;
        let ended = |_| Err(io::Error::other("the server's thread ended before it listened"));
        let (addr, accepting) = news.recv().unwrap_or_else(ended)?;
        Ok(Self { addr, accepting, thread: Some(thread) })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort(); // from this thread to that one: the runtime's inbox carries it
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The life of the server's thread: until the accepting task is aborted. The connections'
/// tasks are dropped with the runtime.
fn run(answer: impl Fn(&str) -> Answer + 'static, started: &Sender<Started>) {
    let serve = |runtime: Runtime| {
        runtime.block_on(async {
            let socket = std::net::TcpListener::bind("127.0.0.1:0")?;
            SockRef::from(&socket).listen(BACKLOG)?;
            let listener = TcpListener::from_std(socket)?;
            let addr = listener.local_addr()?;
            let accepting = spawn(accept(listener, Rc::new(answer)));
            let _ = started.send(Ok((addr, accepting.abort_handle())));
            let _ = accepting.await;
            Ok(())
        })
    };
    if let Err(error) = Runtime::new().and_then(serve) {
        let _ = started.send(Err(error));
    }
}

async fn accept(listener: TcpListener, answer: Rc<impl Fn(&str) -> Answer + 'static>) {
    // A lost connection or a lack of descriptors is no error here: `accept` goes on by itself.
    while let Ok((stream, _)) = listener.accept().await {
        // Without its handle the task goes on alone; a client that breaks off ends it.
        drop(spawn(serve(stream, Rc::clone(&answer))));
    }
}

/// The requests of one connection, one after another.
async fn serve(stream: TcpStream, answer: Rc<impl Fn(&str) -> Answer>) -> io::Result<()> {
    let mut buffer = Buffer::default();
    loop {
        match parse_request(buffer.received()) {
            Request::Whole { length, path } => {
                let Answer { after, status, body } = answer(path);
                buffer.consume(length);
                sleep(after).await;
                let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
                stream.write_all(&[head.as_bytes(), &body].concat()).await?;
            }
            Request::Partial if buffer.received().len() < MAX_HEAD => {
                if buffer.fill(&stream).await? == 0 {
                    return Ok(());
                }
            }
            Request::Partial | Request::Wrong => return stream.write_all(BAD).await,
        }
    }
}

enum Request<'a> {
    /// A GET, with the length of its head.
    Whole {
        length: usize,
        path: &'a str,
    },
    Partial,
    /// Not HTTP, or more than this server knows to answer.
    Wrong,
}

fn parse_request(received: &[u8]) -> Request<'_> {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(received) {
        Ok(httparse::Status::Complete(length)) if request.method == Some("GET") => {
            Request::Whole { length, path: request.path.unwrap_or("/") }
        }
        Ok(httparse::Status::Partial) => Request::Partial,
        _ => Request::Wrong,
    }
}
