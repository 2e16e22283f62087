//! As much of `src/runtime` as has locks.

#[path = "../../../src/runtime/branches/helpers.rs"]
pub(crate) mod helpers;
pub mod models;
