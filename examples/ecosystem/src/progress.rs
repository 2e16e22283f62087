//! Limits for a peer that stops: one that takes no more of what it is sent, and one whose
//! request body no longer comes. A recipe to copy: hyper limits only how long a head may take.
//!
//! Both limits count from the last progress, so a slow but steady peer has all the time that it
//! needs; for the whole there is [`timeout`](shirr::time::timeout). nginx names them
//! `send_timeout` and `client_body_timeout`; the crates tokio-io-timeout and tower-http have
//! them for tokio, as `TimeoutWriter` and `TimeoutBody`.

use crate::Failure;
use futures_util::io::{AsyncRead, AsyncWrite};
use hyper::body::{Body, Frame, SizeHint};
use hyper::rt::{self, ReadBufCursor};
use shirr::net::TcpStream;
use shirr::time::{Sleep, sleep};
use socket2::SockRef;
use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// Lets an operation wait for so long.
#[derive(Debug)]
struct Patience {
    limit: Duration,
    waiting: Option<Sleep>,
}

impl Patience {
    fn new(limit: Duration) -> Self {
        Self { limit, waiting: None }
    }

    /// Passes on what an operation has come to, or `None` if it has waited for too long. What is
    /// there wins, however late this is asked.
    fn poll<T>(&mut self, cx: &mut Context<'_>, operation: Poll<T>) -> Poll<Option<T>> {
        if let Poll::Ready(done) = operation {
            self.waiting = None;
            return Poll::Ready(Some(done));
        }
        let limit = self.limit;
        let waiting = self.waiting.get_or_insert_with(|| sleep(limit));
        Pin::new(waiting).poll(cx).map(|()| None)
    }
}

/// A connection whose other end has to take what it is sent: a write that makes no progress for
/// so long is an error. It speaks hyper's traits and those of futures-io.
///
/// Progress is a byte that the kernel takes, which on Linux holds some 4 MB that a client has
/// not read. So the limit finds a client that stops in a long answer; one that leaves a short
/// answer unread is found when its next request does not come.
///
/// A connection that failed so is reset: otherwise the kernel would keep those megabytes and
/// offer them to the client for minutes after it was closed. It is what nginx calls
/// `reset_timedout_connection`.
#[derive(Debug)]
pub struct WriteLimit {
    stream: TcpStream,
    patience: Patience,
}

impl WriteLimit {
    /// For a connection that has just been made.
    pub fn new(stream: TcpStream, limit: Duration) -> Self {
        Self { stream, patience: Patience::new(limit) }
    }

    fn within(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        Poll::Ready(ready!(self.patience.poll(cx, written)).unwrap_or_else(|| {
            let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)); // closing is a reset
            let text = format!("the other end has taken nothing for {:?}", self.patience.limit);
            Err(io::Error::new(ErrorKind::TimedOut, text))
        }))
    }
}

impl rt::Read for WriteLimit {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        rt::Read::poll_read(Pin::new(&mut self.stream), cx, buf)
    }
}

impl rt::Write for WriteLimit {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_write(self, cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_flush(self, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_close(self, cx)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_write_vectored(self, cx, bufs)
    }
}

impl AsyncRead for WriteLimit {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.stream.poll_read(cx, buf)
    }
}

/// Flushing and closing do not wait with a [`TcpStream`].
impl AsyncWrite for WriteLimit {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.stream.poll_write(cx, buf);
        self.within(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.stream.poll_write_vectored(cx, bufs);
        self.within(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_flush(Pin::new(&mut self.stream), cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_close(Pin::new(&mut self.stream), cx)
    }
}

/// A body that has to go on: a frame that does not come for so long is the error [`Stalled`].
/// Only the time counts in which the handler waits for one.
#[derive(Debug)]
pub struct BodyLimit<B> {
    body: B,
    patience: Patience,
}

/// The error of a [`BodyLimit`].
#[derive(Debug)]
pub struct Stalled(Duration);

impl<B> BodyLimit<B> {
    /// For a body of which nothing has been asked yet.
    pub fn new(body: B, limit: Duration) -> Self {
        Self { body, patience: Patience::new(limit) }
    }
}

impl<B: Body<Error: Into<Failure>> + Unpin> Body for BodyLimit<B> {
    type Data = B::Data;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, Failure>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        Poll::Ready(match ready!(self.patience.poll(cx, frame)) {
            Some(frame) => frame.map(|frame| frame.map_err(Into::into)),
            None => Some(Err(Stalled(self.patience.limit).into())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl fmt::Display for Stalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request's body has not gone on for {:?}", self.0)
    }
}

impl Error for Stalled {}
