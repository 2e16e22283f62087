//! What every layer did, and why, as events in order: with the feature `trace`.
//!
//! The hooks are one line each, `trace::emit!(..)`, at the place where the thing happens.
//! Without the feature `nothing.rs` stands here instead of `recording/`: the macro leaves
//! no code, and what stands between its parentheses is not even compiled.
//!
//! This layer knows nobody: what it is told are numbers.

#[cfg_attr(not(feature = "trace"), path = "nothing.rs")]
mod recording;

#[cfg(not(feature = "trace"))]
pub(crate) use recording::*;
#[cfg(feature = "trace")]
pub use recording::*;
