//! reqwest on shirr, by async-compat: what needs a runtime of tokio's, with one beside.
//!
//! `cargo run --release -p ecosystem --bin reqwest_get -- http://127.0.0.1:8080/count/3`. Awaited
//! plainly, reqwest panics: "there is no reactor running". `.compat()` around a future tells
//! tokio, in each poll, of a runtime that async-compat has started on a thread of its own. The
//! sockets and the tasks that reqwest spawns are there; our futures stay here and wait for them
//! by channels, whose wakes cross threads. So it works with everything of tokio's, and costs that
//! thread, its wakes and tokio's code. Start reading at `fetch`.

use async_compat::CompatExt;
use clap::Parser;
use ecosystem::{Failure, exit_code, limit};
use reqwest::{Client, Url};
use shirr::gather;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Fetches URLs of http:// servers at once, and says what came.
#[derive(Debug, Parser)]
struct Args {
    /// What to fetch
    #[arg(required = true, value_name = "URL")]
    urls: Vec<Url>,

    /// How long one URL may take
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = limit)]
    limit: Duration,

    /// How long a body may be
    #[arg(long, value_name = "BYTES", default_value_t = 64_000_000)]
    largest: usize,
}

/// Status and length. The limit of time is reqwest's own, by tokio's timer; for the length it has
/// none, and `bytes` would keep whatever a server sends.
async fn fetch(client: Client, url: Url, limit: Duration, largest: usize) -> Result<String, Failure> {
    let mut response = client.get(url.clone()).timeout(limit).send().await?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > largest {
            return Err(format!("{url}: the body has more than {largest} bytes").into());
        }
    }
    Ok(format!("{}, {} bytes", response.status(), body.len()))
}

async fn fetch_all(args: Args) -> Result<(), Failure> {
    let (client, urls, start) = (Client::builder().no_proxy().build()?, args.urls.clone(), Instant::now());
    let fetches =
        urls.into_iter().map(move |url| fetch(client.clone(), url, args.limit, args.largest).compat());
    let mut failed = 0;
    for (url, fetched) in args.urls.iter().zip(gather(fetches).await) {
        match fetched {
            Ok(text) => println!("{url}: {text}"),
            Err(error) => {
                eprintln!("{}", ecosystem::with_causes(&*error));
                failed += 1;
            }
        }
    }
    println!("{} at once: {:.3} s", args.urls.len(), start.elapsed().as_secs_f64());
    if failed > 0 { Err(format!("not fetched: {failed}").into()) } else { Ok(()) }
}

fn main() -> ExitCode {
    exit_code("reqwest_get", shirr::block_on(fetch_all(Args::parse())))
}
