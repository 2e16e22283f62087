//! Two delays at once take as long as the longer one, and the results keep their order.
//!
//! `cargo run --example delays` prints `[3, 1]` after three seconds, not four.

use clap::Parser;
use shirr::{gather, time::sleep};
use std::time::Duration;

/// Two delays at once.
#[derive(Parser)]
struct Args {
    /// How long a second is, in milliseconds.
    #[arg(long, default_value_t = 1000)]
    unit_ms: u64,
}

async fn delay(seconds: u32, second: Duration) -> u32 {
    sleep(second * seconds).await;
    seconds
}

fn main() {
    let second = Duration::from_millis(Args::parse().unit_ms);
    let results = shirr::block_on(async move { gather([delay(3, second), delay(1, second)]).await });
    println!("{results:?}");
}
