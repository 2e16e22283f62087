//! With the feature: who decides, and the list of what was decided.

mod freedoms;
mod kind;
mod order;
mod random;
mod run;
mod schedule;
mod stuck;
#[cfg(feature = "trace")]
mod told;

pub use freedoms::Freedoms;
pub use kind::{Choice, Kind};
pub(crate) use order::{Note, Order};
pub(crate) use run::{
    Run, among, ask_for_events, begin_turn, delay, install, is_closed, is_made, is_wild, note_failure, now,
    number, ready, set_now, shuffle, spurious, take_question, tell_to, turn,
};
pub use schedule::Schedule;
pub use stuck::Stuck;
pub(crate) use stuck::fail;

/// The statement, as it is.
macro_rules! make {
    ($($what:tt)+) => { $($what)+; };
}

pub(crate) use make;
