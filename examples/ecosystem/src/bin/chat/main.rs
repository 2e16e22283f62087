//! WebSocket on shirr: a chat with rooms, by async-tungstenite.
//!
//! `cargo run --release -p ecosystem --bin chat -- --demo` starts the server and three
//! clients in one process, and ends. Without `--demo` it serves until Ctrl-C: open two tabs
//! of a browser, and in their consoles say
//! `s = new WebSocket("ws://127.0.0.1:9001/lobby/ann"); s.onmessage = m => console.log(m.data)`
//! and then `s.send("hello")`. Start reading at `talk` in `server.rs`.
//!
//! # A client that does not read
//! It may stop the others for a moment only, and must not make the server grow. Each room has
//! a queue of 64 lines, from which every member takes at its own pace; a line leaves the queue
//! when all members have taken it. While the queue is full, the server reads nothing more from
//! the speakers. So a fast speaker waits for the readers, and no line is lost.
//!
//! What ends a member is time without progress: it has `--write` seconds to take what is queued
//! when its turn comes, at most 64 lines. After that it is out, and its lines are free.
//! - A member that stops reading holds the others up for that time at most. One that trickles
//!   cannot slow its room below 64 lines in that time. In a room that says fewer, no one waits.
//! - The server keeps at most 64 lines of 16 KiB for a room, of which each client may open one,
//!   and about 100 KiB for a client; the system keeps about 128 KiB of what a client is sent.

mod client;
mod demo;
mod room;
mod server;

use clap::Parser;
use ecosystem::{CONNECTIONS, CtrlC, Failure, connections, exit_code, limit};
use shirr::net::TcpListener;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

/// A chat over WebSocket: clients connect to /ROOM/NAME and send text.
#[derive(Debug, Parser)]
struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9001")]
    listen: SocketAddr,

    /// Have three clients talk to each other, and end
    #[arg(long, conflicts_with = "listen")]
    demo: bool,

    /// How many may be connected at the same time; those above wait until another leaves
    #[arg(long, value_name = "N", default_value_t = CONNECTIONS, value_parser = connections)]
    connections: usize,

    #[command(flatten)]
    limits: Limits,
}

/// What each wait for a client may take.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Limits {
    /// How long a client may take to shake hands; then its connection is closed
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = limit)]
    handshake: Duration,

    /// How long a client may take to read the lines that wait for it, 64 at most; then its
    /// connection is closed. Until then it may hold up its room
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = limit)]
    write: Duration,

    /// How long a client may send nothing, not even the answer to a ping; then its connection
    /// is closed. A ping is sent after half of it
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = limit)]
    idle: Duration,
}

async fn run(args: Args) -> Result<(), Failure> {
    if args.demo {
        return demo::run(args.connections, args.limits).await;
    }
    let stop = CtrlC::handled()?;
    let listener = TcpListener::bind(args.listen).await?;
    println!("listening on ws://{}/ROOM/NAME", listener.local_addr()?);
    server::serve(listener, stop.pressed(), args.connections, args.limits).await
}

fn main() -> ExitCode {
    exit_code("chat", shirr::block_on(run(Args::parse())))
}
