//! The requests of `fetch_status`, made with reqwest on tokio's current_thread runtime.
//!
//! Beside `fetch_aiohttp.py` and `examples/fetch_status.rs`: the same arguments, and the
//! same fields in the line of JSON, with the processor time of each round. `run.py` starts
//! all three.

use clap::Parser;
use reqwest::{Client, Url};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What `fetch_status` gives a request; aiohttp has its own, of five minutes. Without it
/// only this client would set no timer for a request.
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Parser)]
struct Args {
    /// What to fetch.
    #[arg(long)]
    url: Url,

    /// How many requests to make at once.
    #[arg(long, default_value_t = 1000)]
    requests: usize,

    /// How many times to do that, the later ones on the connections kept from the earlier.
    #[arg(long, default_value_t = 1)]
    rounds: usize,

    /// How many requests to have under way at a time; 0 means no limit.
    #[arg(long, default_value_t = 0)]
    limit: usize,
}

/// One request. The body is read to its end, or the connection could not be kept.
async fn fetch_status(client: Client, url: Url) -> reqwest::Result<u16> {
    let response = client.get(url).send().await?;
    let status = response.status().as_u16();
    response.bytes().await?;
    Ok(status)
}

/// All requests at once, each a task: how a program on tokio would do it.
///
/// reqwest limits idle connections, not those in use. So a semaphore limits the requests
/// under way, which has the same effect.
async fn fetch_all(args: &Args, client: &Client, permits: &Arc<Semaphore>) -> usize {
    let requests = (0..args.requests).map(|_| {
        let (client, url) = (client.clone(), args.url.clone());
        let permits = (args.limit > 0).then(|| Arc::clone(permits));
        async move {
            let _permit = match permits {
                Some(permits) => Some(permits.acquire_owned().await.expect("it is never closed")),
                None => None,
            };
            fetch_status(client, url).await
        }
    });
    let outcomes = requests.collect::<JoinSet<_>>().join_all().await;
    outcomes.iter().filter(|outcome| matches!(outcome, Ok(200))).count()
}

async fn run(args: &Args) -> reqwest::Result<Value> {
    let client = Client::builder().timeout(TIMEOUT).build()?;
    let permits = Arc::new(Semaphore::new(args.limit));
    let (mut ok, mut rounds, mut cpu) = (0, Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        let (start, cpu_start) = (Instant::now(), processor_time());
        ok += fetch_all(args, &client, &permits).await;
        rounds.push(start.elapsed().as_secs_f64());
        cpu.push((processor_time() - cpu_start).as_secs_f64());
    }
    Ok(json!({ "statuses": { "200": ok }, "rounds_s": rounds, "cpu_s": cpu }))
}

/// What this process has taken so far.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.try_into().expect("it never runs backwards")
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("{}", runtime.block_on(run(&args))?);
    Ok(())
}
