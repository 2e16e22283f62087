//! Futures that wait on the clock.
//!
//! A [`Sleep`] asks the reactor to keep its waker until a deadline; [`timeout()`] puts one
//! beside another future. Both take their timer out again when they are dropped, so a
//! `timeout` around what ends in time leaves nothing behind.
//!
//! # Precision
//! No timer is early. How late one is depends on the system, which counts the wait in
//! milliseconds (Linux, Windows) or finer, and on the other tasks: a timer fires when the
//! loop looks at the clock, which is when nothing is ready, and after 128 polls at the
//! latest. A task that computes for a second delays every timer by a second.
//!
//! With the feature `precise-timers`, on Linux, a timer of the kernel's ends the wait, and a
//! sleep is late by the microseconds that waking up takes. It costs a descriptor for each
//! runtime, and one system call more for a wait whose deadline is nearer than the last.

mod sleep;
mod timeout;

pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Elapsed, timeout};
