//! What to do when one thread is not enough: a runtime on each of several, which share
//! nothing but a port.
//!
//! `cargo run --release -p ecosystem --bin echo_server -- --threads 2` listens with two
//! sockets on one address (`SO_REUSEPORT`), and the kernel deals new connections out among
//! them. No task ever moves to another thread, so none needs to be `Send`. Start reading at
//! `one_thread`; try it with `nc 127.0.0.1 7007`, and end it with Ctrl-C.

use clap::Parser;
use ecosystem::{CONNECTIONS, Crowd, CtrlC, Failure, Guest, WriteLimit, connections, exit_code, limit};
use futures_util::{AsyncReadExt, AsyncWriteExt, StreamExt};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::timeout;
use socket2::{Domain, Socket, Type};
use std::net::SocketAddr;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;
use std::{io, thread};

/// Sends back whatever it is sent, with one runtime a thread.
#[derive(Debug, Parser)]
struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7007")]
    listen: SocketAddr,

    /// How many threads serve; more than one needs a Unix system
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: u16,

    /// How many may be connected to each thread at the same time; those above wait until another
    /// leaves
    #[arg(long, value_name = "N", default_value_t = CONNECTIONS, value_parser = connections)]
    connections: usize,

    #[command(flatten)]
    limits: Limits,
}

/// What each wait for a client may take.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Limits {
    /// How long a client may say nothing; then its connection is closed
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = limit)]
    idle: Duration,

    /// How long a client may leave unread what it is sent; then its connection is reset. It
    /// counts from when the system takes no more, which is after some megabytes
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = limit)]
    write: Duration,
}

/// A listening socket that may share its address with others of this program.
fn listen(addr: SocketAddr, shared: bool) -> Result<std::net::TcpListener, Failure> {
    let open = || {
        let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
        if cfg!(unix) {
            socket.set_reuse_address(true)?; // elsewhere that means sharing with strangers
        }
        if shared {
            share_port(&socket)?;
        }
        socket.bind(&addr.into())?;
        socket.listen(4096)?; // how many may wait to be accepted
        Ok(socket.into())
    };
    open().map_err(|error: io::Error| format!("cannot listen on {addr}: {error}").into())
}

#[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin"))))]
fn share_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}

#[cfg(not(all(unix, not(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin")))))]
fn share_port(_: &Socket) -> io::Result<()> {
    let text = "several threads need SO_REUSEPORT, which this system has not; use --threads 1";
    Err(io::Error::new(io::ErrorKind::Unsupported, text))
}

/// One socket a thread, all on one address, whose port the first may have to pick.
fn listen_on_all(args: &Args) -> Result<Vec<std::net::TcpListener>, Failure> {
    let shared = args.threads > 1;
    let mut sockets = vec![listen(args.listen, shared)?];
    let addr = sockets[0].local_addr()?;
    for _ in 1..args.threads {
        sockets.push(listen(addr, shared)?);
    }
    Ok(sockets)
}

/// All that a thread does: a runtime of its own, a listener of its own, its own clients.
/// Returns how many it served.
fn one_thread(
    socket: std::net::TcpListener,
    crowd: &Crowd,
    limits: Limits,
    stop: CtrlC,
) -> io::Result<usize> {
    shirr::Runtime::new()?.block_on(async {
        let listener = TcpListener::from_std(socket)?;
        let mut clients = pin!(crowd.admit(&listener, stop.pressed()));
        let mut served = 0;
        while let Some(client) = clients.next().await {
            let (client, guest) = client?;
            served += 1;
            drop(shirr::spawn(serve(client, limits, guest)));
        }
        Ok(served)
    })
}

/// One client. What it does wrong is its own affair, and ends with its connection.
async fn serve(client: TcpStream, limits: Limits, _guest: Guest) {
    if let Err(error) = echo(client, limits).await {
        eprintln!("a connection ended early: {error}");
    }
}

/// A client that does not read stops the `write_all`, and so the reading: it is never ahead
/// by more than a buffer.
async fn echo(client: TcpStream, limits: Limits) -> Result<(), Failure> {
    client.set_nodelay(true)?;
    let mut client = WriteLimit::new(client, limits.write);
    let mut buf = vec![0; 16 * 1024];
    loop {
        let idle = |_| format!("the client has said nothing for {:?}", limits.idle);
        match timeout(limits.idle, client.read(&mut buf)).await.map_err(idle)?? {
            0 => return Ok(()),
            n => client.write_all(&buf[..n]).await?,
        }
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let stop = CtrlC::handled()?;
    let sockets = listen_on_all(args)?;
    println!("listening on {}, threads: {}", sockets[0].local_addr()?, args.threads);
    let start = |socket| {
        let (crowd, limits, stop) = (Crowd::new(args.connections), args.limits, stop.clone());
        thread::spawn(move || one_thread(socket, &crowd, limits, stop))
    };
    let threads: Vec<_> = sockets.into_iter().map(start).collect();
    for (number, thread) in (1..).zip(threads) {
        let served = thread.join().map_err(|_| "a thread panicked")??;
        println!("thread {number} served {served} connections");
    }
    Ok(())
}

fn main() -> ExitCode {
    exit_code("echo_server", run(&Args::parse()))
}
