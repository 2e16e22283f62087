//! Sockets between the processes of one Unix machine: an [`Async`] of `std`'s types, and what is
//! their own.

use super::descriptor::{Async, Fd};
use super::incoming::{Accepts, Incoming, Listener};
use super::system::watcher;
use crate::runtime::consume_budget;
use crate::time::sleep;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::os::unix::net::{self, SocketAddr};
use std::path::Path;
use std::time::Duration;

/// A connection between two processes of one machine, an [`Async`] of `std`'s.
///
/// It reads and writes as a [`TcpStream`](crate::net::TcpStream) does. [`Async::new`] takes over
/// one of `std`'s, [`Async::into_inner`] gives it back, and [`Async::get_ref`] has the addresses.
/// It has no halves: all operations take `&self`, so an `Rc` of it can go to two tasks. Who is at
/// the other end (`SO_PEERCRED`) is asked through [`AsFd`](std::os::fd::AsFd), since each system
/// has its own call and `std` has none.
///
/// ```
/// use shirr::net::{UnixListener, UnixStream};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("socket");
/// shirr::block_on(async {
///     let listener = UnixListener::bind(&path)?;
///     let client = UnixStream::connect(&path).await?;
///     let (server, _) = listener.accept().await?;
///     server.write_all(b"hello").await?;
///     drop(server);
///     let mut said = String::new();
///     client.read_to_string(&mut said).await?;
///     assert_eq!(said, "hello");
///     std::fs::remove_file(&path) // the listener leaves it behind
/// }).unwrap();
/// ```
pub type UnixStream = Async<net::UnixStream>;

/// What listens for the connections of a path or a name, an [`Async`] of `std`'s.
///
/// Dropping it closes it, and leaves the file of its path behind: remove that, and also before
/// [`bind`](UnixListener::bind), which is an error while there is one.
pub type UnixListener = Async<net::UnixListener>;

/// A socket for messages within one machine, an [`Async`] of `std`'s. None is lost: a sender waits
/// while there is no room.
///
/// `std`'s `unbound` makes one without a path for [`Async::new`]. What else has no method here is done through [`Async::get_ref`], [`Async::try_read_with`] and their
/// like. As with [`UnixListener`], the file of its path is left behind.
///
/// ```
/// use shirr::net::UnixDatagram;
///
/// shirr::block_on(async {
///     let (one, other) = UnixDatagram::pair()?;
///     one.send(b"a message").await?;
///     let mut buf = [0; 64];
///     let n = other.recv(&mut buf).await?;
///     assert_eq!(&buf[..n], b"a message");
///     # Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
pub type UnixDatagram = Async<net::UnixDatagram>;

/// How long to wait for room in another socket's queue, of which the system does not tell.
const REST: Duration = Duration::from_millis(1);

/// Repeats `attempt` after a rest as long as another socket's queue is full.
async fn until_there_is_room<R>(attempt: impl Fn() -> io::Result<R>) -> io::Result<R> {
    consume_budget().await;
    loop {
        match attempt() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(REST).await,
            answer => return answer,
        }
    }
}

impl UnixStream {
    /// Connects to the listener of this path.
    ///
    /// When the listener's queue is full, it tries again every millisecond, where the system says
    /// so (Linux). Cancel safe.
    ///
    /// # Errors
    /// The system's, as [`ConnectionRefused`](ErrorKind::ConnectionRefused) when the file is there
    /// and no one listens. [`InvalidInput`](ErrorKind::InvalidInput) for a path that is too long.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::connect_addr(&SocketAddr::from_pathname(path)?).await
    }

    /// [`connect`](UnixStream::connect) to an address, which on Linux may be an abstract name, one
    /// without a file:
    ///
    /// ```
    /// # #[cfg(target_os = "linux")] {
    /// use shirr::net::{UnixListener, UnixStream};
    /// use std::os::{linux::net::SocketAddrExt, unix::net::SocketAddr};
    ///
    /// # let name = format!("shirr-example-{}", std::process::id());
    /// let addr = SocketAddr::from_abstract_name(name).unwrap();
    /// shirr::block_on(async {
    ///     let listener = UnixListener::bind_addr(&addr)?;
    ///     let _client = UnixStream::connect_addr(&addr).await?;
    ///     listener.accept().await
    /// }).unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`connect`](UnixStream::connect).
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    pub async fn connect_addr(addr: &SocketAddr) -> io::Result<Self> {
        let reactor = watcher("shirr::net::UnixStream")?;
        let socket = until_there_is_room(|| mio::net::UnixStream::connect_addr(addr)).await?;
        Self::watched(&reactor, socket.into())
    }

    /// Two ends of one connection.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    #[track_caller]
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = net::UnixStream::pair()?;
        Ok((Self::new(one)?, Self::new(other)?))
    }

    /// Closes one direction or both, and wakes what waits in it, as
    /// [`TcpStream::shutdown`](crate::net::TcpStream::shutdown) does.
    ///
    /// # Errors
    /// The system's.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.get_ref().shutdown(how)?;
        self.source.was_shut(how);
        Ok(())
    }
}

