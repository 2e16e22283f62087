//! Servers to run the examples against, none of them on shirr.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// What a server does with one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Answers each request, and keeps the connection.
    Answer,
    /// Answers one request, and closes without having said so.
    AnswerOnce,
    /// Answers each request with an error status.
    NotFound,
    /// Answers in chunks, with extensions and a trailer.
    Chunks,
    /// Answers; the body ends with the connection.
    UntilClose,
    /// Answers byte by byte.
    Drip,
    /// Closes in the middle of the body.
    Cut,
    /// Answers one request, and closes in the middle of the next answer.
    AnswerThenCut,
    /// Reads the request and closes without an answer.
    Close,
    /// Answers with something else than HTTP.
    Babble,
    /// Breaks the connection off.
    Reset,
    /// Never answers.
    Stall,
    /// Answers one request, when no client can connect any more.
    AnswerAsLast,
}

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const NOT_FOUND: &[u8] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
const CHUNKS: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
    2;a=b\r\nhe\r\n3\r\nllo\r\n0;last\r\nX-Trailer: yes\r\n\r\n";
const UNTIL_CLOSE: &[u8] = b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\nhello";

/// A server on threads, one a connection, until it is dropped.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<thread::JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    stopped: AtomicBool,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

impl Peer {
    /// A server that treats its `n`th connection as `act(n)` says.
    pub(crate) fn start(act: impl Fn(usize) -> Act + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            stopped: AtomicBool::new(false),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
        });
        let accepting = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.accept(listener, act)
        });
        Self { addr, shared, accepting: Some(accepting) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.addr)
    }

    /// How many connections were open at the same time, at most.
    pub(crate) fn most_open(&self) -> usize {
        self.shared.most_open.load(Ordering::SeqCst)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.addr); // ends the wait for a connection, if it waits
        let ended = self.accepting.take().unwrap().join();
        assert!(thread::panicking() || ended.is_ok(), "the server panicked");
    }
}

impl Shared {
    fn accept(self: Arc<Self>, listener: TcpListener, act: impl Fn(usize) -> Act) {
        for number in 0.. {
            let (stream, _) = listener.accept().unwrap();
            if self.stopped.load(Ordering::SeqCst) {
                return;
            }
            let act = act(number);
            let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_open.fetch_max(open, Ordering::SeqCst);
            if act == Act::AnswerAsLast {
                drop(listener);
                perform(act, &stream);
                return;
            }
            let shared = Arc::clone(&self);
            thread::spawn(move || {
                perform(act, &stream);
                shared.open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    }
}

/// What fails here fails because the client has gone, which is its right.
fn perform(mut act: Act, mut stream: &TcpStream) {
    if act == Act::Reset {
        // Closing a socket with unread bytes in it resets the connection.
        let _ = stream.peek(&mut [0]);
        return;
    }
    while read_request(stream) {
        let _ = match act {
            Act::Answer | Act::AnswerOnce | Act::AnswerThenCut | Act::AnswerAsLast => {
                stream.write_all(ANSWER)
            }
            Act::NotFound => stream.write_all(NOT_FOUND),
            Act::Chunks => stream.write_all(CHUNKS),
            Act::UntilClose => stream.write_all(UNTIL_CLOSE),
            Act::Drip => drip(stream),
            Act::Cut => stream.write_all(&ANSWER[..ANSWER.len() - 2]),
            Act::Babble => stream.write_all(b"220 mail.example ESMTP\r\n"),
            Act::Close | Act::Reset | Act::Stall => Ok(()),
        };
        act = match act {
            Act::Answer | Act::NotFound | Act::Chunks | Act::Drip | Act::Stall => act,
            Act::AnswerThenCut => Act::Cut,
            _ => return,
        };
    }
}

fn drip(mut stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    for byte in ANSWER {
        stream.write_all(&[*byte])?;
        thread::sleep(Duration::from_micros(200));
    }
    Ok(())
}

/// Reads to the end of a request's head; false when the client has closed.
fn read_request(mut stream: &TcpStream) -> bool {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") {
        if !matches!(stream.read(&mut byte), Ok(1)) {
            return false;
        }
        request.push(byte[0]);
    }
    assert!(request.starts_with(b"GET /"), "{:?}", String::from_utf8_lossy(&request));
    true
}

/// Python's own server, or on a machine without Python one of ours.
#[derive(Debug)]
pub(crate) enum Foreign {
    Python(Child, u16),
    Ours(Peer),
}

const PYTHON: &str = r#"
import http.server

class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *args):
        pass

server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

impl Foreign {
    pub(crate) fn start() -> Self {
        Self::python().unwrap_or_else(|| Self::Ours(Peer::start(|_| Act::Answer)))
    }

    fn python() -> Option<Self> {
        let mut command = Command::new("python3");
        let mut child = command.args(["-c", PYTHON]).stdout(Stdio::piped()).spawn().ok()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take()?).read_line(&mut line).ok()?;
        Some(Self::Python(child, line.trim().parse().ok()?))
    }

    pub(crate) fn port(&self) -> u16 {
        match self {
            Self::Python(_, port) => *port,
            Self::Ours(peer) => peer.addr.port(),
        }
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        if let Self::Python(child, _) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
