//! Beside the loop: settings, a turn given away, threads that do what would block it, a paused
//! clock, counts.
//!
//! - [`mod@builder`]: a runtime's settings;
//! - [`mod@yield_now`]: a task gives way;
//! - [`mod@helpers`]: the threads;
//! - [`mod@unblock`]: how a closure gets there and its result comes back;
//! - [`mod@paused`]: when a paused clock may move;
//! - [`mod@join_set`]: many tasks, each joined when it ends;
//! - [`mod@metrics`]: what there is and was;
//! - [`mod@room`]: what a burst has left;
//! - `world` and `hosts`, by the feature `explore`: what is to come, where it is simulated, and the
//!   runtimes of other hosts.

mod builder;
mod helpers;
#[cfg(feature = "explore")]
pub(crate) mod hosts;
mod join_set;
mod metrics;
mod paused;
mod room;
mod unblock;
#[cfg(feature = "explore")]
pub(crate) mod world;
mod yield_now;

pub use builder::Builder;
pub(crate) use helpers::{Helpers, IDLE};
pub use join_set::JoinSet;
pub use metrics::{Metrics, metrics};
pub use unblock::{Unblock, unblock};
pub use yield_now::{YieldNow, consume_budget, yield_now};
