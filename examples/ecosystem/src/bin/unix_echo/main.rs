//! An echo over a Unix socket, and what becomes of the socket's file.
//!
//! `cargo run --release -p ecosystem --bin unix_echo -- /tmp/echo`; try it with
//! `nc -U /tmp/echo`, and end it with Ctrl-C or SIGTERM. The file is removed then. One that a
//! process has left that was killed is replaced; a file that is something else, or at which
//! another server listens, is an error. Start reading at `listen` in `server.rs`.

#[cfg(unix)]
mod server;

use clap::Parser;
use ecosystem::{CONNECTIONS, connections, exit_code, limit, seconds};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Sends back whatever it is sent over a Unix socket, until Ctrl-C or SIGTERM.
#[derive(Debug, Parser)]
#[cfg_attr(not(unix), expect(dead_code, reason = "there is no server to read it"))]
struct Args {
    /// Where the socket's file is to be
    path: PathBuf,

    /// How many may be connected at the same time; those above wait until another leaves
    #[arg(long, value_name = "N", default_value_t = CONNECTIONS, value_parser = connections)]
    connections: usize,

    /// How long clients may stay after Ctrl-C
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    grace: Duration,

    /// How long a client may say nothing; then its connection is closed
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = limit)]
    idle: Duration,

    /// How long a client may leave unread what it is sent; then its connection is closed
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = limit)]
    write: Duration,
}

fn main() -> ExitCode {
    let args = Args::parse();
    #[cfg(unix)]
    let result = shirr::block_on(server::run(args));
    #[cfg(not(unix))]
    let result = Err(format!("there are no Unix sockets here for {}", args.path.display()).into());
    exit_code("unix_echo", result)
}
