//! When to end a wait: the system counts it, as finely as it does.
//!
//! `epoll_wait` counts milliseconds. With the feature `precise-timers` on Linux,
//! `precise.rs` takes the place of this file.

use std::io;
use std::time::{Duration, Instant};

/// Nothing to hold.
#[derive(Debug)]
pub(crate) struct Alarm;

impl Alarm {
    pub(crate) fn new(_: &mio::Registry) -> io::Result<Self> {
        Ok(Self)
    }

    /// What is left for the wait itself to count, which begins `now`: all of it.
    pub(crate) fn set(&self, now: Instant, deadline: Instant) -> Option<Duration> {
        Some(deadline.saturating_duration_since(now))
    }
}
