//! Any descriptor that the kernel can watch, on Unix: a pipe, a terminal, an `inotify`, a socket
//! of another kind, what a library gives you.
//!
//! [`Async`] has the reactor watch it, and its operations are those of the value inside: each is
//! tried, and tried again after the next event when it would block.
//!
//! ```
//! use shirr::io::Async;
//! use std::fs::File;
//! use std::os::fd::OwnedFd;
//! use std::process::{Command, Stdio};
//!
//! shirr::block_on(async {
//!     let mut child = Command::new("echo").arg("from a child").stdout(Stdio::piped()).spawn()?;
//!     let pipe = File::from(OwnedFd::from(child.stdout.take().unwrap()));
//!     let mut said = String::new();
//!     Async::new(pipe)?.read_to_string(&mut said).await?;
//!     assert_eq!(said, "from a child\n");
//!     # child.wait()?;
//!     # Ok::<(), std::io::Error>(())
//! }).unwrap();
//! ```

mod bytes;

use super::system::watcher;
use crate::reactor::{Direction, Reactor, Source};
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token, event};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

/// A value with a descriptor, watched by the reactor until it is dropped.
///
/// Operations take `&self`: one task may read while another writes, and several may wait for the
/// same direction, each being woken. As with [`TcpStream`](crate::net::TcpStream), it belongs to
/// the runtime in which it was made, and each operation is a step of the budget of 128 in a turn.
///
/// A descriptor that is watched twice, through two clones of it, is two values here; each is told
/// of every event.
///
/// What the value inside has no method for here is awaited by [`read_with`](Self::read_with) and
/// [`write_with`](Self::write_with):
///
/// ```
/// use shirr::io::Async;
/// use std::os::unix::net::UnixDatagram;
///
/// shirr::block_on(async {
///     let (socket, other) = UnixDatagram::pair()?;
///     let (socket, mut buf) = (Async::new(socket)?, [0; 16]);
///     other.send(b"datagram")?;
///     assert_eq!(socket.read_with(|socket| socket.recv(&mut buf)).await?, 8);
///     # Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
#[derive(Debug)]
pub struct Async<T: AsFd> {
    pub(super) source: Source<Fd<T>>,
}

/// What mio registers.
#[derive(Debug)]
pub(crate) struct Fd<T>(pub(super) T);

impl<T: AsFd> event::Source for Fd<T> {
    fn register(&mut self, registry: &Registry, token: Token, news: Interest) -> io::Result<()> {
        SourceFd(&self.0.as_fd().as_raw_fd()).register(registry, token, news)
    }

    fn reregister(&mut self, registry: &Registry, token: Token, news: Interest) -> io::Result<()> {
        SourceFd(&self.0.as_fd().as_raw_fd()).reregister(registry, token, news)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        SourceFd(&self.0.as_fd().as_raw_fd()).deregister(registry)
    }
}

impl<T: AsFd> AsFd for Async<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}

/// Has calls on the descriptor return instead of wait (`O_NONBLOCK`), or wait again.
///
/// All clones of a descriptor share this, also those in other processes: a shell, say, has the
/// terminal that a program has as its standard input.
///
/// # Errors
/// The system's.
pub fn set_nonblocking(io: impl AsFd, nonblocking: bool) -> io::Result<()> {
    // `std` sets it on its own types only, but a type of its own may be made of any descriptor.
    UnixStream::from(io.as_fd().try_clone_to_owned()?).set_nonblocking(nonblocking)
}

fn cannot_be_watched() -> io::Error {
    let text = "the kernel cannot wait for this descriptor, as it cannot for a file's: its operations block, \
        so call them in shirr::unblock";
    io::Error::new(ErrorKind::Unsupported, text)
}

impl<T: AsFd> Async<T> {
    /// Makes the descriptor non-blocking, and has the reactor watch it.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) for a file or a folder, and for what else the kernel
    /// does not watch. The system's. `io` is dropped then.
    ///
    /// # Panics
    /// With no shirr runtime on the thread.
    #[track_caller]
    pub fn new(io: T) -> io::Result<Self> {
        let reactor = watcher("shirr::io::Async")?;
        let file = File::from(io.as_fd().try_clone_to_owned()?);
        let kind = file.metadata()?.file_type();
        if kind.is_file() || kind.is_dir() {
            return Err(cannot_be_watched()); // not every kernel says so
        }
        let watched = Self::watched(&reactor, io)?; // first, so that one that is refused stays as it was
        UnixStream::from(OwnedFd::from(file)).set_nonblocking(true)?;
        Ok(watched)
    }

    /// The same, but that it takes the descriptor as it is.
    pub(super) fn watched(reactor: &Rc<Reactor>, io: T) -> io::Result<Self> {
        let source = Source::new(reactor, Fd(io), Some(Direction::Write));
        let refused = |error: io::Error| match error.kind() {
            ErrorKind::PermissionDenied => cannot_be_watched(),
            _ => error,
        };
        Ok(Self { source: source.map_err(refused)? })
    }

    /// What is inside, for what needs no waiting. A read or write through it may say "would block".
    pub fn get_ref(&self) -> &T {
        &self.source.get_ref().0
    }

    /// Gives back what is inside. It stays non-blocking, as with async-io, since neither `std` nor
    /// mio can ask how a descriptor is, and so how it was. [`set_nonblocking`] changes that; the
    /// `rustix` crate's `fcntl_getfl` tells before.
    ///
    /// # Errors
    /// The system's; the descriptor is closed then.
    pub fn into_inner(self) -> io::Result<T> {
        Ok(self.source.into_socket()?.0)
    }

    /// Closes the direction of writing of a socket. Of what is none only the drop closes anything,
    /// and that it is none is the one error beside "closed already".
    #[cfg(feature = "futures")]
    pub(crate) fn close_writing(&self) -> io::Result<()> {
        let _ = UnixStream::from(self.as_fd().try_clone_to_owned()?).shutdown(std::net::Shutdown::Write);
        Ok(())
    }

    /// Some systems are to be asked for the next event after a "would block".
    pub(super) fn call<R>(&self, op: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        let answer = op();
        if answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock) {
            self.source.ask_again(&mut SourceFd(&self.as_fd().as_raw_fd()))?;
        }
        answer
    }
}
