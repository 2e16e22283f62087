//! With the feature: who decides, and the list of what was decided.

mod freedoms;
mod kind;
mod order;
mod random;
mod run;
mod schedule;
#[cfg(feature = "trace")]
mod told;

pub use freedoms::Freedoms;
pub use kind::{Choice, Kind};
pub(crate) use order::{Note, Order};
pub use run::Stuck;
pub(crate) use run::{
    Run, among, delay, fail, install, is_closed, is_made, is_wild, note_failure, note_slow_turn, number,
    ready, shuffle, spurious, take_slow_turn, tell_to, turn,
};
pub use schedule::Schedule;

/// The statement, as it is.
macro_rules! make {
    ($($what:tt)+) => { $($what)+; };
}

pub(crate) use make;
