//! Beside the reactor: a clock that a test may hold, and what ends a wait at a deadline, to the
//! millisecond or, by feature, to the nanosecond.

#[cfg_attr(all(feature = "precise-timers", target_os = "linux"), path = "precise.rs")]
mod alarm;
mod clock;

pub(crate) use alarm::Alarm;
pub(crate) use clock::{Clock, PATIENCE, system_now, was_held_here};
