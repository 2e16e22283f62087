//! A server on shirr for minutes, with clients and a system that misbehave; a failure if
//! anything is lost or leaked.
//!
//! ```sh
//! cargo run --release -p versus --bin soak -- --minutes 10
//! cargo run --release -p versus --bin soak -- --quick
//! ```
//!
//! Three processes: the server (`server.rs`), its clients (`clients.rs`), anew in each round, and
//! this one. The rounds take turns: nothing else happens; the server is stopped and goes on; it
//! has no descriptor left for a while; it can start no thread for a while. In each, clients reset,
//! fall silent, close by half, send byte by byte and urgent bytes; tasks are aborted from another
//! thread, closures run on helper threads, of which there are too few, and a runtime with a paused
//! clock, which is set forward, runs beside. The system's clock is not set: no code of the library
//! asks for the time of day, and the clock that it asks for cannot be set.
//! After each round the server must hold what it held before the first: tasks, sockets, timers and
//! descriptors exactly, no more threads, and memory within [`GROWTH`].

#[cfg(target_os = "linux")]
mod clients;
#[cfg(target_os = "linux")]
mod rounds;
#[cfg(target_os = "linux")]
mod server;
#[cfg(target_os = "linux")]
mod told;

use clap::{Parser, Subcommand};
use std::net::SocketAddr;
use std::process::ExitCode;

/// By how many bytes the memory of the server at rest may differ from that after the first rounds.
const GROWTH: i64 = 64 * 1024;

/// Runs a server with clients that misbehave, and fails if anything is lost or leaked.
#[derive(Debug, Parser)]
struct Args {
    /// For how long
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,

    /// How many clients behave, each with a connection; as many as descriptors allow
    #[arg(long, default_value_t = 20_000)]
    connections: usize,

    /// How many misbehave
    #[arg(long, default_value_t = 200)]
    strangers: usize,

    /// Each kind of round twice, for two seconds, with 1,000 connections
    #[arg(long)]
    quick: bool,

    #[command(subcommand)]
    role: Option<Role>,
}

/// What the other processes are.
#[derive(Debug, Subcommand)]
enum Role {
    #[command(hide = true)]
    Serve,
    #[command(hide = true)]
    Crowd { server: SocketAddr, connections: usize, strangers: usize, seconds: f64 },
}

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    let args = Args::parse();
    let result = match args.role {
        None => rounds::run(&args),
        Some(Role::Serve) => server::run().map(|()| true),
        Some(Role::Crowd { server, connections, strangers, seconds }) => {
            clients::run(server, connections, strangers, seconds).map(|()| true)
        }
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    let _ = Args::parse();
    eprintln!("soak counts descriptors and threads in /proc, which only Linux has");
    ExitCode::FAILURE
}
