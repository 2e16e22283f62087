//! Beside the reactor: a clock that a test may hold, the order of timers, and further operations.
//!
//! - [`mod@wheel`]: times in the order in which they come;
//! - [`mod@reset`]: a timer gets another deadline;
//! - [`mod@next`]: when a loop that is not the runtime's own is to ask again;
//! - [`mod@clock`] and [`mod@held`]: what time it is, which a test may hold;
//! - [`mod@alarm`]: what ends a wait at a deadline, to the millisecond or, by feature, to the
//!   microsecond;
//! - [`mod@forms`] and [`mod@polled`]: operations for those that poll, or ask once;
//! - `descriptor`: on Unix further operations, on what is not mio's own;
//! - [`mod@room`]: what a burst has left;
//! - [`mod@systems`]: what differs between systems;
//! - `simulated`, by the feature `explore`: in the place of the kernel.

// With mio's `poll(2)` a descriptor of our own would wake the loop once and never again.
#[cfg_attr(
    all(feature = "precise-timers", target_os = "linux", not(mio_unsupported_force_poll_poll)),
    path = "precise.rs"
)]
mod alarm;
mod clock;
#[cfg(unix)]
mod descriptor;
mod forms;
mod held;
mod next;
mod polled;
mod reset;
mod room;
#[cfg(feature = "explore")]
mod simulated;
mod systems;
mod wheel;

pub(crate) use alarm::Alarm;
pub(crate) use clock::{Clock, PATIENCE, system_now, was_held_here};
pub(crate) use systems::{NEWS, SHORT_MEANS_DRAINED};
pub(crate) use wheel::Wheel;
