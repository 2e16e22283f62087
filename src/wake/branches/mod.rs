//! Beside the wakes: memory that goes back, messages that merge, aborts, counts.
//!
//! - [`mod@burst`]: the slab that all layers keep things in, which gives back what a burst took;
//! - [`mod@room`]: the same for the ready queue;
//! - [`mod@unheard`]: which messages lie in an inbox;
//! - [`mod@abort`]: a task is dropped at its next turn;
//! - [`mod@counts`]: how wakes went;
//! - `chosen`, by the feature `explore`: which ready task is next, where that is chosen.

mod abort;
mod burst;
#[cfg(feature = "explore")]
mod chosen;
mod counts;
mod room;
mod unheard;

pub(crate) use abort::abort;
pub(crate) use burst::{KEPT, ShrinkingSlab};
pub(crate) use counts::WakeCounts;
pub(crate) use unheard::Unheard;
