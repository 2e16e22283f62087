//! What every layer did, and why, as events in order: with the feature `trace`.
//!
//! The hooks are one line each, `trace::emit!(..)`, at the place where the thing happens.
//! Without the feature the module is `nothing.rs` instead of `recording/`: the macro leaves
//! no code, and what is between its parentheses is not even compiled (of `to origin; ..` the
//! origin is, in a closure that is never called).
//!
//! A program need not be changed to be recorded. The environment says where to, and the
//! file's ending says in which format:
//!
//! | `SHIRR_TRACE=` | is |
//! |---|---|
//! | `run.html` | a page to step through the run |
//! | `run.json` | a trace for Perfetto and its like |
//! | `run.txt` | the run as a story, a line for each event |
//!
//! The file is written when a runtime is gone, and again after the thread's next one, with
//! all that the thread has recorded; a process that exits before writes none. Threads other
//! than the main one have files of their own: `run-2.html`, and so on; so has a runtime that is
//! made while another one of its thread lives. The latest 1,048,576
//! events are kept, or as many as `SHIRR_TRACE_EVENTS` says; a line on stderr tells how many
//! came before. In code, `Builder::record` does the same.
//!
//! With the feature comes `serde_json`, whose values can be compared with numbers and `bool`s.
//! So the compiler does not find the type of an empty list in a comparison with these any more:
//! write `assert!(numbers.is_empty())` instead of `assert_eq!(numbers, vec![])`, or name the
//! type, `Vec::<u8>::new()`.
//!
//! This layer uses no other one: the hooks tell it numbers.

#![cfg_attr(not(feature = "trace"), doc(hidden))] // there is nothing in it then

#[cfg_attr(not(feature = "trace"), path = "nothing.rs")]
mod recording;

#[cfg(not(feature = "trace"))]
pub(crate) use recording::*;
#[cfg(feature = "trace")]
pub use recording::*;
