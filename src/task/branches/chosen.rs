//! Between two turns, where it is chosen whether the loop polls for events.

use crate::choice::{self, Kind};
use crate::task::Tasks;
use crate::wake::budget;

impl Tasks {
    /// Gives turns until no task is ready, in the runtime of another host.
    pub(crate) fn run_ready(&self) {
        while let Some(woken) = self.ready.pop() {
            budget::begin_turn();
            self.turn(woken);
            self.choose_events();
        }
    }

    /// Ends a turn. The loop may poll for events although tasks are ready, and the turn may have
    /// taken as long as until the next event.
    pub(crate) fn choose_events(&self) {
        if !choice::is_made() {
            return;
        }
        self.ready.end_turn();
        if self.ready.len() > 0 {
            choice::turn();
            let chosen = choice::among(Kind::Events, 3, 0);
            if chosen > 0 {
                budget::make_events_due();
            }
            if chosen == 2 {
                choice::note_slow_turn();
            }
        }
    }
}
