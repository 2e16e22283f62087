//! Sending and receiving datagrams: awaited, as one attempt, and as a poll.

use super::UdpSocket;
#[cfg(unix)]
use super::UnixDatagram;
use crate::reactor::Direction;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::os::unix::net;
use std::task::{Context, Poll};

/// Calls of `$socket`, each in its three forms.
macro_rules! operations {
    ($kind:ty, |$this:ident| $socket:expr; $($(#[$doc:meta])* $direction:ident $name:ident, $once:ident,
        $poll:ident($($arg:ident: $of:ty),*) -> $answer:ty;)*) => {
        impl $kind {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// The system's.
            pub async fn $name(&self, $($arg: $of),*) -> io::Result<$answer> {
                let $this = self;
                self.source.io(Direction::$direction, |_| self.call(|| $socket.$name($($arg),*))).await
            }

            #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") without waiting.")]
            ///
            /// # Errors
            /// [`WouldBlock`](io::ErrorKind::WouldBlock) when it would have to wait. The system's.
            pub fn $once(&self, $($arg: $of),*) -> io::Result<$answer> {
                let $this = self;
                self.source.try_once(Direction::$direction, |_| self.call(|| $socket.$name($($arg),*)))
            }

            #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") as a poll.")]
            /// Which tasks are woken is said at [`TcpStream::poll_read`](crate::net::TcpStream::poll_read).
            ///
            /// # Errors
            /// The system's.
            pub fn $poll(&self, cx: &mut Context<'_>, $($arg: $of),*) -> Poll<io::Result<$answer>> {
                let $this = self;
                self.source.poll_shared(Direction::$direction, cx, |_| self.call(|| $socket.$name($($arg),*)))
            }
        )*}
    };
}

operations! { UdpSocket, |this| this.source.get_ref();
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

#[cfg(unix)]
operations! { UnixDatagram, |this| this.get_ref();
    /// Sends a message to the socket that this one is connected to. Cancel safe.
    Write send, try_send, poll_send(buf: &[u8]) -> usize;

    /// Receives a message; what of it does not fit into `buf` is lost. Cancel safe.
    Read recv, try_recv, poll_recv(buf: &mut [u8]) -> usize;

    /// [`recv`](UnixDatagram::recv) with the address of the sender. Cancel safe.
    Read recv_from, try_recv_from, poll_recv_from(buf: &mut [u8]) -> (usize, net::SocketAddr);
}
