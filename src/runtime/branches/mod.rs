//! Beside the loop: threads that do what would block it, a clock that stands, counts.
//!
//! - [`mod@helpers`]: the threads;
//! - [`mod@unblock`]: how a closure gets there and its result comes back;
//! - [`mod@paused`]: when a clock that stands may move;
//! - [`mod@metrics`]: what there is and was.

mod helpers;
mod metrics;
mod paused;
mod unblock;

pub(crate) use helpers::{Helpers, IDLE};
pub use metrics::{Metrics, metrics};
pub use unblock::{Unblock, unblock};
