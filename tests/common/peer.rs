//! The other end of a connection: `std`'s blocking sockets on a thread.

use shirr::net::TcpStream;
use std::io;
use std::net::{self, SocketAddr};
use std::thread::{self, JoinHandle};

/// A blocking server for one connection; `serve` is the whole of it.
pub(crate) fn peer<T: Send + 'static>(
    serve: impl FnOnce(net::TcpStream) -> T + Send + 'static,
) -> (SocketAddr, JoinHandle<T>) {
    let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    (addr, thread::spawn(move || serve(listener.accept().unwrap().0)))
}

/// The same, already connected to.
pub(crate) async fn connected<T: Send + 'static>(
    serve: impl FnOnce(net::TcpStream) -> T + Send + 'static,
) -> (TcpStream, JoinHandle<T>) {
    let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let from = stream.local_addr().unwrap();
    // Another program may connect to a port that was another one's a moment ago.
    let ours = move || loop {
        let (socket, addr) = listener.accept().unwrap();
        if addr == from {
            return socket;
        }
    };
    (stream, thread::spawn(move || serve(ours())))
}

/// Two ends of one connection, the second of which is `std`'s.
pub(crate) async fn pair() -> (TcpStream, net::TcpStream) {
    let (stream, thread) = connected(|socket| socket).await;
    (stream, thread.join().unwrap())
}

/// An address at which no server listens, and none will as long as this lives: it is the
/// nearer end of a connection.
pub(crate) struct Closed {
    pub(crate) addr: SocketAddr,
    _connection: [net::TcpStream; 2],
}

impl Closed {
    pub(crate) fn new() -> Self {
        let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let near = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let far = listener.accept().unwrap().0;
        Self { addr: near.local_addr().unwrap(), _connection: [near, far] }
    }
}

/// Bytes that look random, so that no shift or swap of them goes unseen.
pub(crate) fn pattern(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut word = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state ^ (state >> 29)).to_le_bytes()
    };
    (0..len.div_ceil(8)).flat_map(|_| word()).take(len).collect()
}

/// What comes until the other end closes.
pub(crate) async fn read_to_end(stream: &TcpStream) -> io::Result<Vec<u8>> {
    let (mut all, mut buf) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buf).await? {
            0 => return Ok(all),
            n => all.extend_from_slice(&buf[..n]),
        }
    }
}
