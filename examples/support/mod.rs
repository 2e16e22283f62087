//! What `fetch_status` is made of, besides its `main`.
//!
//! None of this is in the library: a runtime gives sockets, timers and tasks, and what
//! speaks HTTP is built from those, as here. From the caller down to the socket:
//!
//! - [`session`]: the client, keep-alive connections in a pool;
//! - [`connection`]: one connection, one request and its answer at a time;
//! - [`http`]: bytes to answers, without a socket in sight; [`head`] and [`chunks`] are its
//!   parts;
//! - [`server`]: the other side, on a runtime and a thread of its own.
//!
//! Beside them: [`permits`] bounds the connections, [`buffer`] holds what has arrived,
//! [`url`] and [`error`] are what goes in and what may come out, [`open_files`] asks the
//! system for enough descriptors, [`report`] counts and prints, [`timed`] prints times.

pub(crate) mod buffer;
pub(crate) mod chunks;
pub(crate) mod connection;
pub(crate) mod error;
pub(crate) mod head;
pub(crate) mod http;
pub(crate) mod open_files;
pub(crate) mod permits;
pub(crate) mod report;
pub(crate) mod server;
pub(crate) mod session;
pub(crate) mod timed;
pub(crate) mod url;
