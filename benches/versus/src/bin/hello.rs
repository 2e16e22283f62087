//! hyper's hello-world under wrk: requests a second on shirr and on tokio.
//!
//! ```sh
//! cargo run --release -p versus --bin hello
//! cargo run --release -p versus --bin hello -- --rounds 3 --seconds 1
//! ```
//!
//! The same HTTP/1.1 server of hyper 1, each in a process of its own with one thread, asked by
//! `wrk -t1 -c64` in turns, in an order that changes. tokio is its current_thread runtime and
//! spawns with `tokio::spawn`, its fastest way on it. The program fails when an answer was not
//! what it should be.
//!
//! It needs wrk, which Debian has in a package of that name.

#[allow(dead_code, reason = "only the median is needed")]
#[path = "../stats.rs"]
mod stats;

use clap::Parser;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, ExitCode, Stdio};

const SIDES: [&str; 2] = ["shirr", "tokio"];

/// Asks a server on shirr and one on tokio with wrk, in turns.
#[derive(Parser)]
#[command(name = "hello")]
struct Args {
    /// How often each is asked.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// For how long each time.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,

    /// Only serve, on this runtime, and print where.
    #[arg(long, value_name = "RUNTIME", value_parser = SIDES)]
    serve: Option<String>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match args.serve.as_deref() {
        Some("shirr") => shirr::block_on(serve_shirr(listener())),
        Some(_) => tokio().block_on(serve_tokio(listener())),
        None => compare(&args),
    }
}

fn compare(args: &Args) -> ExitCode {
    if let Err(error) = Command::new("wrk").arg("--version").output() {
        eprintln!("wrk cannot be started ({error}); apt-get install wrk");
        return ExitCode::FAILURE;
    }
    let servers = SIDES.map(Server::start);
    for server in &servers {
        server.asked_for(1); // which warms it up
    }
    let (mut rates, mut ratios, mut costs) = ([vec![], vec![]], vec![], vec![]);
    for round in 0..args.rounds as usize {
        // In turns, in an order that changes.
        let mut cost = [0.0; 2];
        for side in [round % 2, (round + 1) % 2] {
            let before = servers[side].cpu_ticks();
            let rate = servers[side].asked_for(args.seconds);
            cost[side] = (servers[side].cpu_ticks() - before) / rate;
            rates[side].push(rate);
        }
        ratios.push(rates[0][round] / rates[1][round]);
        costs.push(cost[0] / cost[1]);
    }
    println!("| requests a second, wrk -t1 -c64, {} rounds | median (p25..p75) |\n|---|---|", args.rounds);
    let sums = rates.map(stats::Summary::of);
    for (side, sum) in SIDES.iter().zip(sums) {
        println!("| {side} | {:.0} ({:.0}..{:.0}) |", sum.median, sum.p25, sum.p75);
    }
    let (ratio, by_round) = (sums[0].median / sums[1].median, stats::Summary::of(ratios).median);
    let kept = ratio >= 1.0 && by_round >= 1.0;
    let verdict = if kept { "reached" } else { "MISSED" };
    println!("\nshirr / tokio: {ratio:.3}, by round {by_round:.3}, at least 1: {verdict}");
    let cost = stats::Summary::of(costs).median;
    println!("the server's own processor time for a request, by round: {cost:.3}");
    ExitCode::SUCCESS
}

/// One side's process, ended when dropped.
struct Server {
    process: Child,
    addr: String,
}

impl Server {
    fn start(side: &str) -> Self {
        let this = std::env::current_exe().expect("a running program has a file");
        let mut command = Command::new(this);
        command.args(["--serve", side]).stdout(Stdio::piped());
        let mut process = command.spawn().expect("this program can be started");
        let mut addr = String::new();
        let said = process.stdout.take().expect("it was to be piped");
        BufReader::new(said).read_line(&mut addr).expect("it prints where it listens");
        Self { process, addr: addr.trim().to_owned() }
    }

    /// The processor time that it has taken, in the kernel's ticks; not a number where there is
    /// no `/proc`.
    fn cpu_ticks(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()));
        let fields = stat.ok().and_then(|stat| Some(stat.rsplit_once(") ")?.1.to_owned()));
        // The fields after the name: state, ten others, then user and system time.
        let ticks =
            fields.map(|rest| rest.split(' ').skip(11).take(2).filter_map(|n| n.parse::<f64>().ok()).sum());
        ticks.unwrap_or(f64::NAN)
    }

    /// Requests a second.
    fn asked_for(&self, seconds: u32) -> f64 {
        let mut wrk = Command::new("wrk");
        wrk.args([
            "-t1",
            "-c64",
            "--timeout",
            "30s",
            &format!("-d{seconds}s"),
            &format!("http://{}/", self.addr),
        ]);
        let output = wrk.output().expect("wrk was there a moment ago");
        let said = String::from_utf8_lossy(&output.stdout);
        let trouble = said.contains("Non-2xx") || said.contains("Socket errors");
        assert!(output.status.success() && !trouble, "{said}");
        let rate = said.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
        rate.and_then(|rate| rate.trim().parse().ok()).unwrap_or_else(|| panic!("{said}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already if this fails.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Listens, and prints where.
fn listener() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let addr: SocketAddr = listener.local_addr().expect("it listens");
    println!("{addr}");
    listener.set_nonblocking(true).expect("any socket can be");
    listener
}

async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(b"Hello, world!"))))
}

async fn serve_shirr(listener: TcpListener) -> ExitCode {
    let listener = shirr::net::TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        drop(shirr::spawn(async move {
            // wrk closes its connections without further ado, which is an error to hyper.
            let _ = http1::Builder::new().serve_connection(stream, service_fn(hello)).await;
        }));
    }
}

async fn serve_tokio(listener: TcpListener) -> ExitCode {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let stream = hyper_util::rt::TokioIo::new(stream);
        drop(tokio::spawn(async move {
            let _ = http1::Builder::new().serve_connection(stream, service_fn(hello)).await;
        }));
    }
}

fn tokio() -> tokio::runtime::Runtime {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.expect("the system has descriptors left for a runtime")
}
