//! With the feature: who decides, and the list of what was decided.

mod freedoms;
mod kind;
mod order;
mod random;
mod run;
mod schedule;

pub use freedoms::Freedoms;
pub use kind::{Choice, Kind};
pub(crate) use order::{Note, Order};
pub use run::Stuck;
pub(crate) use run::{
    Run, among, ask_for_events, begin_turn, delay, fail, install, is_closed, is_made, is_wild, now, number,
    ready, set_now, shuffle, spurious, take_question, turn,
};
pub use schedule::Schedule;

/// The statement, as it is.
macro_rules! make {
    ($($what:tt)+) => { $($what)+; };
}

pub(crate) use make;
