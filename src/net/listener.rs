//! Accepting connections.

use super::branches::{ToAddrs, first_of, widen};
use super::socket;
use super::stream::TcpStream;
use crate::reactor::{Direction, Source};
use crate::runtime::current;
use std::fmt;
use std::future::poll_fn;
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
pub struct TcpListener {
    pub(super) source: Source<socket::TcpListener>,
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl TcpListener {
    /// Listens on the first of the addresses that can be bound; port 0 picks a free one.
    ///
    /// The address may be reused at once after an earlier listener (`SO_REUSEADDR`, on
    /// Unix). At most 128 connections may wait to be accepted, as with `std`, and 4,096 with
    /// the feature `socket2`; a client that finds the queue full tries again after a second.
    /// Cancel safe.
    ///
    /// # Errors
    /// Those of [`lookup_host`](super::lookup_host), and the last address's when none can be bound.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    pub async fn bind(addr: impl ToAddrs) -> io::Result<Self> {
        let socket = first_of("bind", addr, socket::TcpListener::bind).await?;
        widen(&socket)?;
        Self::register(socket)
    }

    #[track_caller]
    pub(super) fn register(socket: socket::TcpListener) -> io::Result<Self> {
        let core = current("shirr::net::TcpListener");
        Ok(Self { source: Source::new(&core.reactor, socket, Some(Direction::Read))? })
    }

    /// Waits for a connection; returns it and the address of its other end.
    ///
    /// Several tasks may accept at once; which of them gets a connection is not promised. Cancel
    /// safe: dropped early, no connection is lost.
    ///
    /// An error of the system's is about one of three things:
    ///
    /// | about | is | then this |
    /// |---|---|---|
    /// | one connection, which is lost: reset, timed out, forbidden by a firewall | `ECONNABORTED`, `ECONNRESET`, `ENETDOWN`, `ENETUNREACH`, `EHOSTUNREACH`, `ETIMEDOUT`, `EPERM`, `EACCES`, `EPROTO`; on Linux `ENOPROTOOPT`, `EHOSTDOWN`, `ENONET`, `EOPNOTSUPP`, `EPROTONOSUPPORT`, `ESOCKTNOSUPPORT`, too; on Windows `WSAECONNRESET`, `WSAENOTCONN` and their like | passes over it, and rests 5 ms after every 128 |
    /// | a shortage of descriptors or memory, in the process or the system | `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`, `ENOSR`, `ENOSPC`; `WSAEMFILE`, `WSAENOBUFS`, `WSAENETDOWN`, `ERROR_NO_SYSTEM_RESOURCES` | rests 5 ms at first and up to a second, and tries again, for as long as it takes |
    /// | the listener | all others, as `EINVAL` when it listens no longer | returns the error |
    ///
    /// While it rests, the clients wait in the queue. A caller that must know of a shortage puts a
    /// [`timeout`](crate::time::timeout) around.
    ///
    /// # Errors
    /// Those about the listener. Accepting again will hardly help.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let mut incoming = self.incoming();
        poll_fn(|cx| incoming.poll_accept(cx)).await
    }

    /// The address it listens on, with the port that the system picked for port 0.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().local_addr()
    }
}
