//! The workloads, a file for each group.
//!
//! Each is one function, generic over the runtime, so it does the same work the same way on
//! every one of them; `../runtimes/` has what they say differently.

pub(crate) mod gather;
mod http;
pub(crate) mod memory;
pub(crate) mod net;
mod peers;
mod tasks;
mod threads;
mod timers;
mod udp;
mod web_server;

use crate::workload::Workload;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Every workload, in the order of the table.
pub(crate) fn all() -> Vec<Workload> {
    let groups = [
        tasks::workloads(),
        peers::workloads(),
        web_server::workloads(),
        gather::workloads(),
        timers::workloads(),
        net::workloads(),
        udp::workloads(),
        http::workloads(),
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

/// Wakes itself and gives way this many times, and returns how often it has.
fn self_wakes(times: u32) -> SelfWakes {
    SelfWakes { left: times, waited: 0 }
}

struct SelfWakes {
    left: u32,
    waited: u64,
}

impl Future for SelfWakes {
    type Output = u64;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        if self.left == 0 {
            return Poll::Ready(self.waited);
        }
        self.left -= 1;
        self.waited += 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
