//! A task, from its spawn to its drop. A subject in each file.

#[path = "../common/mod.rs"]
mod common;
#[path = "../support/mod.rs"]
mod support;

mod block_on_enters;
mod handles;
mod handles_dropped;
mod join_set;
mod life;
mod outside;
mod panics;
mod panics_of_wakers;
mod reentrancy;
mod shutdown;
mod unwinding;
