//! A TCP connection: where it comes from and what can be set on it.

use super::socket;
use crate::reactor::{Direction, Source};
use crate::runtime::current;
use std::fmt;
use std::io;

/// A TCP connection. Dropping it closes it.
///
/// Operations take `&self`: one task may read while another writes, and several may wait
/// for the same direction, each being woken. [`split`](Self::split) and
/// [`into_split`](Self::into_split) say that in types.
///
/// A connection belongs to the runtime in which it was made. Awaited outside of it, or after
/// its end, an operation that would have to wait is an error instead.
///
/// A task whose connections are always ready gives way by itself: after 128 steps in one turn
/// ([`spawn`](crate::spawn) has the rule), the next one lets the other tasks, the timers and
/// the other sockets come first.
///
/// Options that are not among the methods (linger, keep-alive, sizes of buffers) can be set
/// through the `socket2` crate:
///
/// ```
/// # use shirr::net::{TcpListener, TcpStream};
/// # shirr::block_on(async {
/// # let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let stream = TcpStream::connect(listener.local_addr()?).await?;
/// let linger = std::time::Duration::from_secs(5);
/// socket2::SockRef::from(&stream).set_linger(Some(linger))?;
/// # assert_eq!(socket2::SockRef::from(&stream).linger()?, Some(linger));
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// Both ends of a conversation; see also [`TcpListener`](super::TcpListener):
///
/// ```
/// use shirr::net::TcpStream;
/// # let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
/// # let addr = server.local_addr().unwrap();
/// # let server = std::thread::spawn(move || {
/// #     let (mut socket, _) = server.accept().unwrap();
/// #     std::io::copy(&mut socket.try_clone().unwrap(), &mut socket).unwrap();
/// # });
///
/// shirr::block_on(async {
///     let stream = TcpStream::connect(addr).await?; // or "localhost:8080"
///     stream.write_all(b"echo").await?;
///     let mut answer = [0; 4];
///     stream.read_exact(&mut answer).await?;
///     assert_eq!(&answer, b"echo");
///     # Ok::<(), std::io::Error>(())
/// }).unwrap();
/// # server.join().unwrap();
/// ```
pub struct TcpStream {
    pub(super) source: Source<socket::TcpStream>,
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl TcpStream {
    /// A connection belongs to the runtime of its listener.
    pub(super) fn accepted(
        listener: &Source<socket::TcpListener>,
        socket: socket::TcpStream,
    ) -> io::Result<Self> {
        Ok(Self { source: Source::new(listener.reactor(), socket, Some(Direction::Write))? })
    }

    /// In the direction of `at_once` the first try need not wait for an event.
    #[track_caller]
    pub(super) fn register(socket: socket::TcpStream, at_once: Option<Direction>) -> io::Result<Self> {
        let core = current("shirr::net::TcpStream");
        Ok(Self { source: Source::new(&core.reactor, socket, at_once)? })
    }
}
