//! A TCP connection.

use crate::reactor::{Direction, Source};
use crate::runtime::current;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};

/// A TCP connection. Dropping it closes it.
///
/// Operations take `&self`: one task may read while another writes, and several may wait
/// for the same direction, each being woken. See [`TcpListener`](super::TcpListener) for
/// an example of both ends.
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
#[derive(Debug)]
pub struct TcpStream {
    pub(super) source: Source<mio::net::TcpStream>,
}

impl TcpStream {
    /// Takes over a connection that was made otherwise. It is made non-blocking.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    pub fn from_std(socket: std::net::TcpStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Self::register(mio::net::TcpStream::from_std(socket))
    }

    /// A connection belongs to the runtime of its listener.
    pub(super) fn accepted(
        listener: &Source<mio::net::TcpListener>,
        socket: mio::net::TcpStream,
    ) -> io::Result<Self> {
        Ok(Self { source: Source::new(listener.reactor(), socket, Direction::Write)? })
    }

    pub(super) fn register(socket: mio::net::TcpStream) -> io::Result<Self> {
        let core = current("shirr::net::TcpStream");
        Ok(Self { source: Source::new(&core.reactor, socket, Direction::Write)? })
    }

    /// Reads what is there, at least one byte and at most `buf.len()`, and returns how
    /// many bytes that were. Zero: the other end has closed its direction, or `buf` is
    /// empty.
    ///
    /// Cancel safe: dropped early, no byte was taken.
    ///
    /// # Errors
    /// The system's.
    pub async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0); // which must not wait for bytes that it would not take
        }
        let n = self.source.io(Direction::Read, |mut socket| socket.read(buf)).await?;
        if n > 0 && n < buf.len() {
            self.source.was_short(Direction::Read);
        }
        Ok(n)
    }

    /// Fills `buf` whole.
    ///
    /// Not cancel safe: dropped early, some bytes may be in `buf` and gone from the stream.
    ///
    /// # Errors
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) when the stream ends first; `buf`
    /// holds what came. The system's.
    pub async fn read_exact(&self, buf: &mut [u8]) -> io::Result<()> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.read(&mut buf[filled..]).await? {
                0 => {
                    let text = format!("the stream ended after {filled} of {} bytes", buf.len());
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
                }
                n => filled += n,
            }
        }
        Ok(())
    }

    /// Writes some of `buf`, and returns how many bytes; the rest is for another call.
    ///
    /// The bytes are in the system's hands then, not yet at the other end. Cancel safe:
    /// dropped early, no byte was written.
    ///
    /// # Errors
    /// The system's, as [`BrokenPipe`](io::ErrorKind::BrokenPipe) when the other end is gone.
    pub async fn write(&self, buf: &[u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let n = self.source.io(Direction::Write, |mut socket| socket.write(buf)).await?;
        if n > 0 && n < buf.len() {
            self.source.was_short(Direction::Write);
        }
        Ok(n)
    }

    /// Writes `buf` whole.
    ///
    /// Not cancel safe: dropped early, an unknown part of `buf` was written.
    ///
    /// # Errors
    /// The system's; how much was written before is then unknown.
    pub async fn write_all(&self, mut buf: &[u8]) -> io::Result<()> {
        while !buf.is_empty() {
            match self.write(buf).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => buf = &buf[n..],
            }
        }
        Ok(())
    }

    /// Closes one direction or both. The other end reads to the end of what was written
    /// before; closing [`Shutdown::Write`] is how to say "that was all".
    ///
    /// # Errors
    /// The system's, as when the connection is gone already.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.source.get_ref().shutdown(how)
    }

    /// Whether small writes go out at once (`true`) or may wait to be sent together with
    /// later ones (Nagle's algorithm, the system's default).
    ///
    /// # Errors
    /// The system's.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.source.get_ref().set_nodelay(nodelay)
    }

    /// Whether small writes go out at once.
    ///
    /// # Errors
    /// The system's.
    pub fn nodelay(&self) -> io::Result<bool> {
        self.source.get_ref().nodelay()
    }

    /// The address of this end.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().local_addr()
    }

    /// The address of the other end.
    ///
    /// # Errors
    /// The system's, as when the connection is gone.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().peer_addr()
    }
}
