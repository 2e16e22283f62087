//! Making a connection, to the first of several addresses that answers.

use super::TcpStream;
use super::addrs::{Target, ToAddrs};
use super::lookup::look_up;
use crate::reactor::Direction;
use crate::time::timeout;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// How long an address has for its answer before the next is tried beside it. RFC 8305 calls
/// it the Connection Attempt Delay and recommends this.
const NEXT_AFTER: Duration = Duration::from_millis(250);

impl TcpStream {
    /// Connects to a name or an address.
    ///
    /// Of several addresses, each is tried in order. When one has neither connected nor
    /// failed after 250 ms, the next is tried beside it, and one that fails has the next
    /// tried at once ("happy eyeballs", [RFC 8305], as with asyncio's
    /// `happy_eyeballs_delay=0.25`). The first to connect is returned, and the others'
    /// sockets are closed. So an address that swallows everything costs a quarter of a
    /// second instead of the minutes that the system tries. The order is the one given, or
    /// for a name that of [`lookup_host`](super::lookup_host). On a clock that stands
    /// ([`pause`](crate::time::pause)) the 250 ms do not pass by themselves while an address
    /// is being tried.
    ///
    /// Cancel safe: dropped early, every attempt is given up and its socket closed. It has no
    /// limit in time of its own; [`timeout`] sets one for the whole, the
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
            several => Box::pin(Self::connect_to_any(several)).await,
        }
    }

    async fn connect_to(addr: SocketAddr) -> io::Result<Self> {
        let stream = Self::register(mio::net::TcpStream::connect(addr)?, Some(Direction::Write))?;
        // Through mio, which on some systems asks for another event only after a "would block".
        stream.source.io(Direction::Write, |socket| socket.try_io(|| is_connected(socket))).await?;
        Ok(stream)
    }

    async fn connect_to_any(target: Target) -> io::Result<Self> {
        let addrs = look_up(target).await?;
        let Some((last, others)) = addrs.split_last() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no address to connect to was given"));
        };
        let mut attempts = Attempts::default();
        for addr in others {
            attempts.begin(*addr);
            if let Ok(Some(stream)) = timeout(NEXT_AFTER, attempts.news()).await {
                return Ok(stream);
            }
        }
        attempts.begin(*last);
        while attempts.are_under_way() {
            if let Some(stream) = attempts.news().await {
                return Ok(stream);
            }
        }
        Err(attempts.into_error())
    }
}

/// The addresses tried so far, in order, each with its attempt or why that failed.
#[derive(Default)]
struct Attempts(Vec<(SocketAddr, Result<Connecting, io::Error>)>);

type Connecting = Pin<Box<dyn Future<Output = io::Result<TcpStream>>>>;

impl Attempts {
    fn begin(&mut self, addr: SocketAddr) {
        self.0.push((addr, Ok(Box::pin(TcpStream::connect_to(addr)))));
    }

    fn are_under_way(&self) -> bool {
        self.0.iter().any(|(_, attempt)| attempt.is_ok())
    }

    /// Waits until one has connected or, with `None`, until one has failed.
    fn news(&mut self) -> impl Future<Output = Option<TcpStream>> {
        poll_fn(|cx| self.poll_all(cx))
    }

    fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<Option<TcpStream>> {
        let mut polled = Poll::Pending;
        for (_, attempt) in &mut self.0 {
            let Ok(connecting) = attempt else { continue };
            match connecting.as_mut().poll(cx) {
                Poll::Ready(Ok(stream)) => return Poll::Ready(Some(stream)),
                Poll::Ready(Err(error)) => {
                    *attempt = Err(error);
                    polled = Poll::Ready(None);
                }
                Poll::Pending => {}
            }
        }
        polled
    }

    fn into_error(self) -> io::Error {
        let failed = self.0.into_iter().filter_map(|(addr, attempt)| Some((addr, attempt.err()?)));
        none_answered(&failed.collect::<Vec<_>>())
    }
}

/// What has become of a connection attempt. Asked at once, since on the loopback interface
/// it is over by then, and after each event, since some systems report a socket that has
/// neither connected nor failed. In between it "would block".
fn is_connected(socket: &mio::net::TcpStream) -> io::Result<()> {
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
fn none_answered(failures: &[(SocketAddr, io::Error)]) -> io::Error {
    let refused = failures.iter().find(|(_, error)| error.kind() == io::ErrorKind::ConnectionRefused);
    let (_, telling) = refused.unwrap_or(&failures[0]);
    let each: Vec<_> = failures.iter().map(|(addr, error)| format!("{addr}: {error}")).collect();
    io::Error::new(telling.kind(), format!("cannot connect to {}", each.join(", ")))
}
