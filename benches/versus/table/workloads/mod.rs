//! The workloads, a file for each group.
//!
//! Each is one function, generic over the runtime, so it does the same work the same way on
//! every one of them; `../runtimes/` has what they say differently.

pub(crate) mod gather;
mod http;
pub(crate) mod net;
mod peers;
mod tasks;
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
        net::workloads(),
        http::workloads(),
    ];
    groups.into_iter().flatten().collect()
}

/// Contenders: `function` on all runtimes that have what it needs.
macro_rules! contenders {
    (tasks: $function:ident) => {
        $crate::workloads::contenders!(
            $function: Shirr, Tokio, TokioLocal, Smol, Monoio, Compio, AsyncLocalExecutor, LocalPool
        )
    };
    (time: $function:ident) => {
        $crate::workloads::contenders!($function: Shirr, Tokio, TokioLocal, Smol, Monoio, Compio)
    };
    (net: $function:ident) => {
        $crate::workloads::contenders!($function: Shirr, Tokio, TokioLocal, Smol, Monoio, Compio)
    };
    ($function:ident: $($runtime:ident),+) => {
        vec![$($crate::runtimes::on($function::<$crate::runtimes::$runtime>)),+]
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
