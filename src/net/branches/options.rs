//! What can be set on a connection and asked of it, and its way from and to `std`.

use crate::net::{TcpStream, socket};
use crate::reactor::Direction;
use std::io;
use std::net::{Shutdown, SocketAddr};

impl TcpStream {
    /// Takes over a connection that was made otherwise. It is made non-blocking.
    ///
    /// It may still be under way: writing and [`writable`](Self::writable) wait until it is made
    /// or has failed. [`take_error`](Self::take_error) then has the reason, unless a write has
    /// returned it before. So a socket can be set up before it connects:
    ///
    /// ```
    /// use shirr::net::TcpStream;
    /// use socket2::{Domain, Socket, Type};
    /// use std::io::{self, ErrorKind::WouldBlock};
    /// use std::net::SocketAddr;
    ///
    /// async fn connect(from: SocketAddr, to: SocketAddr) -> io::Result<TcpStream> {
    ///     let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
    ///     socket.bind(&from.into())?;
    ///     socket.set_recv_buffer_size(1 << 20)?;
    ///     socket.set_nonblocking(true)?; // else connecting would block the thread
    ///     match socket.connect(&to.into()) {
    ///         // Under way: Unix and Windows say so in their own ways.
    ///         Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
    ///         Err(error) if error.kind() == WouldBlock => {}
    ///         done => done?,
    ///     }
    ///     let stream = TcpStream::from_std(socket.into())?;
    ///     stream.writable().await?;
    ///     stream.take_error()?.map_or(Ok(stream), Err)
    /// }
    ///
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let addr = listener.local_addr().unwrap();
    /// shirr::block_on(async {
    ///     let stream = connect("127.0.0.1:0".parse().unwrap(), addr).await?;
    ///     assert_eq!(stream.peer_addr()?, addr);
    ///     # Ok::<(), io::Error>(())
    /// }).unwrap();
    /// # drop(listener);
    /// # let refused = shirr::block_on(connect("127.0.0.1:0".parse().unwrap(), addr)).unwrap_err();
    /// # assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    /// ```
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    #[track_caller]
    pub fn from_std(socket: std::net::TcpStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        // Not connected, it is under way or has failed: of either there is an event.
        let at_once = socket.peer_addr().is_ok().then_some(Direction::Write);
        Self::register(socket::TcpStream::from_std(socket), at_once)
    }

    /// Gives the connection back to `std`. It stays non-blocking; `set_nonblocking(false)`
    /// makes it what `std` expects.
    ///
    /// # Errors
    /// The system's; the connection is closed then.
    ///
    /// ```
    /// # use shirr::net::{TcpListener, TcpStream};
    /// # use std::io::Write;
    /// # shirr::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// let mut socket = stream.into_std()?;
    /// socket.set_nonblocking(false)?;
    /// socket.write_all(b"from std")?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn into_std(self) -> io::Result<std::net::TcpStream> {
        Ok(self.source.into_socket()?.into())
    }

    /// Closes one direction or both. The other end reads to the end of what was written
    /// before; closing [`Shutdown::Write`] is how to say "that was all".
    ///
    /// What waits at this end in a closed direction is woken. A read then finds the end of the
    /// stream (an error on Windows), on Linux after what had come before, which other systems may
    /// have dropped; a write is an error.
    ///
    /// # Errors
    /// The system's, as when the connection is gone already.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.source.get_ref().shutdown(how)?;
        self.source.was_shut(how);
        Ok(())
    }
}

/// What mio's socket has, under the same name.
macro_rules! options {
    ($kind:ty; $($(#[$doc:meta])* $name:ident($($arg:ident: $of:ty),*) -> $answer:ty;)*) => {
        impl $kind {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// The system's.
            pub fn $name(&self, $($arg: $of),*) -> io::Result<$answer> {
                self.source.get_ref().$name($($arg),*)
            }
        )*}
    };
}

pub(super) use options;

options! { TcpStream;
    /// Whether small writes go out at once (`true`) or may wait to be sent together with
    /// later ones (Nagle's algorithm, the system's default).
    set_nodelay(nodelay: bool) -> ();
    /// Whether small writes go out at once.
    nodelay() -> bool;
    /// Over how many routers a packet may go (`IP_TTL`).
    set_ttl(ttl: u32) -> ();
    /// Over how many routers a packet may go.
    ttl() -> u32;
    /// The address of this end.
    local_addr() -> SocketAddr;
    /// The address of the other end.
    peer_addr() -> SocketAddr;
    /// Takes the error that the system has noted for the connection, if there is one.
    take_error() -> Option<io::Error>;
}
