//! Wakes, from this thread and others, and whose turn it is. A subject in each file.

#[path = "../common/mod.rs"]
mod common;
#[path = "../support/mod.rs"]
mod support;

mod budget;
mod local;
mod remote;
