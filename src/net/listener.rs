//! Accepting connections.

use super::addrs::ToAddrs;
use super::lookup::lookup_host;
use super::stream::TcpStream;
use crate::reactor::{Direction, Source};
use crate::runtime::current;
use std::io;
use std::net::SocketAddr;

/// A TCP socket that listens for connections. Dropping it closes it.
///
/// ```
/// use shirr::net::{TcpListener, TcpStream};
///
/// shirr::block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let client = TcpStream::connect(listener.local_addr()?).await?;
///     let (server, from) = listener.accept().await?;
///     assert_eq!(from, client.local_addr()?);
///     # drop(server);
///     # Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
#[derive(Debug)]
pub struct TcpListener {
    source: Source<mio::net::TcpListener>,
}

impl TcpListener {
    /// Listens on the first of the addresses that can be bound; port 0 picks a free one.
    ///
    /// The address may be reused at once after an earlier listener (`SO_REUSEADDR`, on
    /// Unix). At most 128 connections may wait to be accepted, as with `std`; a client that
    /// finds them waiting tries again after a second. Where thousands may come at once,
    /// make the socket elsewhere and use [`from_std`](Self::from_std). Cancel safe.
    ///
    /// # Errors
    /// Those of [`lookup_host`], and the last address's when none can be bound.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    pub async fn bind(addr: impl ToAddrs) -> io::Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::InvalidInput, "no address to bind was given");
        for addr in lookup_host(addr).await? {
            match mio::net::TcpListener::bind(addr) {
                Ok(socket) => return Self::register(socket),
                Err(error) => last = io::Error::new(error.kind(), format!("cannot bind {addr}: {error}")),
            }
        }
        Err(last)
    }

    /// Takes over a listener that was made otherwise, say with the `socket2` crate and a
    /// backlog of its own. It is made non-blocking.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    ///
    /// ```
    /// use shirr::net::TcpListener;
    ///
    /// let socket = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// socket2::SockRef::from(&socket).listen(4096)?;
    /// let listener = shirr::block_on(async { TcpListener::from_std(socket) })?;
    /// # drop(listener);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn from_std(socket: std::net::TcpListener) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Self::register(mio::net::TcpListener::from_std(socket))
    }

    fn register(socket: mio::net::TcpListener) -> io::Result<Self> {
        let core = current("shirr::net::TcpListener");
        Ok(Self { source: Source::new(&core.reactor, socket, Direction::Read)? })
    }

    /// Waits for a connection; returns it and the address of its other end.
    ///
    /// Several tasks may accept at once. Cancel safe: dropped early, no connection is lost.
    ///
    /// # Errors
    /// The system's. A connection that was given up before it was accepted is passed
    /// over; out of descriptors (`EMFILE`, `ENFILE`) is an error, after which waiting a
    /// little and accepting again is right.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        loop {
            match self.source.io(Direction::Read, mio::net::TcpListener::accept).await {
                Ok((socket, addr)) => {
                    return Ok((TcpStream::accepted(&self.source, socket)?, addr));
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The address it listens on, with the port that the system picked for port 0.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().local_addr()
    }
}
