//! The sockets as the system's own handles, for what has no method here (`socket2`, `rustix`).

use super::UdpSocket;
use crate::net::{TcpListener, TcpStream};
use crate::reactor::Reactor;
use crate::runtime::current;
use std::io;
use std::rc::Rc;

#[cfg(unix)]
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
#[cfg(windows)]
use std::os::windows::io::{AsRawSocket, AsSocket, BorrowedSocket, RawSocket};

macro_rules! handle {
    ($kind:ty) => {
        #[cfg(unix)]
        impl AsFd for $kind {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.source.get_ref().as_fd()
            }
        }

        #[cfg(unix)]
        impl AsRawFd for $kind {
            fn as_raw_fd(&self) -> RawFd {
                self.source.get_ref().as_raw_fd()
            }
        }

        #[cfg(windows)]
        impl AsSocket for $kind {
            fn as_socket(&self) -> BorrowedSocket<'_> {
                self.source.get_ref().as_socket()
            }
        }

        #[cfg(windows)]
        impl AsRawSocket for $kind {
            fn as_raw_socket(&self) -> RawSocket {
                self.source.get_ref().as_raw_socket()
            }
        }
    };
}

handle!(TcpStream);
handle!(TcpListener);
handle!(UdpSocket);

/// The reactor that is to watch a socket of the system's, `what` being its kind.
///
/// # Errors
/// In a run that is explored, where the kernel is not asked for events.
///
/// # Panics
/// With no shirr runtime on the thread.
#[track_caller]
pub(super) fn watcher(what: &str) -> io::Result<Rc<Reactor>> {
    let reactor = Rc::clone(&current(what).reactor);
    crate::choice::make!(if crate::choice::is_closed() {
        let text = format!(
            "{what} is the system's, and a run that is explored has only simulated TCP; \
             explore with a TcpStream in its place, or with a channel or `explore::latency()`"
        );
        return Err(io::Error::new(io::ErrorKind::Unsupported, text));
    });
    Ok(reactor)
}
