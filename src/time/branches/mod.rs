//! Beside the sleep: what time it is, a clock that a test holds, and ticks.

mod clock;
mod interval;
mod reset;

pub use clock::{Advance, advance, now, pause, resume, stalled};
pub use interval::{Interval, MissedTickBehavior, interval, interval_at};
