//! Beside the plain gather: its other forms, and its memory.
//!
//! - [`mod@limit`]: only so many children at a time;
//! - [`mod@try_gather`]: the first error ends the whole;
//! - [`mod@settled`]: no result does, and `within` a time;
//! - [`mod@completed`]: each output when it comes;
//! - [`mod@spare`]: the memory of those that have ended, for the next ones;
//! - [`mod@tuple`]: futures of different types, by macro.

mod completed;
mod limit;
mod settled;
pub(super) mod spare;
mod try_gather;
mod tuple;

#[cfg(feature = "futures")]
pub(crate) use completed::OneByOne;
pub use completed::{AsCompleted, AsCompletedSettled, as_completed};
pub(crate) use limit::Refills;
pub use settled::{Settled, Within};
pub use try_gather::{TryGather, try_gather};
pub use tuple::{GatherTuple, Read, TryGatherTuple, child, try_child};
