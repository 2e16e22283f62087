//! A server with files, on threads, that can be told to send less or other than it should.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// How a file is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Whole,
    /// The connection is closed in the middle.
    Cut,
    /// One bit is another.
    Damaged,
    /// It ends early, and the answer's head has the shorter length.
    Short,
    /// The middle is reached, and never left.
    Stalled,
}

/// Serves files and their list until it is dropped, one request a connection.
#[derive(Debug)]
pub(crate) struct Shelf {
    addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<thread::JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    files: Vec<(String, Vec<u8>, Way)>,
    list: Vec<u8>,
    stopped: AtomicBool,
    /// How many requests for files there were, the list apart.
    asked: AtomicUsize,
}

impl Shelf {
    pub(crate) fn start(files: &[(&str, &[u8], Way)]) -> Self {
        let line = |&(name, content, _): &(&str, &[u8], Way)| {
            format!("{:08x} {} {name}\n", crc32fast::hash(content), content.len())
        };
        Self::with_list(files, files.iter().map(line).collect())
    }

    /// A shelf whose list does not need to fit its files.
    pub(crate) fn with_list(files: &[(&str, &[u8], Way)], list: String) -> Self {
        Self::with_raw_list(files, list.into_bytes())
    }

    pub(crate) fn with_raw_list(files: &[(&str, &[u8], Way)], list: Vec<u8>) -> Self {
        let files = files.iter().map(|(name, content, way)| (format!("/{name}"), content.to_vec(), *way));
        let shared = Arc::new(Shared {
            files: files.collect(),
            list,
            stopped: AtomicBool::new(false),
            asked: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let accepting = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.accept(&listener)
        });
        Self { addr, shared, accepting: Some(accepting) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.addr)
    }

    pub(crate) fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.addr); // ends the wait for a connection
        let ended = self.accepting.take().unwrap().join();
        assert!(thread::panicking() || ended.is_ok(), "the server panicked");
    }
}

impl Shared {
    fn accept(self: Arc<Self>, listener: &TcpListener) {
        loop {
            let (stream, _) = listener.accept().unwrap();
            if self.stopped.load(Ordering::SeqCst) {
                return;
            }
            let shared = Arc::clone(&self);
            // A client that is killed breaks its connections off; that is no failure here.
            thread::spawn(move || drop(shared.serve(&stream)));
        }
    }

    fn serve(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        let mut request = BufReader::new(stream).lines();
        let first = request.next().unwrap_or_else(|| Ok(String::new()))?;
        while request.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let path = first.split(' ').nth(1).unwrap_or_default();
        if path == "/files.txt" {
            return send(stream, self.list.len(), &self.list);
        }
        self.asked.fetch_add(1, Ordering::SeqCst);
        let Some((_, content, way)) = self.files.iter().find(|(name, ..)| name == path) else {
            return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        };
        let half = &content[..content.len() / 2];
        match way {
            Way::Whole => send(stream, content.len(), content),
            Way::Cut => send(stream, content.len(), half),
            Way::Short => send(stream, half.len(), half),
            Way::Damaged => send(stream, content.len(), &flipped(content)),
            Way::Stalled => {
                send(stream, content.len(), half)?;
                BufReader::new(stream).lines().for_each(drop); // until the client has gone
                Ok(())
            }
        }
    }
}

fn send(mut stream: &TcpStream, length: usize, body: &[u8]) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")?;
    stream.write_all(body)
}

/// The same with one bit changed, as damage does.
fn flipped(content: &[u8]) -> Vec<u8> {
    let mut content = content.to_vec();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    content
}
