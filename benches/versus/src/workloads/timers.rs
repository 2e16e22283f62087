//! Timers: one that is dropped in time, as around a request, and many that fire.
//!
//! The two clocks are not alike, and it matters in the second group: tokio's ticks by the
//! millisecond and may be up to one late, shirr's deadlines are exact.

use crate::row::{Cost, Row};
use crate::sides::{shirr, shirr_with, tokio, tokio_with};
use std::future::pending;
use std::pin::pin;
use std::time::Duration;

const OTHERS: u64 = 100_000;
const TIMEOUTS: u64 = 10_000;
const SLEEPERS: u64 = 10_000;

pub(super) fn rows() -> Vec<Row> {
    let timeout = Row {
        name: "timeout",
        what: "timeout polled once and dropped, 100,000 others: shirr / tokio",
        cost: Cost::WallTime,
        per: "timeout",
        count: TIMEOUTS as u32,
        times: 1,
        answer: TIMEOUTS,
        target: None,
        left: shirr_with(others_shirr, async |()| timeouts_shirr().await),
        right: tokio_with(others_tokio, async |()| timeouts_tokio().await),
    };
    let sleepers = Row {
        name: "sleepers",
        what: "10,000 sleepers of 1 to 5 ms: shirr / tokio",
        cost: Cost::CpuTime,
        per: "sleeper",
        count: SLEEPERS as u32,
        times: 1,
        answer: SLEEPERS,
        target: None,
        left: shirr(sleepers_shirr),
        right: tokio(sleepers_tokio),
    };
    if cfg!(target_os = "linux") { vec![timeout, sleepers] } else { vec![timeout] }
}

/// Ten to twenty minutes, so that none of the others ends while the rounds last and the
/// timeouts' deadlines lie among theirs, in no order.
fn far(number: u64) -> Duration {
    Duration::from_millis(600_000 + number * 7_919 % 600_000)
}

async fn others_shirr() {
    for number in 0..OTHERS {
        drop(shirr::spawn(shirr::time::sleep(far(number))));
    }
    shirr::time::sleep(Duration::from_millis(1)).await; // by now each was polled
}

async fn others_tokio() {
    for number in 0..OTHERS {
        drop(tokio::spawn(tokio::time::sleep(far(number))));
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
}

async fn timeouts_shirr() -> u64 {
    let mut waited = 0;
    for number in 0..TIMEOUTS {
        let mut timeout = pin!(shirr::time::timeout(far(number), pending::<()>()));
        waited += u64::from(futures::poll!(timeout.as_mut()).is_pending());
    }
    waited
}

async fn timeouts_tokio() -> u64 {
    let mut waited = 0;
    for number in 0..TIMEOUTS {
        let mut timeout = pin!(tokio::time::timeout(far(number), pending::<()>()));
        waited += u64::from(futures::poll!(timeout.as_mut()).is_pending());
    }
    waited
}

/// One to five milliseconds, in steps of one microsecond and in no order.
fn near(number: u64) -> Duration {
    Duration::from_micros(1_000 + number * 7_919 % 4_001)
}

async fn sleepers_shirr() -> u64 {
    let sleepers: Vec<_> = (0..SLEEPERS).map(|n| shirr::spawn(shirr::time::sleep(near(n)))).collect();
    let mut woken = 0;
    for sleeper in sleepers {
        sleeper.await.unwrap();
        woken += 1;
    }
    woken
}

async fn sleepers_tokio() -> u64 {
    let sleepers: Vec<_> = (0..SLEEPERS).map(|n| tokio::spawn(tokio::time::sleep(near(n)))).collect();
    let mut woken = 0;
    for sleeper in sleepers {
        sleeper.await.unwrap();
        woken += 1;
    }
    woken
}