impl UnixListener {
    /// Listens at this path, where it makes a file. As many connections may wait as with `std`.
    ///
    /// # Errors
    /// The system's, as [`AddrInUse`](ErrorKind::AddrInUse) when there is a file, also one that
    /// another listener has left. [`InvalidInput`](ErrorKind::InvalidInput) for a path that is too
    /// long.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    #[track_caller]
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::bind_addr(&SocketAddr::from_pathname(path)?)
    }

    /// [`bind`](UnixListener::bind) of an address, which on Linux may be an abstract name; see
    /// [`UnixStream::connect_addr`].
    ///
    /// # Errors
    /// Those of [`bind`](UnixListener::bind).
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    #[track_caller]
    pub fn bind_addr(addr: &SocketAddr) -> io::Result<Self> {
        watcher("shirr::net::UnixListener")?; // before there is a file
        Self::new(net::UnixListener::bind_addr(addr)?)
    }

    /// Waits for a connection; returns it and the address of its other end, which mostly has none.
    ///
    /// Cancel safe. Errors are passed over or waited out by the rules of
    /// [`TcpListener::accept`](crate::net::TcpListener::accept).
    ///
    /// # Errors
    /// Those about the listener.
    pub async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let mut incoming = self.incoming();
        poll_fn(|cx| incoming.poll_accept(cx)).await
    }

    /// The connections as they come, without end; see
    /// [`TcpListener::incoming`](crate::net::TcpListener::incoming).
    pub fn incoming(&self) -> Incoming<'_, Self> {
        Incoming::new(self, &self.source)
    }
}

impl Listener for UnixListener {
    type Stream = UnixStream;
    type Addr = SocketAddr;
}

impl Accepts for UnixListener {
    type Socket = Fd<net::UnixListener>;
    type Accepted = net::UnixStream;

    fn attempt(&self, socket: &Self::Socket) -> io::Result<(net::UnixStream, SocketAddr)> {
        self.call(|| socket.0.accept())
    }

    fn watch(&self, accepted: net::UnixStream) -> io::Result<UnixStream> {
        accepted.set_nonblocking(true)?;
        UnixStream::watched(self.source.reactor(), accepted)
    }
}

impl UnixDatagram {
    /// A socket of this path, where it makes a file.
    ///
    /// # Errors
    /// Those of [`UnixListener::bind`].
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    #[track_caller]
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::bind_addr(&SocketAddr::from_pathname(path)?)
    }

    /// [`bind`](UnixDatagram::bind) of an address, which on Linux may be an abstract name.
    ///
    /// # Errors
    /// Those of [`UnixListener::bind`].
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    #[track_caller]
    pub fn bind_addr(addr: &SocketAddr) -> io::Result<Self> {
        watcher("shirr::net::UnixDatagram")?;
        Self::new(net::UnixDatagram::bind_addr(addr)?)
    }

    /// Two sockets, each connected to the other.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    #[track_caller]
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = net::UnixDatagram::pair()?;
        Ok((Self::new(one)?, Self::new(other)?))
    }

    /// Sends a message to the socket of this path. When there is no room in its queue, this tries
    /// again every millisecond: only of a socket that it is connected to the system tells, so
    /// for many `get_ref().connect(path)` and [`send`](UnixDatagram::send) are better.
    /// Cancel safe.
    ///
    /// # Errors
    /// The system's.
    pub async fn send_to(&self, buf: &[u8], path: impl AsRef<Path>) -> io::Result<usize> {
        until_there_is_room(|| self.get_ref().send_to(buf, &path)).await
    }
}
