//! Timers: one that is dropped in time, as around a request, and many that fire.
//!
//! A timeout of shirr's around what is ready reads no clock, since its time begins with the
//! first wait; those of the others have read it by then.
//!
//! The clocks are not alike, and it matters in the second group: tokio's ticks by the
//! millisecond and may be up to one late, shirr's and async-io's deadlines are exact.

use crate::row::{Cost, Row, Side, Target};
use crate::sides::{async_io_with, shirr, shirr_with, tokio, tokio_with};
use std::future::{pending, ready};
use std::hint::black_box;
use std::pin::pin;
use std::time::Duration;

const OTHERS: u64 = 100_000;
const TIMEOUTS: u64 = 10_000;
const SLEEPERS: u64 = 10_000;

pub(super) fn rows() -> Vec<Row> {
    let timeout = |name, what, target, left, right| Row {
        name,
        what,
        cost: Cost::WallTime,
        per: "timeout",
        count: TIMEOUTS as u32,
        times: 1,
        answer: TIMEOUTS,
        target,
        left,
        right,
    };
    let ready_shirr = || shirr_with(others_shirr, async |()| ready_shirr().await);
    let pending_shirr = || shirr_with(others_shirr, async |()| timeouts_shirr().await);
    let mut rows = vec![
        timeout(
            "timeout_ready",
            "timeout of what is ready, 100,000 others: shirr / tokio",
            Some(Target::Ratio(0.25)),
            ready_shirr(),
            tokio_with(others_tokio, async |()| ready_tokio().await),
        ),
        timeout(
            "timeout_ready_async_io",
            "timeout of what is ready, 100,000 others: shirr / async-io",
            Some(Target::Ratio(0.6)),
            ready_shirr(),
            async_io_with(others_async_io, async |_| ready_async_io().await),
        ),
        timeout(
            "timeout",
            "timeout polled once and dropped, 100,000 others: shirr / tokio",
            None,
            pending_shirr(),
            tokio_with(others_tokio, async |()| timeouts_tokio().await),
        ),
        timeout(
            "timeout_async_io",
            "timeout polled once and dropped, 100,000 others: shirr / async-io",
            Some(Target::Ratio(0.6)),
            pending_shirr(),
            async_io_with(others_async_io, async |_| timeouts_async_io().await),
        ),
    ];
    if cfg!(target_os = "linux") {
        rows.push(sleepers(shirr(sleepers_shirr), tokio(sleepers_tokio)));
    }
    rows
}

fn sleepers(left: Side, right: Side) -> Row {
    Row {
        name: "sleepers",
        what: "10,000 sleepers of 1 to 5 ms: shirr / tokio",
        cost: Cost::CpuTime,
        per: "sleeper",
        count: SLEEPERS as u32,
        times: 1,
        answer: SLEEPERS,
        target: Some(Target::Ratio(0.5)),
        left,
        right,
    }
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

/// They stay as long as the round's others do.
async fn others_async_io() -> Vec<async_io::Timer> {
    let mut others: Vec<_> = (0..OTHERS).map(|number| async_io::Timer::after(far(number))).collect();
    for other in &mut others {
        assert!(futures::poll!(other).is_pending());
    }
    others
}

async fn ready_shirr() -> u64 {
    let mut ended = 0;
    for number in 0..TIMEOUTS {
        ended += shirr::time::timeout(far(number), ready(black_box(1))).await.unwrap();
    }
    ended
}

async fn ready_tokio() -> u64 {
    let mut ended = 0;
    for number in 0..TIMEOUTS {
        ended += tokio::time::timeout(far(number), ready(black_box(1))).await.unwrap();
    }
    ended
}

async fn ready_async_io() -> u64 {
    let mut ended = 0;
    for number in 0..TIMEOUTS {
        ended += timeout_async_io(far(number), ready(black_box(1))).await.unwrap();
    }
    ended
}

/// A timeout on async-io, made with its timer as tokio's is. With the timer made inside `over`,
/// the clock would not be read for what is ready, as with shirr's.
fn timeout_async_io<T>(limit: Duration, future: impl Future<Output = T>) -> impl Future<Output = Option<T>> {
    let timer = async_io::Timer::after(limit);
    let over = async {
        timer.await;
        None
    };
    futures_lite::future::or(async { Some(future.await) }, over)
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

async fn timeouts_async_io() -> u64 {
    let mut waited = 0;
    for number in 0..TIMEOUTS {
        let mut timeout = pin!(timeout_async_io(far(number), pending::<()>()));
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
