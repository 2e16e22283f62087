//! Beside the loop: settings, a turn given away, threads that do what would block it, a paused
//! clock, counts.
//!
//! - [`mod@builder`]: a runtime's settings;
//! - [`mod@yield_now`]: a task gives way;
//! - [`mod@helpers`]: the threads;
//! - [`mod@unblock`]: how a closure gets there and its result comes back;
//! - [`mod@paused`]: when a paused clock may move;
//! - [`mod@join_set`]: many tasks, each joined when it ends;
//! - [`mod@run_ready`] and `descriptor`: a runtime that another loop drives;
//! - [`mod@handle`] and [`mod@remote`]: spawning from other threads, and the output's way back;
//! - [`mod@id`]: which task runs now;
//! - [`mod@metrics`]: what there is and was;
//! - [`mod@room`]: what a burst has left;
//! - `world` and `hosts`, by the feature `explore`: what is to come, where it is simulated, and the
//!   runtimes of other hosts.

mod builder;
// Where the kernel can wait for what the reactor waits on: epoll and kqueue.
#[cfg(all(
    not(mio_unsupported_force_poll_poll),
    any(
        target_os = "android",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "illumos",
        target_os = "linux",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "redox",
        target_vendor = "apple",
    ),
))]
mod descriptor;
mod handle;
mod helpers;
#[cfg(feature = "explore")]
pub(crate) mod hosts;
mod id;
mod join_set;
mod metrics;
mod paused;
mod remote;
mod room;
mod run_ready;
mod unblock;
#[cfg(feature = "explore")]
pub(crate) mod world;
mod yield_now;

pub use builder::Builder;
pub use handle::Handle;
pub(crate) use helpers::{Helpers, IDLE};
pub use join_set::JoinSet;
pub use metrics::{Metrics, metrics};
pub use remote::RemoteHandle;
pub use unblock::{Unblock, unblock};
pub use yield_now::{YieldNow, consume_budget, yield_now};
