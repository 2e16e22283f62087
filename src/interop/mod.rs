//! The traits of other crates, by feature; without a feature there is nothing here.
//!
//! | feature | gives | of |
//! |---|---|---|
//! | `futures` | `AsyncRead`, `AsyncWrite` | [`TcpStream`](crate::net::TcpStream), `&TcpStream`, both kinds of halves; `io::Async` on Unix, hence its sockets |
//! | `futures` | `Stream` | [`Incoming`](crate::net::Incoming), [`Interval`](crate::time::Interval), [`AsCompleted`](crate::AsCompleted); all are `FusedStream`s |
//! | `hyper` | hyper 1's `rt::Read`, `rt::Write` | [`TcpStream`](crate::net::TcpStream), without a wrapper |
//! | `hyper` | hyper 1's `rt::Executor`, `rt::Timer`, `rt::Sleep` | `interop::hyper::{Executor, Timer}`, [`Sleep`](crate::time::Sleep) |
//!
//! The traits of `futures` are those of the crates futures-io and futures-core, which the
//! crate `futures` re-exports. rustls, WebSocket and many others speak them, and tokio's by
//! way of `async-compat`. Handles, sleeps and gathers are plain futures and need none of it.
//!
//! # No buffers
//! `AsyncBufRead` is for types that have a buffer of their own, and nothing here has one: a
//! read takes what the system has, straight into the caller's memory. Where lines are to be
//! read, `futures::io::BufReader` around a stream is the buffer, of the size that fits. For
//! the same reason there is nothing to flush: a write is in the system's hands when it ends.
//!
//! # Closing
//! `poll_close` and hyper's `poll_shutdown` close the direction of writing, as
//! [`shutdown`](crate::net::TcpStream::shutdown) with `Shutdown::Write` does: the other end
//! reads to the end of what was written before. Closing twice, or a connection that the other
//! end has broken off, is no error. Of a descriptor that is no socket nothing is closed before its drop. Dropping both halves of it, or the stream, closes all.

#[cfg(feature = "futures")]
mod futures;

#[cfg(feature = "hyper")]
pub mod hyper;

/// Closes the direction of writing for a trait that has a poll for that.
#[cfg(any(feature = "futures", feature = "hyper"))]
fn close(stream: &crate::net::TcpStream) -> std::io::Result<()> {
    match stream.shutdown(std::net::Shutdown::Write) {
        Err(error) if error.kind() == std::io::ErrorKind::NotConnected => Ok(()), // closed already
        answer => answer,
    }
}
