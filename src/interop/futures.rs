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

/// Whatever leads to a socket of kind `$by`, whose operations take `&self`, reads by that.
macro_rules! reads {
    ([$($generics:tt)*] $kind:ty, $by:ty, |$this:ident| $socket:expr $(, $vectored:ident)? $(; $($bound:tt)*)?) => {
        impl<$($generics)*> AsyncRead for $kind $(where $($bound)*)? {
            fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
                let $this = self;
                <$by>::poll_read($socket, cx, buf)
            }

            $(fn $vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                let $this = self;
                <$by>::$vectored($socket, cx, bufs)
            })?
        }
    };
}

/// The same for writing, and how that is flushed and closed.
macro_rules! writes {
    ([$($generics:tt)*] $kind:ty, $by:ty, |$this:ident| $socket:expr, $flush:expr, $close:expr
        $(, $vectored:ident)? $(; $($bound:tt)*)?) => {
        impl<$($generics)*> AsyncWrite for $kind $(where $($bound)*)? {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                let $this = self;
                <$by>::poll_write($socket, cx, buf)
            }

            $(fn $vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                let $this = self;
                <$by>::$vectored($socket, cx, bufs)
            })?

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                let $this = self;
                $flush($socket, cx)
            }

            fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                let $this = self;
                Poll::Ready($close($socket))
            }
        }
    };
}

/// A write is in the system's hands when it ends.
fn flushed<S>(_: &S, _: &mut Context<'_>) -> Poll<io::Result<()>> {
    Poll::Ready(Ok(()))
}

reads!([] TcpStream, TcpStream, |this| &this, poll_read_vectored);
reads!([] & TcpStream, TcpStream, |this| &this, poll_read_vectored);
reads!([S: Deref<Target = TcpStream>] ReadHalf<S>, TcpStream, |this| (*this).as_ref(), poll_read_vectored);
writes!([] TcpStream, TcpStream, |this| &this, flushed, close, poll_write_vectored);
writes!([] & TcpStream, TcpStream, |this| &this, flushed, close, poll_write_vectored);
writes!([S: Deref<Target = TcpStream>] WriteHalf<S>, TcpStream, |this| (*this).as_ref(), flushed, close, poll_write_vectored);

/// Any descriptor whose value reads and writes by a shared reference.
#[cfg(unix)]
mod descriptor {
    use super::*;
    use crate::net::descriptor::Async;
    use std::io::{Read, Write};
    use std::os::fd::AsFd;

    fn flush<T: AsFd>(io: &Async<T>, cx: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        for<'a> &'a T: Write,
    {
        io.poll_write_with(cx, |mut io| io.flush())
    }

    reads!([T: AsFd] Async<T>, Async<T>, |this| &this; for<'a> &'a T: Read);
    reads!([T: AsFd] &Async<T>, Async<T>, |this| &this; for<'a> &'a T: Read);
    writes!([T: AsFd] Async<T>, Async<T>, |this| &this, flush, Async::close_writing; for<'a> &'a T: Write);
    writes!([T: AsFd] &Async<T>, Async<T>, |this| &this, flush, Async::close_writing; for<'a> &'a T: Write);
}

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
