//! The connections of a listener one after another, past errors that are not the listener's.

use super::blame::Blame;
use crate::net::{TcpListener, TcpStream, socket};
use crate::reactor::{Direction, Waiter};
use crate::time::{Sleep, sleep, sleep_until};
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
        Incoming {
            listener: self,
            waiter: self.source.waiter(Direction::Read),
            rest: None,
            next_rest: REST,
            passed_over: 0,
        }
    }
}

/// The connections of a listener, from [`TcpListener::incoming`].
#[derive(Debug)]
#[must_use = "it accepts nothing unless asked for the next connection"]
pub struct Incoming<'a> {
    listener: &'a TcpListener,
    waiter: Waiter<'a, socket::TcpListener>,
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

    /// [`TcpListener::accept`] as a poll, for an implementation of a trait.
    ///
    /// # Errors
    /// Those of [`TcpListener::accept`].
    pub fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        loop {
            if let Some(rest) = &mut self.rest {
                ready!(Pin::new(rest).poll(cx));
                self.rest = None;
            }
            let accepted = ready!(self.waiter.poll_io(cx, socket::TcpListener::accept));
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
