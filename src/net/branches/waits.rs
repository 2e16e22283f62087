//! Waiting for a direction of a socket, and operations of the caller's own in it: the same ten
//! methods for each kind, tokio's `async_io` and `try_io` among them.

use super::UdpSocket;
#[cfg(unix)]
use super::descriptor::Async;
use crate::net::TcpStream;
use crate::reactor::Direction;
use std::io;
#[cfg(unix)]
use std::os::fd::AsFd;
use std::task::{Context, Poll};

/// One direction of one kind, whose operations are given a reference to `$inner`.
macro_rules! direction {
    ([$($generics:tt)*] $kind:ty, $inner:ty, |$this:ident| $inside:expr, $direction:ident:
        $ready:ident, $poll_ready:ident, $with:ident, $try_with:ident, $poll_with:ident,
        $news:literal, $reads:literal) => {
        impl<$($generics)*> $kind {
            #[doc = concat!("Waits until there may be ", $news, ", and does nothing.")]
            ///
            /// It may be wrong: what is tried after it may still say "would block", and the next
            /// wait is for more. Cancel safe.
            ///
            /// # Errors
            /// When it would have to wait and its runtime does not run on this thread.
            pub async fn $ready(&self) -> io::Result<()> {
                self.source.wait_ready(Direction::$direction).await
            }

            #[doc = concat!("[`", stringify!($ready), "`](Self::", stringify!($ready), ") as a poll.")]
            /// Which tasks are woken is said at [`TcpStream::poll_read`](crate::net::TcpStream::poll_read).
            ///
            /// # Errors
            /// When it would have to wait and its runtime does not run on this thread.
            pub fn $poll_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.source.poll_shared_ready(Direction::$direction, cx)
            }

            #[doc = concat!("Repeats `op`, which ", $reads, ", until it does not say \"would block\".")]
            ///
            /// For what has no method here, such as a call of the `socket2` or the `rustix` crate.
            /// Cancel safe: dropped early, no `op` has succeeded.
            ///
            /// # Errors
            /// Those of `op`.
            #[doc(alias = "async_io")]
            pub async fn $with<R>(&self, mut op: impl FnMut(&$inner) -> io::Result<R>) -> io::Result<R> {
                let $this = self;
                self.source.io(Direction::$direction, |_| self.call(|| op($inside))).await
            }

            #[doc = concat!("Calls `op`, which ", $reads, ", once.")]
            ///
            #[doc = concat!("After a `", stringify!($ready), "` a \"would block\" must be met through this or a method")]
            #[doc = concat!("like it, else the next `", stringify!($ready), "` does not wait.")]
            ///
            /// # Errors
            /// Those of `op`.
            #[doc(alias = "try_io")]
            pub fn $try_with<R>(&self, op: impl FnOnce(&$inner) -> io::Result<R>) -> io::Result<R> {
                let $this = self;
                self.source.try_once(Direction::$direction, |_| self.call(|| op($inside)))
            }

            #[doc = concat!("[`", stringify!($with), "`](Self::", stringify!($with), ") as a poll.")]
            /// Which tasks are woken is said at [`TcpStream::poll_read`](crate::net::TcpStream::poll_read).
            ///
            /// # Errors
            /// Those of `op`.
            pub fn $poll_with<R>(
                &self,
                cx: &mut Context<'_>,
                mut op: impl FnMut(&$inner) -> io::Result<R>,
            ) -> Poll<io::Result<R>> {
                let $this = self;
                self.source.poll_shared(Direction::$direction, cx, |_| self.call(|| op($inside)))
            }
        }
    };
}

macro_rules! directions {
    ($($kind:tt)*) => {
        direction!($($kind)*, Read: readable, poll_readable, read_with, try_read_with, poll_read_with,
            "something to read, or the end", "reads");
        direction!($($kind)*, Write: writable, poll_writable, write_with, try_write_with, poll_write_with,
            "room to write, or an error", "writes");
    };
}

directions!([] TcpStream, Self, |this| this);
directions!([] UdpSocket, Self, |this| this);
#[cfg(unix)]
directions!([T: AsFd] Async<T>, T, |this| this.get_ref());

/// Through mio, which on some systems asks for another event only after a "would block".
macro_rules! by_mio {
    ($($kind:ty),*) => {$(
        impl $kind {
            pub(super) fn call<R>(&self, op: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
                self.source.get_ref().try_io(op)
            }
        }
    )*};
}

by_mio!(TcpStream, UdpSocket);
