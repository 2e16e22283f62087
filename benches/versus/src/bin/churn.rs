//! Connections that come and go, a thousand a second for a minute: does anything stay behind?
//!
//! ```sh
//! cargo run --release -p versus --bin churn
//! cargo run --release -p versus --bin churn -- --seconds 5 --rate 2000
//! ```
//!
//! One runtime has both ends. Each visit connects, sends 64 bytes, has them back, and hears
//! the other end close. It begins with more visits at once than will ever be under way again,
//! so that every table has its size. After ten seconds, or a third of a shorter run, and again
//! at the end, it waits until no visit is under way and counts: descriptors, sources, timers
//! and tasks, which must be what they were to the last one, and memory, which may be larger
//! by [`SLACK`]. The program fails when something grew, or when the visits fell behind.

use clap::Parser;
use shirr::net::{TcpListener, TcpStream};
use shirr::{Metrics, spawn, time};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Bytes that the process, and what was asked of its allocator, may grow by.
const SLACK: i64 = 64 << 10;

/// Visits at once, before anything is counted: as many as four listeners' queues hold.
const AT_FIRST: u32 = 400;

/// Visits that begin together, from then on.
const BURST: u32 = 10;

const BYTES: usize = 64;

/// Connects and closes at a steady rate, and fails if anything is left behind.
#[derive(Parser)]
#[command(name = "churn")]
struct Args {
    /// For how long.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,

    /// Visits a second.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
}

/// What there is when no visit is under way.
#[derive(Clone, Copy, Debug)]
struct Sample {
    descriptors: usize,
    sources: usize,
    timers: usize,
    tasks: usize,
    asked: u64,
    resident: u64,
}

fn main() -> ExitCode {
    if cfg!(not(target_os = "linux")) {
        eprintln!("descriptors and memory of a process are read on Linux only");
        return ExitCode::FAILURE;
    }
    let args = Args::parse();
    let verdict = shirr::block_on(churn(&args));
    match verdict {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

async fn churn(args: &Args) -> Result<(), String> {
    println!("{} visits a second for {} s, both ends in one runtime", args.rate, args.seconds);
    memory::start_counting();
    // Four addresses, so that no pair of ports comes again before the kernel is done with it.
    let mut addrs = Vec::new();
    for last in 1..=4 {
        let listener = TcpListener::bind((format!("127.0.0.{last}"), 0)).await.map_err(|e| e.to_string())?;
        addrs.push(listener.local_addr().unwrap());
        drop(spawn(serve(listener)));
    }
    for task in
        (0..AT_FIRST).map(|number| spawn(visit(addrs[number as usize % 4], number))).collect::<Vec<_>>()
    {
        task.await.unwrap();
    }
    let total = args.seconds * args.rate;
    let first = (10 * args.rate).min(total / 3);
    let start = Instant::now();
    visits(&addrs, 0, first, args.rate).await;
    let before = Sample::take().await;
    println!("{:>5.1} s, {first} visits: {before:?}", start.elapsed().as_secs_f64());
    visits(&addrs, first, total, args.rate).await;
    let took = start.elapsed();
    let after = Sample::take().await;
    println!("{:>5.1} s, {total} visits: {after:?}", took.as_secs_f64());
    after.against(&before)?;
    let late = took.saturating_sub(Duration::from_secs(args.seconds.into()));
    if late > Duration::from_secs(1) + took / 50 {
        return Err(format!("the visits fell behind by {late:?}: this machine cannot make so many"));
    }
    println!("nothing grew");
    Ok(())
}

/// Begins the visits of these numbers at their times, and waits until all are over.
async fn visits(addrs: &[std::net::SocketAddr], from: u32, to: u32, rate: u32) {
    let mut bursts = time::interval(Duration::from_secs(1) * BURST / rate);
    let mut under_way = Vec::new();
    for first in (from..to).step_by(BURST as usize) {
        bursts.tick().await;
        under_way.retain(|visit: &shirr::JoinHandle<()>| !visit.is_finished());
        for number in first..to.min(first + BURST) {
            under_way.push(spawn(visit(addrs[number as usize % addrs.len()], number)));
        }
    }
    for visit in under_way {
        visit.await.unwrap();
    }
}

async fn visit(addr: std::net::SocketAddr, number: u32) {
    let stream = TcpStream::connect(addr).await.unwrap();
    let (sent, mut answer) = ([number as u8; BYTES], [0; BYTES]);
    stream.write_all(&sent).await.unwrap();
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, sent);
    assert_eq!(stream.read(&mut answer).await.unwrap(), 0);
}

async fn serve(listener: TcpListener) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        drop(spawn(async move {
            let mut buffer = [0; BYTES];
            stream.read_exact(&mut buffer).await.unwrap();
            stream.write_all(&buffer).await.unwrap();
        }));
    }
}

impl Sample {
    /// The bytes are read last, when what the other readings took is given back.
    async fn take() -> Self {
        shirr::yield_now().await; // and the last task has ended
        let Metrics { sources, timers, tasks, .. } = shirr::metrics();
        let descriptors = std::fs::read_dir("/proc/self/fd").expect("Linux lists them").count();
        let resident = resident_bytes();
        Self { descriptors, sources, timers, tasks, asked: memory::growth(), resident }
    }

    fn against(&self, before: &Self) -> Result<(), String> {
        let counts = |s: &Self| [s.descriptors, s.sources, s.timers, s.tasks];
        if counts(self) != counts(before) {
            return Err("something was left behind".to_owned());
        }
        for (what, [after, before]) in [
            ("what was asked of the allocator", [self.asked, before.asked]),
            ("the process", [self.resident, before.resident]),
        ] {
            let grown = after as i64 - before as i64;
            println!("{what} grew by {grown} bytes, {SLACK} allowed");
            if grown > SLACK {
                return Err(format!("{what} has grown"));
            }
        }
        Ok(())
    }
}

/// How much of this process is in memory.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells it");
    1024 * line.trim().trim_end_matches(" kB").parse::<u64>().expect("it is a number")
}
