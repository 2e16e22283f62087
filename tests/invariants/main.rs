//! The invariants of DESIGN.md, by their numbers. A subject in each file.

#[path = "../support/mod.rs"]
mod support;

mod foreign_code;
mod loops;
mod waiting;
