//! Futures that wait on a socket.
//!
//! Every operation is a loop of two steps, in `Source::io` of the reactor: try the system
//! call; if it would block, wait for an event and try again. The types here say which
//! system call, and what its answer means.
//!
//! A socket belongs to the runtime in which it was opened. Awaited in another, or after
//! its runtime is gone, an operation that would have to wait is an error instead.

mod branches;
mod connect;
mod listener;
mod read;
mod stream;
mod write;

pub use branches::{
    Closing, Incoming, OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, ToAddrs, UdpSocket, WriteHalf,
    lookup_host,
};
#[cfg(unix)]
pub use branches::{UnixDatagram, UnixListener, UnixStream};
// Users know it as `shirr::io`.
#[cfg(unix)]
#[doc(hidden)]
pub use branches::descriptor;
// What a socket is underneath: the system's, and by the feature `explore` a simulated one, too.
#[cfg(feature = "explore")]
use branches::simulated as socket;
#[cfg(feature = "explore")]
pub(crate) use branches::simulated::cuts;
#[cfg(not(feature = "explore"))]
use mio::net as socket;

pub use listener::TcpListener;
pub use stream::TcpStream;
