//! A thousand GET requests at once through `gather`, against the same one after another.
//!
//! `cargo run --release --example fetch_status` needs no network: it starts a server of
//! its own, which waits 18 ms before each answer. `-- --help` tells what else it can do.
//! Start reading at `fetch_status`, then `fetch_all`; `support/session.rs` is next.

mod support;

use clap::Parser;
use indicatif::{ProgressBar, ProgressFinish};
use shirr::time::sleep;
use shirr::{gather, spawn};
use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};
use support::error::Error;
use support::open_files;
use support::report::{Outcomes, Report, Sequential};
use support::server::{self, Answer, Server};
use support::session::ClientSession;
use support::timed::timed;
use support::url::Url;

/// After this long, no more requests are made one after another: a server that answers
/// none of them would keep us for a long time.
const SEQUENTIAL_BUDGET: Duration = Duration::from_secs(30);

/// Makes many GET requests at once, then some one after another, and compares.
///
/// The exit status is 0 when every request got an answer, whatever the answer's status,
/// 1 when any did not, and 2 for arguments that make no sense.
///
/// An answer fails that is too long: 64 KiB for its heads, as much for its trailers, 64 MiB
/// for its body, and 16 KiB that surround chunks beyond what their content pays for.
#[derive(Clone, Debug, Parser)]
struct Args {
    /// How many requests to make at once
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    requests: u32,

    /// What to fetch, as http://host[:port]/path [default: a server of its own]
    #[arg(long)]
    url: Option<Url>,

    /// How long the own server waits before each answer
    #[arg(long, value_name = "MS", default_value_t = 18, conflicts_with = "url")]
    delay_ms: u64,

    /// How long the own server waits for a client's next request, from the one before, and
    /// for it to take a part of its answer; then it closes the connection
    #[arg(long, value_name = "MS", default_value_t = server::PATIENCE.as_millis() as u64, conflicts_with = "url")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    patience_ms: u64,

    /// How many connections to have at a time; 0 means no limit (aiohttp's default is 100)
    #[arg(long, value_name = "N", default_value_t = 0)]
    limit: usize,

    /// How long one request may take, from when it may have a connection
    #[arg(long, value_name = "MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    timeout_ms: u64,

    /// How many of the requests to make one after another, for comparison; it ends early
    /// after 30 seconds
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    sequential: u32,

    /// How many times to gather, the later ones on the connections kept from the earlier
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Print a line as each request starts and ends
    #[arg(long, conflicts_with = "json")]
    verbose: bool,

    /// Print one line of JSON; counts are of all rounds, the speedup is the first one's
    #[arg(long)]
    json: bool,

    /// Make no requests: only run the own server, for other programs to fetch from. Print
    /// its URL, and stop when standard input ends. `--requests` is how many connections it
    /// makes room for
    #[arg(long, conflicts_with_all = ["url", "timeout_ms", "sequential", "rounds", "verbose", "json"])]
    serve: bool,
}

/// One request. Its result is the status code, as in the asyncio program.
async fn fetch_status(session: Rc<ClientSession>, url: Rc<Url>) -> Result<u16, Error> {
    let response = session.get(&url).await?;
    Ok(response.status)
}

/// All requests at once.
async fn fetch_all(args: &Args, session: &Rc<ClientSession>, url: &Rc<Url>) -> Vec<Result<u16, Error>> {
    let done = Rc::new(Cell::new(0));
    let watched = is_watched(args).then(|| spawn(show_progress(args.requests.into(), Rc::clone(&done))));
    let requests = (1..=args.requests).map(|number| {
        let fetch = fetch_status(Rc::clone(session), Rc::clone(url));
        let (verbose, done) = (args.verbose, Rc::clone(&done));
        async move {
            let outcome =
                if verbose { timed(format!("fetch_status({number})"), fetch).await } else { fetch.await };
            done.set(done.get() + 1);
            outcome
        }
    });
    let outcomes = gather(requests).await;
    if let Some(progress) = watched {
        progress.abort();
        let _ = progress.await;
    }
    outcomes
}

