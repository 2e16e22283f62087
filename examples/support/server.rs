//! A small HTTP/1.1 server on shirr, in a thread of its own.
//!
//! It plays a server somewhere else that takes its time: every answer waits a while.
//! What it answers to which path is for the program that starts it to say.
//! One task accepts, and a task a connection reads requests, sleeps and answers.

use super::buffer::Buffer;
use super::head::{connection_says, values};
use httparse::Header;
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{sleep, timeout};
use shirr::{AbortHandle, Runtime, spawn};
use socket2::SockRef;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr};
use std::rc::Rc;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

const BAD: &[u8] = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
const LATE: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// How many connections may wait to be accepted; a thousand clients that come at once come
/// faster than any loop accepts. One that finds the queue full tries again after a second.
const BACKLOG: i32 = 4096;

/// The longest head of a request that is taken.
const MAX_HEAD: usize = 16 * 1024;

/// How many fields it may have.
const MAX_FIELDS: usize = 64;

/// Room for the head of an answer.
const HEAD_ROOM: usize = 128;

/// How long a client has for its next request, and for taking a part of its answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What the server says to one request, and how long it takes for that.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) after: Duration,
    /// As the first line has it: `200 OK`.
    pub(crate) status: &'static str,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn bytes(&self, is_last: bool) -> io::Result<Vec<u8>> {
        let (status, length) = (self.status, self.body.len());
        let close = if is_last { "Connection: close\r\n" } else { "" };
        let mut bytes = Vec::with_capacity(HEAD_ROOM + length);
        write!(bytes, "HTTP/1.1 {status}\r\n{close}Content-Length: {length}\r\n\r\n")?;
        bytes.extend_from_slice(&self.body);
        Ok(bytes)
    }
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
    #[allow(dead_code, reason = "fetch_status lets its user set the limit")]
    pub(crate) fn start(answer: impl Fn(&str) -> Answer + Send + 'static) -> io::Result<Self> {
        Self::with_patience(PATIENCE, answer)
    }

    /// Like [`start`](Self::start), with another limit than [`PATIENCE`].
    ///
    /// # Errors
    /// Those of `start`.
    pub(crate) fn with_patience(
        patience: Duration,
        answer: impl Fn(&str) -> Answer + Send + 'static,
    ) -> io::Result<Self> {
        let (started, news) = channel();
        let service = Service { answer, patience };
        let thread = thread::Builder::new().name("server".into()).spawn(move || run(service, &started))?;
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
fn run(service: Service<impl Fn(&str) -> Answer + 'static>, started: &Sender<Started>) {
    let serve = |runtime: Runtime| {
        runtime.block_on(async {
            let socket = std::net::TcpListener::bind("127.0.0.1:0")?;
            SockRef::from(&socket).listen(BACKLOG)?;
            let listener = TcpListener::from_std(socket)?;
            let addr = listener.local_addr()?;
            let accepting = spawn(accept(listener, Rc::new(service)));
            let _ = started.send(Ok((addr, accepting.abort_handle())));
            let _ = accepting.await;
            Ok(())
        })
    };
    if let Err(error) = Runtime::new().and_then(serve) {
        let _ = started.send(Err(error));
    }
}

async fn accept<F: Fn(&str) -> Answer + 'static>(listener: TcpListener, service: Rc<Service<F>>) {
    // A lost connection or a lack of descriptors is no error here: `accept` goes on by itself.
    while let Ok((stream, _)) = listener.accept().await {
        // Without its handle the task goes on alone; a client that breaks off ends it.
        let service = Rc::clone(&service);
        drop(spawn(async move { service.serve(&stream).await }));
    }
}

/// What all connections share.
struct Service<F> {
    answer: F,
    patience: Duration,
}

/// What follows once a connection's next request is there, or cannot come any more.
enum Next {
    Answer {
        answer: Answer,
        /// The connection closes behind it.
        is_last: bool,
    },
    /// This is said, and the connection closed.
    Refuse(&'static [u8]),
    Close,
}

impl<F: Fn(&str) -> Answer> Service<F> {
    /// The requests of one connection, one after another.
    async fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        let mut buffer = Buffer::default();
        loop {
            // One limit for all of a request: a byte now and then is no progress.
            let next = timeout(self.patience, self.next(stream, &mut buffer)).await;
            match next.unwrap_or_else(|_| Ok(Next::late(&buffer)))? {
                Next::Answer { answer, is_last } => {
                    sleep(answer.after).await;
                    let bytes = answer.bytes(is_last)?;
                    if is_last {
                        return self.send_last(stream, &bytes).await;
                    }
                    self.send(stream, &bytes).await?;
                }
                Next::Refuse(answer) => return self.send_last(stream, answer).await,
                Next::Close => return Ok(()),
            }
        }
    }

    /// Reads until a request is whole. A client that has closed its direction may still read
    /// the answers to what it had sent before.
    async fn next(&self, stream: &TcpStream, buffer: &mut Buffer) -> io::Result<Next> {
        loop {
            match parse_request(buffer.received()) {
                Request::Whole { length, path, is_last } => {
                    let answer = (self.answer)(path);
                    buffer.consume(length);
                    return Ok(Next::Answer { answer, is_last });
                }
                Request::Partial if buffer.received().len() < MAX_HEAD => {
                    if buffer.fill(stream).await? == 0 {
                        return Ok(Next::Close);
                    }
                }
                Request::Partial | Request::Wrong => return Ok(Next::Refuse(BAD)),
            }
        }
    }

    /// Writes all of `bytes` and closes, but hears the client out first, as RFC 9112 9.6 says:
    /// what is unread at the close is a reset, which may overtake the answer.
    async fn send_last(&self, stream: &TcpStream, bytes: &[u8]) -> io::Result<()> {
        self.send(stream, bytes).await?;
        stream.shutdown(Shutdown::Write)?;
        let hear_out = async {
            let mut unread = [0; 1024];
            while stream.read(&mut unread).await? > 0 {}
            Ok(())
        };
        timeout(self.patience, hear_out).await.unwrap_or(Ok(()))
    }

    /// Writes all of `bytes`. A slow reader has the limit for each part that it takes.
    async fn send(&self, stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = timeout(self.patience, stream.write(bytes)).await;
            bytes = &bytes[written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?..];
        }
        Ok(())
    }
}

impl Next {
    /// When the time is over: a client that has begun a request is told, an idle one is not,
    /// lest it take that for the answer to a request that is on its way.
    fn late(buffer: &Buffer) -> Self {
        if buffer.received().is_empty() { Self::Close } else { Self::Refuse(LATE) }
    }
}

enum Request<'a> {
    /// A GET without a body, with the length of its head.
    Whole {
        length: usize,
        path: &'a str,
        /// The client takes no further answer (RFC 9112 9.3).
        is_last: bool,
    },
    Partial,
    /// Not HTTP, or more than this server knows to answer: a body would be taken for the next
    /// request.
    Wrong,
}

fn parse_request(received: &[u8]) -> Request<'_> {
    let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(received, &mut fields) {
        Ok(httparse::Status::Complete(length))
            if request.method == Some("GET") && !has_body(request.headers) =>
        {
            let is_last = request.version == Some(0) || connection_says(request.headers, "close");
            Request::Whole { length, path: request.path.unwrap_or("/"), is_last }
        }
        Ok(httparse::Status::Partial) => Request::Partial,
        _ => Request::Wrong,
    }
}

fn has_body(fields: &[Header<'_>]) -> bool {
    values(fields, "transfer-encoding").next().is_some()
        || values(fields, "content-length").any(|length| length != b"0")
}
