//! The HTTP client and server of `fetch_status`, for other examples that need the two.
//!
//! Start reading at [`session`].

#![allow(dead_code, reason = "no other example uses all of it")]

pub(crate) mod buffer;
pub(crate) mod chunks;
pub(crate) mod connection;
pub(crate) mod error;
pub(crate) mod head;
pub(crate) mod http;
pub(crate) mod permits;
pub(crate) mod server;
pub(crate) mod session;
pub(crate) mod url;
