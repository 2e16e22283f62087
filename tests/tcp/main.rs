//! TCP, a subject in each file. What needs a process of its own, as it counts descriptors or
//! waits for the kernel, is in `tests/tcp_*.rs`.

#[path = "../common/mod.rs"]
mod common;

mod budget;
#[cfg(target_os = "linux")]
mod edges;
mod faults;
mod forms;
mod halves;
mod open;
mod own_calls;
mod polls;
mod shared;
mod shutdown;
mod transfers;
