//! Datagrams: each send and each receive is one message, which may be lost on its way.

mod options;

use super::lookup::first_of;
use super::system::watcher;
use crate::net::ToAddrs;
use crate::reactor::{Direction, Reactor, Source};
use std::io;
use std::rc::Rc;

/// A UDP socket. Dropping it closes it.
///
/// Operations take `&self`, so an `Rc` of it can go to several tasks; of those that wait for a
/// datagram, each is woken, and one gets it. As with [`TcpStream`](crate::net::TcpStream), it
/// belongs to the runtime in which it was made, and a task whose socket is always ready gives way
/// by itself after 128 steps in one turn.
///
/// Nothing is sent again here. The system drops what finds its buffer full, or another on the way,
/// and tells no one.
///
/// Options that are not among the methods can be set through the `socket2` crate, which takes
/// `&UdpSocket` as it takes a [`TcpStream`](crate::net::TcpStream).
///
/// ```
/// use shirr::net::UdpSocket;
///
/// shirr::block_on(async {
///     let server = UdpSocket::bind("127.0.0.1:0").await?;
///     let client = UdpSocket::bind("127.0.0.1:0").await?;
///     client.connect(server.local_addr()?).await?;
///     client.send(b"question").await?;
///
///     let mut buf = [0; 1500];
///     let (n, from) = server.recv_from(&mut buf).await?;
///     assert_eq!(&buf[..n], b"question");
///     server.send_to(b"answer", from).await?;
///     let n = client.recv(&mut buf).await?;
///     assert_eq!(&buf[..n], b"answer");
///     # Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
#[derive(Debug)]
pub struct UdpSocket {
    pub(super) source: Source<mio::net::UdpSocket>,
}

impl UdpSocket {
    /// A socket of the first of the addresses that can be bound; port 0 picks a free one. Cancel
    /// safe.
    ///
    /// # Errors
    /// Those of [`lookup_host`](crate::net::lookup_host), and the last address's when none can be bound.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    pub async fn bind(addr: impl ToAddrs) -> io::Result<Self> {
        let reactor = watcher("shirr::net::UdpSocket")?;
        let socket = first_of("bind", addr, mio::net::UdpSocket::bind).await?;
        Self::watched(&reactor, socket)
    }

    /// Takes over a socket that was made otherwise. It is made non-blocking.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    #[track_caller]
    pub fn from_std(socket: std::net::UdpSocket) -> io::Result<Self> {
        let reactor = watcher("shirr::net::UdpSocket")?;
        socket.set_nonblocking(true)?;
        Self::watched(&reactor, mio::net::UdpSocket::from_std(socket))
    }

    fn watched(reactor: &Rc<Reactor>, socket: mio::net::UdpSocket) -> io::Result<Self> {
        Ok(Self { source: Source::new(reactor, socket, Some(Direction::Write))? })
    }

    /// Gives the socket back to `std`. It stays non-blocking; `set_nonblocking(false)` makes it
    /// what `std` expects.
    ///
    /// # Errors
    /// The system's; the socket is closed then.
    pub fn into_std(self) -> io::Result<std::net::UdpSocket> {
        Ok(self.source.into_socket()?.into())
    }

    /// Has [`send`](Self::send) go to the first of the addresses that the system takes, and
    /// [`recv`](Self::recv) get what comes from there only. Cancel safe.
    ///
    /// # Errors
    /// Those of [`lookup_host`](crate::net::lookup_host), and the last address's when none is taken.
    pub async fn connect(&self, addr: impl ToAddrs) -> io::Result<()> {
        first_of("connect to", addr, |addr| self.source.get_ref().connect(addr)).await
    }
}
