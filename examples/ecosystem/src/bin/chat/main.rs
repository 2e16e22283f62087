//! WebSocket on shirr: a chat with rooms, by async-tungstenite.
//!
//! `cargo run --release -p ecosystem --bin chat -- --demo` starts the server and three
//! clients in one process, and ends. Without `--demo` it serves until Ctrl-C: open two tabs
//! of a browser, and in their consoles say
//! `s = new WebSocket("ws://127.0.0.1:9001/lobby/ann"); s.onmessage = m => console.log(m.data)`
//! and then `s.send("hello")`. Start reading at `talk` in `server.rs`.
//!
//! # A client that does not read
//! It must neither stop the others nor make the server grow. Every client has a queue of 64
//! messages. Whoever lets it fill up is out of the room: what is in the queue is still sent,
//! if that goes on within ten seconds a message, and then the connection is closed. So a
//! client costs at most 65 messages of 16 KiB, and nobody waits for anybody else.

mod demo;
mod server;

use clap::Parser;
use ecosystem::{CtrlC, Failure, exit_code};
use shirr::net::TcpListener;
use std::net::SocketAddr;
use std::process::ExitCode;

/// A chat over WebSocket: clients connect to /ROOM/NAME.
#[derive(Debug, Parser)]
struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9001")]
    listen: SocketAddr,

    /// Have three clients talk to each other, and end
    #[arg(long, conflicts_with = "listen")]
    demo: bool,
}

async fn run(args: Args) -> Result<(), Failure> {
    if args.demo {
        return demo::run().await;
    }
    let stop = CtrlC::handled()?;
    let listener = TcpListener::bind(args.listen).await?;
    println!("listening on ws://{}/ROOM/NAME", listener.local_addr()?);
    server::serve(listener, stop.pressed()).await
}

fn main() -> ExitCode {
    exit_code("chat", shirr::block_on(run(Args::parse())))
}
