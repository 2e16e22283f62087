//! How many connections may wait to be accepted, and listeners that were made otherwise.

use crate::net::{TcpListener, socket};
use std::io;

impl TcpListener {
    /// Takes over a listener that was made otherwise, say with the `socket2` crate and a
    /// backlog of its own. It is made non-blocking.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    ///
    /// ```
    /// use shirr::net::TcpListener;
    ///
    /// let socket = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// socket2::SockRef::from(&socket).listen(4096)?;
    /// let listener = shirr::block_on(async { TcpListener::from_std(socket) })?;
    /// # drop(listener);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn from_std(socket: std::net::TcpListener) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Self::register(socket::TcpListener::from_std(socket))
    }

    /// Gives the listener back to `std`, say for a program that is to take its place. It stays
    /// non-blocking, and the connections that wait are still there.
    ///
    /// # Errors
    /// The system's; the listener is closed then.
    pub fn into_std(self) -> io::Result<std::net::TcpListener> {
        Ok(self.source.into_socket()?.into())
    }
}

/// Gives the listener a queue for the connections of thousands.
#[cfg(feature = "socket2")]
pub(crate) fn widen(socket: &socket::TcpListener) -> io::Result<()> {
    crate::choice::make!(if let socket::TcpListener::Simulated(_) = socket {
        return Ok(()); // it has room for all
    });
    socket2::SockRef::from(socket).listen(4096)
}

/// Neither mio nor `std` can give a listener another queue than that of 128.
#[cfg(not(feature = "socket2"))]
pub(crate) fn widen(_: &socket::TcpListener) -> io::Result<()> {
    Ok(())
}
