//! The workloads, a file for each group, the two runtimes' code side by side.
//!
//! Where a workload needs nothing of a runtime but its wakers, there is one function, run
//! on both. tokio's tasks are spawned with `tokio::spawn`, its fastest way on this runtime.

mod echo;
mod gather;
mod parked;
mod tasks;
mod threads;
mod timers;

use crate::row::Row;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Every row, in the order of the table.
pub(crate) fn all() -> Vec<Row> {
    let groups =
        [tasks::rows(), gather::rows(), timers::rows(), echo::rows(), threads::rows(), parked::rows()];
    groups.into_iter().flatten().collect()
}

/// Wakes itself and gives way this many times; the same on every runtime.
fn self_wakes(times: u32) -> SelfWakes {
    SelfWakes(times)
}

struct SelfWakes(u32);

impl Future for SelfWakes {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
