//! Accepting connections.

use super::branches::{Blame, ToAddrs, lookup_host};
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

/// How many lost connections are passed over without a rest.
const PASSED_OVER: u32 = 128;

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
    #[track_caller]
    pub fn from_std(socket: std::net::TcpListener) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Self::register(mio::net::TcpListener::from_std(socket))
    }

    #[track_caller]
    fn register(socket: mio::net::TcpListener) -> io::Result<Self> {
        let core = current("shirr::net::TcpListener");
        Ok(Self { source: Source::new(&core.reactor, socket, Some(Direction::Read))? })
    }

    /// Waits for a connection; returns it and the address of its other end.
    ///
    /// Several tasks may accept at once. Cancel safe: dropped early, no connection is lost.
    ///
    /// An error of the system's is about one of three things:
    ///
    /// | about | is | then this |
    /// |---|---|---|
    /// | one connection, which is lost: reset, timed out, forbidden by a firewall | `ECONNABORTED`, `ECONNRESET`, `ENETDOWN`, `ENETUNREACH`, `EHOSTUNREACH`, `ETIMEDOUT`, `EPERM`, `EACCES`, `EPROTO`; on Linux `ENOPROTOOPT`, `EHOSTDOWN`, `ENONET`, `EOPNOTSUPP`, `EPROTONOSUPPORT`, `ESOCKTNOSUPPORT`, too; on Windows `WSAECONNRESET`, `WSAENOTCONN` and their like | passes over it, and rests 5 ms after every 128 |
    /// | a shortage of descriptors or memory, in the process or the system | `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`, `ENOSR`, `ENOSPC`; `WSAEMFILE`, `WSAENOBUFS`, `WSAENETDOWN`, `ERROR_NO_SYSTEM_RESOURCES` | rests 5 ms at first and up to a second, and tries again, for as long as it takes |
    /// | the listener | all others, as `EINVAL` when it listens no longer | returns the error |
    ///
    /// While it rests, the clients wait in the queue. Who must know of a shortage puts a
    /// [`timeout`](crate::time::timeout) around.
    ///
    /// # Errors
    /// Those about the listener. Accepting again will hardly help.
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
        Incoming {
            listener: self,
            waiter: self.source.waiter(Direction::Read),
            rest: None,
            next_rest: REST,
            passed_over: 0,
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

/// The connections of a listener, from [`TcpListener::incoming`].
#[derive(Debug)]
#[must_use = "it accepts nothing unless asked for the next connection"]
pub struct Incoming<'a> {
    listener: &'a TcpListener,
    waiter: Waiter<'a, mio::net::TcpListener>,
    /// Until when nothing is tried.
    rest: Option<Sleep>,
    next_rest: Duration,
    /// Connections lost since the last rest for them.
    passed_over: u32,
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
            let accepted = ready!(self.waiter.poll_io(cx, mio::net::TcpListener::accept));
            let watched = accepted
                .and_then(|(socket, addr)| Ok((TcpStream::accepted(&self.listener.source, socket)?, addr)));
            match watched.as_ref().map_err(Blame::of) {
                Err(Blame::Connection) => self.pass_over(),
                Err(Blame::Shortage) => self.take_a_rest(),
                Ok(_) | Err(Blame::Listener) => {
                    (self.next_rest, self.passed_over) = (REST, 0);
                    return Poll::Ready(watched);
                }
            }
        }
    }

    /// Twice as long each time, until a connection is accepted.
    fn take_a_rest(&mut self) {
        self.rest = Some(sleep(self.next_rest));
        self.next_rest = LONGEST_REST.min(2 * self.next_rest);
    }

    /// Rests now and then, so that an error that never ends does not keep a processor busy.
    fn pass_over(&mut self) {
        self.passed_over = (self.passed_over + 1) % PASSED_OVER;
        if self.passed_over == 0 {
            self.take_a_rest();
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
