//! Three slow sources asked at once: three seconds together, not six.
//!
//! `cargo run --example fetch_data` prints a line when a source is asked and when it has
//! answered. They end in the order of their delays; the results come in the order in which
//! they were asked.

#[path = "support/timed.rs"]
mod timed;

use clap::Parser;
use shirr::{gather, time::sleep};
use std::time::Duration;
use timed::timed;

const SOURCES: [(&str, u32); 3] = [("users", 3), ("orders", 1), ("prices", 2)];

/// Three slow sources asked at once.
#[derive(Parser)]
struct Args {
    /// How long a second is, in milliseconds.
    #[arg(long, default_value_t = 1000)]
    unit_ms: u64,
}

/// Plays a database or a service that takes its time.
async fn fetch_data(source: &'static str, delay: Duration) -> String {
    sleep(delay).await;
    format!("data from {source}")
}

async fn fetch_all(second: Duration) -> Vec<String> {
    let requests = SOURCES.map(|(source, seconds)| {
        timed(format!("fetch_data({source}, {seconds})"), fetch_data(source, second * seconds))
    });
    gather(requests).await
}

fn main() {
    let second = Duration::from_millis(Args::parse().unit_ms);
    let results = shirr::block_on(timed("fetch_all", fetch_all(second)));
    println!("{results:?}");
}
