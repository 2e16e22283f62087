//! Futures that wait on a socket.
//!
//! Every operation is a loop of two steps, in `Source::io` of the reactor: try the system
//! call; if it would block, wait for an event and try again. The types here say which
//! system call, and what its answer means.
//!
//! A socket belongs to the runtime in which it was opened. Awaited in another, or after
//! its runtime is gone, an operation that would have to wait is an error instead.

mod addrs;
mod blame;
mod connect;
mod halves;
mod listener;
mod lookup;
mod read;
mod stream;
mod system;
mod write;

pub use addrs::ToAddrs;
pub use halves::{Closing, OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};
pub use listener::{Incoming, TcpListener};
pub use lookup::lookup_host;
pub use stream::TcpStream;
