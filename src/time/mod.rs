//! Futures that wait on the clock.
//!
//! A [`Sleep`] asks the reactor to keep its waker until a deadline; [`timeout()`] puts one
//! beside another future, and an [`Interval`] sets one again and again. All take their timer
//! out again when they are dropped, so a `timeout` around what ends in time leaves nothing
//! behind.
//!
//! # A deadline that has passed
//! One rule, which does not depend on other timers: the first poll of a [`sleep_until()`], an
//! [`Interval`] or a [`timeout_at()`] reads the clock, and is ready if the moment is now or has
//! passed. If not, it gets a timer, which fires in the first event poll after the moment. A
//! [`sleep()`] gets one in any case, so it gives way to other tasks once at least.
//!
//! # Precision
//! No timer is early. How late one is depends on the system, which counts the wait in
//! milliseconds (Linux, Windows) or finer, and on the other tasks: a timer fires when the
//! loop polls for events, which is when no task is ready, and after 128 polls of tasks at the
//! latest. That reads the clock once, and not at all when no timer is pending.
//!
//! So a task that runs long without awaiting delays every timer by as long. When it gives way at
//! last, all that has become due fires in one event poll, in the order of the deadlines, equal
//! ones as they were made. That is the order of the wakes; which of the woken tasks has its turn
//! first is not promised. A [`sleep()`] is no shorter for it, and no longer: it counts from its
//! call, for which it reads the clock itself, and not from when the loop last did. Work that takes more than a few milliseconds belongs into
//! [`unblock`](crate::unblock).
//!
//! With the feature `precise-timers`, on Linux, a timer of the kernel's ends the wait, and a
//! sleep is late by the microseconds that waking up takes. It costs a descriptor for each
//! runtime, and one system call more for a wait whose deadline is nearer than the last.
//!
//! # A clock for tests
//! A test may hold the clock of its runtime: [`pause()`] or
//! [`Builder::paused`](crate::Builder::paused) stops it, and then hours pass in no time.
//! Deadlines stay `std`'s [`Instant`](std::time::Instant)s; [`now()`] is what that clock
//! shows.

mod branches;
mod sleep;
mod timeout;

pub use branches::{
    Advance, Interval, MissedTickBehavior, advance, interval, interval_at, now, pause, resume, stalled,
};
pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Elapsed, timeout, timeout_at};
