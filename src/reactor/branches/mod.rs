//! Beside the reactor: what ends a wait at a deadline, to the millisecond or, by feature, to
//! the nanosecond.

#[cfg_attr(all(feature = "precise-timers", target_os = "linux"), path = "precise.rs")]
mod alarm;

pub(crate) use alarm::Alarm;