/// Shows how many are done, from a task beside them: drawing at each would slow them down.
async fn show_progress(requests: u64, done: Rc<Cell<u64>>) {
    let bar = ProgressBar::new(requests).with_finish(ProgressFinish::AndClear);
    loop {
        sleep(Duration::from_millis(100)).await;
        bar.set_position(done.get());
    }
}

/// The same requests, each after the one before, on a session of their own.
async fn one_after_another(args: &Args, url: &Rc<Url>) -> Sequential {
    let session = Rc::new(new_session(args));
    let mut outcomes = Outcomes::default();
    let (mut measured, start) = (0, Instant::now());
    while measured < args.sequential.min(args.requests) as usize && start.elapsed() < SEQUENTIAL_BUDGET {
        outcomes.add(fetch_status(Rc::clone(&session), Rc::clone(url)).await);
        measured += 1;
    }
    Sequential { measured, time: start.elapsed(), outcomes }
}

async fn compare(args: &Args, url: Url) -> Report {
    let (session, url) = (Rc::new(new_session(args)), Rc::new(url));
    let (mut rounds, mut outcomes) = (Vec::new(), Outcomes::default());
    for _ in 0..args.rounds {
        let start = Instant::now();
        let round = fetch_all(args, &session, &url).await;
        rounds.push(start.elapsed());
        round.into_iter().for_each(|outcome| outcomes.add(outcome));
    }
    let sequential = one_after_another(args, &url).await;
    Report { requests: args.requests as usize, rounds, outcomes, counts: session.counts(), sequential }
}

fn new_session(args: &Args) -> ClientSession {
    ClientSession::new(args.limit, Duration::from_millis(args.timeout_ms))
}

/// Whether a person watches, so that a progress bar is shown, and not lines.
fn is_watched(args: &Args) -> bool {
    !args.verbose && !args.json && io::stdout().is_terminal() && io::stderr().is_terminal()
}

/// How many sockets will be open at once: one a connection, and the server's end of it when
/// that is ours.
fn sockets_needed(args: &Args) -> usize {
    let requests = args.requests as usize;
    let connections = if args.limit == 0 { requests } else { requests.min(args.limit) };
    if args.url.is_some() || args.serve { connections } else { connections * 2 }
}

fn start_server(args: &Args) -> io::Result<(Server, Url)> {
    let after = Duration::from_millis(args.delay_ms);
    let answer = move |_: &str| Answer { after, status: "200 OK", body: b"shirr\n".to_vec() };
    let server = Server::with_patience(Duration::from_millis(args.patience_ms), answer)?;
    let url = format!("http://{}/", server.addr()).parse().map_err(io::Error::other)?;
    Ok((server, url))
}

fn run(args: &Args) -> io::Result<Report> {
    open_files::reserve(sockets_needed(args))?;
    let Some(url) = args.url.clone() else {
        let (_server, url) = start_server(args)?;
        return Ok(shirr::block_on(compare(args, url)));
    };
    Ok(shirr::block_on(compare(args, url)))
}

/// The server alone. The program that started it ends it by closing its input, or by ending.
fn serve(args: &Args) -> io::Result<()> {
    open_files::reserve(sockets_needed(args))?;
    let (_server, url) = start_server(args)?;
    writeln!(io::stdout(), "{url}")?;
    io::copy(&mut io::stdin(), &mut io::sink()).map(drop)
}

fn print(args: &Args, report: &Report) -> io::Result<()> {
    if args.json {
        eprint!("{}", report.errors());
        return writeln!(io::stdout(), "{}", report.to_json());
    }
    write!(io::stdout(), "{report}")
}

fn main() -> ExitCode {
    let args = Args::parse();
    let fetch = || {
        let report = run(&args)?;
        print(&args, &report)?;
        Ok(report.any_failed())
    };
    match if args.serve { serve(&args).map(|()| false) } else { fetch() } {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fetch_status: {error}");
            ExitCode::FAILURE
        }
    }
}
