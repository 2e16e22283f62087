//! Turns for a loop that is not the runtime's own.

use crate::task::Tasks;
use crate::wake::{Woken, budget};

impl Tasks {
    /// Gives turns until no task is ready or events are due (I7).
    pub(crate) fn run_some(&self) {
        while let Some(woken) = if budget::are_events_due() { None } else { self.ready.pop() } {
            self.whole_turn(woken);
        }
    }

    /// A turn with what [`run`](Self::run) does before it and after the last.
    pub(super) fn whole_turn(&self, woken: Woken) {
        budget::begin_turn();
        self.polls.set(self.polls.get() + 1);
        self.running.set(woken.serial());
        self.turn(woken);
        self.running.set(0);
    }
}
