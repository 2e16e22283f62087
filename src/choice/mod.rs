//! What the runtime is free to decide, and who decides: with the feature `explore`.
//!
//! A program may not count on which of its ready tasks is polled next, on how much one read
//! gets, or on how late a timer is. Each of these is a *choice*: a number below some `n`, where
//! 0 is what the runtime does by itself. So a run is a list of numbers, most of them 0, and
//! who has the list has the run.
//!
//! The hooks are one statement each, `choice::make!(..)`. Without the feature the module is
//! `nothing.rs` instead of `made/`: the macro leaves no code, and what is between its parentheses
//! is not even compiled.
//!
//! This layer uses no other one but the trace: tasks are numbers to it.

#[cfg_attr(not(feature = "explore"), path = "nothing.rs")]
mod made;

#[cfg(not(feature = "explore"))]
pub(crate) use made::*;
#[cfg(feature = "explore")]
pub use made::*;
