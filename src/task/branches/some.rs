//! Turns for a loop that is not the runtime's own.

use crate::task::Tasks;
use crate::wake::budget;

impl Tasks {
    /// Gives turns until no task is ready or events are due (I7).
    pub(crate) fn run_some(&self) {
        while let Some(woken) = if budget::are_events_due() { None } else { self.ready.pop() } {
            self.begin_turn(woken);
            self.turn(woken);
        }
        self.running.set(0);
    }
}
