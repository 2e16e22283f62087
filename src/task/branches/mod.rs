//! Beside the tasks: their names, aborts, the memory of those that have ended.
//!
//! - [`mod@abort`]: a task's id, and the handle that ends it;
//! - [`mod@pool`]: the memory of tasks and gathers that have ended, for the next ones;
//! - [`mod@set`]: tasks that leave their results in one place;
//! - [`mod@some`]: turns until others are to have theirs;
//! - [`mod@room`]: what a burst has left;
//! - [`mod@shown`]: what a `JoinError` says;
//! - `chosen`, by the feature `explore`: whether the loop polls for events between two turns.

mod abort;
#[cfg(feature = "explore")]
mod chosen;
pub(crate) mod pool;
mod room;
mod set;
mod shown;
mod some;

pub use abort::{AbortHandle, AbortOnDrop, Id};
pub(crate) use set::Members;
