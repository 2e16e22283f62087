//! The programs on UDP, on Unix sockets and on other descriptors: `quic`, `unix_echo`,
//! `watch_folder` and `signals`.

#![cfg(unix)]

#[path = "../common/mod.rs"]
mod common;

mod quic;
mod signals;
#[cfg(target_os = "linux")]
mod strace;
mod unix_echo;
#[cfg(target_os = "linux")]
mod watch_folder;
