//! A server on threads; a test says what each of its connections does.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Longer than anything here takes, unless it hangs.
pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// A server, until it is dropped.
#[derive(Debug)]
pub(crate) struct Hostile {
    addr: SocketAddr,
    stopped: Arc<AtomicBool>,
    accepting: Option<thread::JoinHandle<()>>,
}

impl Hostile {
    /// Runs `serve` with each connection and its number, from zero.
    pub(crate) fn start(serve: impl Fn(usize, &TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let (stopped, serve) = (Arc::new(AtomicBool::new(false)), Arc::new(serve));
        let accepting = thread::spawn({
            let stopped = Arc::clone(&stopped);
            move || {
                for (number, stream) in listener.incoming().enumerate() {
                    if stopped.load(Ordering::SeqCst) {
                        return;
                    }
                    let (stream, serve) = (stream.unwrap(), Arc::clone(&serve));
                    stream.set_read_timeout(Some(LONG)).unwrap();
                    stream.set_write_timeout(Some(LONG)).unwrap();
                    thread::spawn(move || serve(number, &stream));
                }
            }
        });
        Self { addr, stopped, accepting: Some(accepting) }
    }

    /// As an argument.
    pub(crate) fn url(&self) -> String {
        format!("--url=http://{}/", self.addr)
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.addr); // ends the wait for a connection
        let _ = self.accepting.take().unwrap().join();
    }
}

/// Answers each request until the client closes.
pub(crate) fn behave(mut stream: &TcpStream) {
    while has_request(stream) && stream.write_all(ANSWER).is_ok() {}
}

/// Reads a request; false when the client has closed.
pub(crate) fn has_request(mut stream: &TcpStream) -> bool {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => request.push(byte[0]),
            _ => return false,
        }
    }
    true
}

/// Whether the other end closes, or has, in time. Bytes that come before are dropped.
pub(crate) fn is_closed_by_client(mut stream: &TcpStream) -> bool {
    loop {
        match stream.read(&mut [0; 1024]) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
}
