//! The system's own handles of the system's sockets.

use super::{TcpListener, TcpStream, no_handle};

#[cfg(unix)]
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
#[cfg(windows)]
use std::os::windows::io::{AsRawSocket, AsSocket, BorrowedSocket, RawSocket};

macro_rules! handle {
    ($kind:ident) => {
        impl From<$kind> for std::net::$kind {
            fn from(socket: $kind) -> Self {
                match socket {
                    $kind::System(socket) => socket.into(),
                    $kind::Simulated(_) => no_handle(),
                }
            }
        }

        #[cfg(unix)]
        impl AsFd for $kind {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.system().as_fd()
            }
        }

        #[cfg(unix)]
        impl AsRawFd for $kind {
            fn as_raw_fd(&self) -> RawFd {
                self.system().as_raw_fd()
            }
        }

        #[cfg(windows)]
        impl AsSocket for $kind {
            fn as_socket(&self) -> BorrowedSocket<'_> {
                self.system().as_socket()
            }
        }

        #[cfg(windows)]
        impl AsRawSocket for $kind {
            fn as_raw_socket(&self) -> RawSocket {
                self.system().as_raw_socket()
            }
        }
    };
}

handle!(TcpStream);
handle!(TcpListener);
