//! The traits of futures-io and futures-core.

use super::close;
use crate::gather::{AsCompleted, OneByOne};
use crate::net::{Incoming, ReadHalf, TcpListener, TcpStream, WriteHalf};
use crate::time::Interval;
use futures_core::{FusedStream, Stream};
use futures_io::{AsyncRead, AsyncWrite};
use std::future::Future;
use std::io::{self, IoSlice, IoSliceMut};
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

/// Every kind of reader leads to a stream, whose operations take `&self`.
macro_rules! reads_by_its_stream {
    ($kind:ty $(, $half:ident)?: |$this:ident| $stream:expr) => {
        impl$(<$half: Deref<Target = TcpStream>>)? AsyncRead for $kind {
            fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
                let $this = self;
                TcpStream::poll_read($stream, cx, buf)
            }

            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                let $this = self;
                TcpStream::poll_read_vectored($stream, cx, bufs)
            }
        }
    };
}

/// The same for writers.
macro_rules! writes_by_its_stream {
    ($kind:ty $(, $half:ident)?: |$this:ident| $stream:expr) => {
        impl$(<$half: Deref<Target = TcpStream>>)? AsyncWrite for $kind {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                let $this = self;
                TcpStream::poll_write($stream, cx, buf)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                let $this = self;
                TcpStream::poll_write_vectored($stream, cx, bufs)
            }

            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                let $this = self;
                Poll::Ready(close($stream))
            }
        }
    };
}

reads_by_its_stream!(TcpStream: |this| &this);
reads_by_its_stream!(&TcpStream: |this| &this);
reads_by_its_stream!(ReadHalf<S>, S: |this| (*this).as_ref());
writes_by_its_stream!(TcpStream: |this| &this);
writes_by_its_stream!(&TcpStream: |this| &this);
writes_by_its_stream!(WriteHalf<S>, S: |this| (*this).as_ref());

/// The connections of one kind of listener.
macro_rules! streams {
    ($listener:ty, $stream:ty) => {
        /// One connection after another, as the listener's `accept` gives them. It never ends.
        impl Stream for Incoming<'_, $listener> {
            type Item = io::Result<$stream>;

            fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
                self.poll_accept(cx).map_ok(|(stream, _)| stream).map(Some)
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                (usize::MAX, None)
            }
        }

        impl FusedStream for Incoming<'_, $listener> {
            fn is_terminated(&self) -> bool {
                false
            }
        }
    };
}

streams!(TcpListener, TcpStream);
#[cfg(unix)]
streams!(crate::net::UnixListener, crate::net::UnixStream);

/// The ticks, as [`tick`](Interval::tick) gives them. It never ends.
impl Stream for Interval {
    type Item = Instant;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Instant>> {
        self.poll_tick(cx).map(Some)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}

impl FusedStream for Interval {
    fn is_terminated(&self) -> bool {
        false
    }
}

/// The outputs in the order in which they come, each with its input position, as
/// [`next`](AsCompleted::next) gives them.
impl<I, F> Stream for AsCompleted<I, F>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
    F: OneByOne<<I::Item as Future>::Output>,
{
    type Item = (usize, F::Output);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        AsCompleted::poll_next(&mut self, cx)
    }

    /// Those that have started, and those that the iterator says are left.
    fn size_hint(&self) -> (usize, Option<usize>) {
        AsCompleted::size_hint(self)
    }
}

/// After a child's panic it is terminated, too.
impl<I, F> FusedStream for AsCompleted<I, F>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
    F: OneByOne<<I::Item as Future>::Output>,
{
    fn is_terminated(&self) -> bool {
        self.is_over()
    }
}
