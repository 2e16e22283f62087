//! The clients: most behave and count what they get; the others do one harm after another.

use crate::told::Told;
use rustix::net::SendFlags;
use shirr::net::TcpStream;
use shirr::time::{sleep, timeout};
use shirr::{gather, spawn};
use std::cell::Cell;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How many connect at the same time; the others wait for their turn.
const AT_ONCE: usize = 500;

/// An answer that takes longer is lost. The server is stopped and starved for less.
const LOST: Duration = Duration::from_secs(30);

/// A client has a request on its way once in this time, at different moments.
const PAUSE_MS: u64 = 500;

#[derive(Default)]
struct Counts {
    connected: Cell<u64>,
    answered: Cell<u64>,
    /// By the server, in the midst or at once.
    cut: Cell<u64>,
    /// Answers that were wrong or never came.
    lost: Cell<u64>,
    harms: Cell<u64>,
}

fn add(count: &Cell<u64>) {
    count.set(count.get() + 1);
}

/// Runs for so long, and says what came of it.
pub(crate) fn run(server: SocketAddr, connections: usize, strangers: usize, seconds: f64) -> io::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    shirr::block_on(async {
        let counts = Rc::new(Counts::default());
        let harms = (0..strangers as u64).map(|n| harm_until(end, n, address(server, n), Rc::clone(&counts)));
        let harms = spawn(gather(harms.collect::<Vec<_>>()));
        // All are connected before the first asks.
        let streams = (0..connections as u64).map(|n| connect(address(server, n), Rc::clone(&counts)));
        let streams = gather(streams.collect::<Vec<_>>()).limit(AT_ONCE).await;
        let kept = streams.into_iter().enumerate().filter_map(|(n, stream)| Some((n as u64, stream?)));
        let clients = kept.map(|(n, stream)| behave(n, stream, end, Rc::clone(&counts)));
        gather(clients.collect::<Vec<_>>()).await;
        drop(harms.await);
        let told = Told::default()
            .with("connected", counts.connected.get())
            .with("answered", counts.answered.get())
            .with("cut", counts.cut.get())
            .with("lost", counts.lost.get())
            .with("harms", counts.harms.get());
        println!("{told}");
    });
    Ok(())
}

/// One of eight addresses of this machine, since each has ports of its own.
fn address(server: SocketAddr, n: u64) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1 + (n % 8) as u8)), server.port())
}

/// It may be cut off right after; that is found with the first request.
async fn connect(to: SocketAddr, counts: Rc<Counts>) -> Option<TcpStream> {
    match timeout(LOST, TcpStream::connect(to)).await {
        Ok(Ok(stream)) => {
            add(&counts.connected);
            Some(stream)
        }
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionReset => {
            add(&counts.cut);
            None
        }
        _ => {
            add(&counts.lost);
            None
        }
    }
}

/// Asks and waits for the answer, until the time is over or the server cuts it off.
async fn behave(n: u64, stream: TcpStream, end: Instant, counts: Rc<Counts>) {
    for round in 0_u64.. {
        sleep(Duration::from_millis((n * 7919 + round * 104_729) % PAUSE_MS)).await;
        let kind = if (n + round) % 50 == 0 { b'w' } else { b'e' };
        let request = ((n << 32 | round << 8) & !0xff | u64::from(kind)).to_le_bytes();
        let mut answer = [0; 8];
        let asked = async {
            stream.write_all(&request).await?;
            stream.read_exact(&mut answer).await
        };
        match timeout(LOST, asked).await {
            Ok(Ok(())) if answer == request => add(&counts.answered),
            Ok(Err(_)) => return add(&counts.cut),
            _ => return add(&counts.lost),
        }
        if Instant::now() >= end {
            return;
        }
        sleep(Duration::from_millis(PAUSE_MS)).await;
    }
}

async fn harm_until(end: Instant, n: u64, server: SocketAddr, counts: Rc<Counts>) {
    for kind in n.. {
        if Instant::now() >= end {
            return;
        }
        if let Ok(Ok(stream)) = timeout(LOST, TcpStream::connect(server)).await {
            let _ = harm(kind % 6, &stream).await; // it may be cut off first
            add(&counts.harms);
        }
        sleep(Duration::from_millis(kind % 50)).await;
    }
}

async fn harm(kind: u64, stream: &TcpStream) -> io::Result<()> {
    let (request, moment) = (*b"e stray ", Duration::from_millis(100));
    match kind {
        // What is unread at the close makes it a reset.
        0 => {
            stream.write_all(&request).await?;
            sleep(moment).await;
        }
        1 => {
            stream.write_all(&request).await?;
            stream.shutdown(Shutdown::Write)?;
            stream.read_exact(&mut [0; 8]).await?;
        }
        2 => {
            for byte in &request[..5] {
                stream.write_all(&[*byte]).await?;
                sleep(moment / 10).await;
            }
        }
        3 => sleep(5 * moment).await,
        4 => {
            rustix::net::send(stream, b"!", SendFlags::OOB)?;
            stream.write_all(&request).await?;
            stream.read_exact(&mut [0; 8]).await?;
        }
        // Gone with a closure on its way to a helper.
        _ => stream.write_all(b"w stray ").await?,
    }
    Ok(())
}
