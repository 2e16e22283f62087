//! Beside the stream and the listener: names, halves, what a system says of sockets.
//!
//! - [`mod@addrs`] and [`mod@lookup`]: from what the user has to addresses;
//! - [`mod@attempts`]: several addresses, tried side by side;
//! - [`mod@backlog`] and [`mod@incoming`]: how many connections wait, and accepting them past errors;
//! - [`mod@blame`]: whose fault an error of `accept` is;
//! - [`mod@forms`], [`mod@vectored`] and [`mod@whole`]: other ways to read and write;
//! - [`mod@waits`]: waiting for a direction, and operations of the caller's own;
//! - [`mod@options`]: what can be set on a connection;
//! - [`mod@halves`]: a stream as two;
//! - [`mod@system`]: to and from the system's own handles;
//! - [`mod@udp`] and [`mod@datagrams`]: datagrams, sent and received;
//! - `descriptor` and `unix`: on Unix any descriptor, and the sockets of one machine;
//! - `simulated`, by the feature `explore`: sockets of a simulated network.

mod addrs;
mod attempts;
mod backlog;
mod blame;
mod datagrams;
#[cfg(unix)]
pub mod descriptor;
mod forms;
mod halves;
mod incoming;
mod lookup;
mod options;
#[cfg(feature = "explore")]
pub(crate) mod simulated;
mod system;
mod udp;
#[cfg(unix)]
mod unix;
mod vectored;
mod waits;
mod whole;

pub(crate) use addrs::Target;
pub use addrs::ToAddrs;
pub(crate) use attempts::connect_to_any;
pub(crate) use backlog::widen;
pub use halves::{Closing, OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};
pub use incoming::Incoming;
pub(crate) use lookup::first_of;
pub use lookup::lookup_host;
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{UnixDatagram, UnixListener, UnixStream};
