//! As much of `src/runtime` as has locks.

#[path = "../../../src/runtime/helpers.rs"]
pub(crate) mod helpers;
pub mod models;
