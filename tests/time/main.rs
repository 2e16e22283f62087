//! Time: sleeps, timeouts, intervals, and the clock that a test holds. A subject in each file.

#[path = "../common/mod.rs"]
mod common;
#[path = "../support/mod.rs"]
mod support;

mod clock;
mod clock_property;
mod deadlines_passed;
mod far;
mod interval;
mod moved;
mod timeouts;
mod timers;
