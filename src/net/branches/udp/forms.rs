//! Sending and receiving: awaited, as one attempt, as a poll, and as a wait without either.

use super::UdpSocket;
use crate::reactor::Direction;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

/// A system call in its three forms.
macro_rules! operations {
    ($($(#[$doc:meta])* $direction:ident $name:ident, $once:ident, $poll:ident
        ($($arg:ident: $kind:ty),*) -> $answer:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// The system's.
        pub async fn $name(&self, $($arg: $kind),*) -> io::Result<$answer> {
            self.source.io(Direction::$direction, |socket| socket.$name($($arg),*)).await
        }

        #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") without waiting.")]
        ///
        /// # Errors
        /// [`WouldBlock`](io::ErrorKind::WouldBlock) when it would have to wait. The system's.
        pub fn $once(&self, $($arg: $kind),*) -> io::Result<$answer> {
            self.source.try_once(Direction::$direction, |socket| socket.$name($($arg),*))
        }

        #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") as a poll.")]
        /// Which tasks are woken is said at [`TcpStream::poll_read`](crate::net::TcpStream::poll_read).
        ///
        /// # Errors
        /// The system's.
        pub fn $poll(&self, cx: &mut Context<'_>, $($arg: $kind),*) -> Poll<io::Result<$answer>> {
            self.source.poll_shared(Direction::$direction, cx, |socket| socket.$name($($arg),*))
        }
    )*};
}

impl UdpSocket {
    operations! {
        /// Sends a datagram to the address that the socket is connected to, and returns its length.
        ///
        /// It waits while the system has no room for it. Cancel safe: dropped early, nothing was
        /// sent. An error may be about an earlier datagram, as
        /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) when no one received it.
        Write send, try_send, poll_send(buf: &[u8]) -> usize;

        /// Sends a datagram to this address; a name is looked up once by
        /// [`lookup_host`](crate::net::lookup_host). Cancel safe.
        Write send_to, try_send_to, poll_send_to(buf: &[u8], addr: SocketAddr) -> usize;

        /// Receives a datagram and returns its length, which may be zero; what of it does not fit
        /// into `buf` is lost, and an error on Windows. Cancel safe: dropped early, none was taken.
        Read recv, try_recv, poll_recv(buf: &mut [u8]) -> usize;

        /// [`recv`](Self::recv) with the address of the sender. Cancel safe.
        Read recv_from, try_recv_from, poll_recv_from(buf: &mut [u8]) -> (usize, SocketAddr);

        /// [`recv`](Self::recv) that leaves the datagram where it is. Cancel safe.
        Read peek, try_peek, poll_peek(buf: &mut [u8]) -> usize;

        /// [`recv_from`](Self::recv_from) that leaves the datagram where it is. Cancel safe.
        Read peek_from, try_peek_from, poll_peek_from(buf: &mut [u8]) -> (usize, SocketAddr);
    }

    /// Waits until there may be a datagram, or an error. It may be wrong. Cancel safe.
    ///
    /// # Errors
    /// When it would have to wait and the socket's runtime does not run on this thread.
    pub async fn readable(&self) -> io::Result<()> {
        self.source.wait_ready(Direction::Read).await
    }

    /// Waits until there may be room to send. It may be wrong. Cancel safe.
    ///
    /// # Errors
    /// When it would have to wait and the socket's runtime does not run on this thread.
    pub async fn writable(&self) -> io::Result<()> {
        self.source.wait_ready(Direction::Write).await
    }
}
