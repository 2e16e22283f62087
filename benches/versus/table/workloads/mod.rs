//! The workloads, a file for each group.
//!
//! Each is one function, generic over the runtime, so it does the same work the same way on
//! every one of them; `../runtimes/` has what they say differently.

pub(crate) mod memory;
pub(crate) mod net;
mod tasks;
mod threads;
mod timers;

use crate::workload::Workload;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Every workload, in the order of the table.
pub(crate) fn all() -> Vec<Workload> {
    let groups = [
        tasks::workloads(),
        timers::workloads(),
        net::workloads(),
        threads::workloads(),
        memory::workloads(),
    ];
    groups.into_iter().flatten().collect()
}

/// Contenders: `function` on all runtimes that have what it needs, or what `make(...)` makes
/// for each of them. Where not all of those can, they are listed.
macro_rules! contenders {
    (tasks: $($what:tt)+) => {
        $crate::workloads::contenders!(
            $($what)+: Shirr, Tokio, TokioLocal, Smol, Monoio, Compio, AsyncLocalExecutor, LocalPool
        )
    };
    (time: $($what:tt)+) => {
        $crate::workloads::contenders!($($what)+: Shirr, Tokio, TokioLocal, Smol, Monoio, Compio)
    };
    (net: $($what:tt)+) => {
        $crate::workloads::contenders!($($what)+: Shirr, Tokio, TokioLocal, Smol, Monoio, Compio)
    };
    ($function:ident: $($runtime:ident),+) => {
        vec![$($crate::runtimes::on($function::<$crate::runtimes::$runtime>)),+]
    };
    ($make:ident $arguments:tt: $($runtime:ident),+) => {
        vec![$($make::<$crate::runtimes::$runtime> $arguments),+]
    };
}
use contenders;

/// Wakes itself and gives way this many times.
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
