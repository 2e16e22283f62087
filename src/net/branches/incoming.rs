//! The connections of a listener one after another, past errors that are not the listener's.

// `Accepts` names what is underneath a socket, and there is no third listener.
#![allow(private_bounds)]

use super::blame::Blame;
use crate::net::{TcpListener, TcpStream, socket};
use crate::reactor::{Direction, Source, Waiter};
use crate::time::{Sleep, sleep, sleep_until};
use mio::event;
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

impl TcpListener {
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
        Incoming::new(self, &self.source)
    }

    /// [`accept`](Self::accept) as a poll of a listener that is shared, for an implementation of a
    /// trait. Which tasks are woken is said at [`TcpStream::poll_read`].
    ///
    /// It keeps nothing from one poll to the next, so it cannot rest, as
    /// [`Incoming::poll_accept`] does: a shortage of descriptors or memory is an error, after
    /// which the caller should [`sleep`](crate::time::sleep()), or it would try at full speed.
    /// Errors of one connection are passed over.
    ///
    /// # Errors
    /// Those about the listener or a shortage; see the table at [`accept`](Self::accept).
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        loop {
            let accepted = ready!(self.source.poll_shared(Direction::Read, cx, |socket| socket.accept()));
            let watched = accepted.and_then(|(socket, addr)| Ok((self.watch(socket)?, addr)));
            if watched.as_ref().map_err(Blame::of).err() != Some(Blame::Connection) {
                return Poll::Ready(watched);
            }
        }
    }
}

/// What listens for connections: TCP's, and on Unix that of a path.
pub trait Listener: fmt::Debug {
    /// A connection.
    type Stream;
    /// The address of its other end.
    type Addr;
}

/// How it accepts them, in two steps, for the second may fail by itself.
pub(crate) trait Accepts: Listener {
    /// What the reactor watches.
    type Socket: event::Source + fmt::Debug;
    /// A connection as the system gives it.
    type Accepted;

    /// One attempt to accept.
    fn attempt(&self, socket: &Self::Socket) -> io::Result<(Self::Accepted, Self::Addr)>;

    /// Has the reactor of the listener watch the connection.
    fn watch(&self, accepted: Self::Accepted) -> io::Result<Self::Stream>;
}

impl Listener for TcpListener {
    type Stream = TcpStream;
    type Addr = SocketAddr;
}

impl Accepts for TcpListener {
    type Socket = socket::TcpListener;
    type Accepted = socket::TcpStream;

    fn attempt(&self, socket: &Self::Socket) -> io::Result<(Self::Accepted, SocketAddr)> {
        socket.accept()
    }

    fn watch(&self, accepted: Self::Accepted) -> io::Result<TcpStream> {
        TcpStream::accepted(&self.source, accepted)
    }
}

/// The connections of a listener, from [`TcpListener::incoming`] or, on Unix, of a `UnixListener`.
#[derive(Debug)]
#[must_use = "it accepts nothing unless asked for the next connection"]
pub struct Incoming<'a, L: Accepts = TcpListener> {
    listener: &'a L,
    waiter: Waiter<'a, L::Socket>,
    /// Until when nothing is tried.
    rest: Option<Sleep>,
    next_rest: Duration,
    /// Connections lost since the last rest for them.
    passed_over: u32,
}

impl<'a, L: Accepts> Incoming<'a, L> {
    pub(super) fn new(listener: &'a L, source: &'a Source<L::Socket>) -> Self {
        let waiter = source.waiter(Direction::Read);
        Self { listener, waiter, rest: None, next_rest: REST, passed_over: 0 }
    }

    /// The next connection, as [`TcpListener::accept`] has it. It is never `None`: an
    /// `Option`, so that loops read as with a stream. Cancel safe.
    ///
    /// # Errors
    /// Those of [`TcpListener::accept`].
    pub async fn next(&mut self) -> Option<io::Result<L::Stream>> {
        let next = Next(self);
        Some(poll_fn(|cx| next.0.poll_accept(cx)).await.map(|(stream, _)| stream))
    }

    /// [`TcpListener::accept`] as a poll, for an implementation of a trait.
    ///
    /// # Errors
    /// Those of [`TcpListener::accept`].
    pub fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(L::Stream, L::Addr)>> {
        loop {
            if let Some(rest) = &mut self.rest {
                ready!(Pin::new(rest).poll(cx));
                self.rest = None;
            }
            let listener = self.listener;
            let accepted = ready!(self.waiter.poll_io(cx, |socket| listener.attempt(socket)));
            let watched = accepted.and_then(|(socket, addr)| Ok((listener.watch(socket)?, addr)));
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
struct Next<'a, 'b, L: Accepts>(&'a mut Incoming<'b, L>);

impl<L: Accepts> Drop for Next<'_, '_, L> {
    fn drop(&mut self) {
        self.0.waiter.leave();
        self.0.rest = self.0.rest.take().map(|rest| sleep_until(rest.deadline()));
    }
}
