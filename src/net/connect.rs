//! Making a connection, to the first of several addresses that answers.

use super::branches::{Target, ToAddrs, connect_to_any};
use super::{TcpStream, socket};
use crate::reactor::Direction;
use std::io;
use std::net::SocketAddr;

impl TcpStream {
    /// Connects to a name or an address.
    ///
    /// Of several addresses, each is tried in order. When one has neither connected nor
    /// failed after 250 ms, the next is tried beside it, and one that fails has the next
    /// tried at once ("happy eyeballs", [RFC 8305], as with asyncio's
    /// `happy_eyeballs_delay=0.25`). The first to connect is returned, and the others'
    /// sockets are closed. So an address that swallows everything costs a quarter of a
    /// second instead of the minutes that the system tries. The order is the one given, or
    /// for a name that of [`lookup_host`](super::lookup_host). On a paused clock
    /// ([`pause`](crate::time::pause)) the 250 ms do not pass by themselves while an address
    /// is being tried.
    ///
    /// Cancel safe: dropped early, every attempt is given up and its socket closed. It has no
    /// limit in time of its own; [`timeout`](crate::time::timeout()) sets one for the whole, the
    /// look-up of the name included:
    ///
    /// ```
    /// use shirr::{net::TcpStream, time::timeout};
    /// use std::time::Duration;
    ///
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let addr = listener.local_addr().unwrap();
    /// shirr::block_on(async {
    ///     // The first `?` is for the time being over, an error of the kind `TimedOut`.
    ///     let stream = timeout(Duration::from_secs(5), TcpStream::connect(addr)).await??;
    ///     assert_eq!(stream.peer_addr()?, addr);
    ///     # Ok::<(), std::io::Error>(())
    /// }).unwrap();
    /// ```
    ///
    /// [RFC 8305]: https://www.rfc-editor.org/rfc/rfc8305#section-5
    ///
    /// # Errors
    /// Those of [`lookup_host`](super::lookup_host). When no address can be connected to, an
    /// error whose text lists each address with its own. Its kind is
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if any address refused, since
    /// that is an answer where the others' is silence; else the first one's, since systems
    /// put first what they expect to be reached.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    pub async fn connect(addr: impl ToAddrs) -> io::Result<Self> {
        match addr.target() {
            Target::Addr(addr) => {
                Self::connect_to(addr).await.map_err(|error| none_answered(&[(addr, error)]))
            }
            several => Box::pin(connect_to_any(several)).await,
        }
    }

    pub(super) async fn connect_to(addr: SocketAddr) -> io::Result<Self> {
        let stream = Self::register(socket::TcpStream::connect(addr)?, Some(Direction::Write))?;
        // Through mio, which on some systems asks for another event only after a "would block".
        stream.source.io(Direction::Write, |socket| socket.try_io(|| is_connected(socket))).await?;
        Ok(stream)
    }
}

/// What has become of a connection attempt. Asked at once, since on the loopback interface
/// it is over by then, and after each event, since some systems report a socket that has
/// neither connected nor failed. In between it "would block".
fn is_connected(socket: &socket::TcpStream) -> io::Result<()> {
    let Err(unconnected) = socket.peer_addr() else { return Ok(()) };
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    match unconnected.kind() {
        io::ErrorKind::NotConnected => Err(io::ErrorKind::WouldBlock.into()),
        _ => Err(unconnected),
    }
}

/// Of at least one failure.
pub(super) fn none_answered(failures: &[(SocketAddr, io::Error)]) -> io::Error {
    let refused = failures.iter().find(|(_, error)| error.kind() == io::ErrorKind::ConnectionRefused);
    let (_, telling) = refused.unwrap_or(&failures[0]);
    let each: Vec<_> = failures.iter().map(|(addr, error)| format!("{addr}: {error}")).collect();
    io::Error::new(telling.kind(), format!("cannot connect to {}", each.join(", ")))
}
