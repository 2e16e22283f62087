//! Accepting connections.

use super::addrs::ToAddrs;
use super::lookup::lookup_host;
use super::stream::TcpStream;
use crate::reactor::{Direction, Source, Waiter};
use crate::runtime::current;
use crate::time::{Sleep, sleep, sleep_until};
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// How long accepting rests when the system is short of something, for the first time in a
/// row and at most. It doubles in between, as in Go's net/http; asyncio waits a second.
const REST: Duration = Duration::from_millis(5);
const LONGEST_REST: Duration = Duration::from_secs(1);

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
    pub(super) source: Source<mio::net::TcpListener>,
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
    /// Those of [`lookup_host`], and the last address's when none can be bound.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    pub async fn bind(addr: impl ToAddrs) -> io::Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::InvalidInput, "no address to bind was given");
        for addr in lookup_host(addr).await? {
            match mio::net::TcpListener::bind(addr) {
                Ok(socket) => return widen(&socket).and_then(|()| Self::register(socket)),
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
        Ok(Self { source: Source::new(&core.reactor, socket, Some(Direction::Read))? })
    }

    /// Waits for a connection; returns it and the address of its other end.
    ///
    /// Several tasks may accept at once. Cancel safe: dropped early, no connection is lost.
    ///
    /// A connection that was given up before it was accepted is passed over. While the
    /// process or the system is out of descriptors or memory (`EMFILE` and its kin), this
    /// rests, 5 ms at first and up to a second, and tries again, for as long as it takes:
    /// the clients wait in the queue meanwhile, and the first that fits is accepted by
    /// itself. Who must know of it puts a [`timeout`](crate::time::timeout) around.
    ///
    /// # Errors
    /// The system's others, after which accepting again may or may not help.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let mut incoming = self.incoming();
        poll_fn(|cx| incoming.poll_accept(cx)).await
    }

    /// The connections as they come, without end.
    ///
    /// ```
    /// # use shirr::net::{TcpListener, TcpStream};
    /// # shirr::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let _client = TcpStream::connect(listener.local_addr()?).await?;
    /// let mut incoming = listener.incoming();
    /// while let Some(stream) = incoming.next().await {
    ///     let stream = stream?;
    ///     drop(shirr::spawn(async move { stream.write_all(b"hello").await }));
    ///     # break;
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming { listener: self, waiter: self.source.waiter(Direction::Read), rest: None, next_rest: REST }
    }

    /// The address it listens on, with the port that the system picked for port 0.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().local_addr()
    }
}

/// The connections of a listener, from [`TcpListener::incoming`].
#[derive(Debug)]
#[must_use = "it accepts nothing unless asked for the next connection"]
pub struct Incoming<'a> {
    listener: &'a TcpListener,
    waiter: Waiter<'a, mio::net::TcpListener>,
    /// Until when nothing is tried.
    rest: Option<Sleep>,
    next_rest: Duration,
}

impl Incoming<'_> {
    /// The next connection, as [`TcpListener::accept`] has it. It is never `None`: an
    /// `Option`, so that loops read as with a stream. Cancel safe.
    ///
    /// # Errors
    /// Those of [`TcpListener::accept`].
    pub async fn next(&mut self) -> Option<io::Result<TcpStream>> {
        let next = Next(self);
        Some(poll_fn(|cx| next.0.poll_accept(cx)).await.map(|(stream, _)| stream))
    }

    /// [`TcpListener::accept`] as a poll, for those who implement a trait of their own.
    ///
    /// # Errors
    /// Those of [`TcpListener::accept`].
    pub fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        loop {
            if let Some(rest) = &mut self.rest {
                ready!(Pin::new(rest).poll(cx));
                self.rest = None;
            }
            match ready!(self.waiter.poll_io(cx, mio::net::TcpListener::accept)) {
                Ok((socket, addr)) => {
                    self.next_rest = REST;
                    let stream = TcpStream::accepted(&self.listener.source, socket);
                    return Poll::Ready(stream.map(|stream| (stream, addr)));
                }
                Err(error) if was_given_up(&error) => {}
                Err(error) if is_shortage(&error) => {
                    self.rest = Some(sleep(self.next_rest));
                    self.next_rest = LONGEST_REST.min(2 * self.next_rest);
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

/// A wait for the next connection. Given up, it leaves neither waker nor timer behind (I8),
/// and the rest goes on with the next.
struct Next<'a, 'b>(&'a mut Incoming<'b>);

impl Drop for Next<'_, '_> {
    fn drop(&mut self) {
        self.0.waiter.leave();
        self.0.rest = self.0.rest.take().map(|rest| sleep_until(rest.deadline()));
    }
}

/// Gives the listener a queue for the connections of thousands.
#[cfg(feature = "socket2")]
fn widen(socket: &mio::net::TcpListener) -> io::Result<()> {
    socket2::SockRef::from(socket).listen(4096)
}

/// Neither mio nor `std` can give a listener another queue than that of 128.
#[cfg(not(feature = "socket2"))]
fn widen(_: &mio::net::TcpListener) -> io::Result<()> {
    Ok(())
}

/// Whether the error is of one connection, which was gone before it was accepted. Linux
/// hands out by `accept` what has happened to the connection on the way.
fn was_given_up(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionReset, HostUnreachable, NetworkDown, NetworkUnreachable,
    };
    let kinds = [ConnectionAborted, ConnectionReset, HostUnreachable, NetworkDown, NetworkUnreachable];
    kinds.contains(&error.kind())
}

/// Whether the process or the system has no descriptor or no memory for a connection now.
fn is_shortage(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::OutOfMemory
        || error.raw_os_error().is_some_and(|code| SHORTAGE.contains(&code))
}

/// `ENFILE` and `EMFILE`, which are the same on every Unix, and `ENOBUFS`: Linux's, the BSDs'.
#[cfg(unix)]
const SHORTAGE: [i32; 4] = [23, 24, 105, 55];

/// `WSAEMFILE` and `WSAENOBUFS`.
#[cfg(not(unix))]
const SHORTAGE: [i32; 2] = [10024, 10055];
