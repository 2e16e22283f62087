//! Between two turns, where it is chosen what comes next.

use crate::choice;
use crate::task::Tasks;

impl Tasks {
    /// Ends a turn. Says whether the loop is to be asked if it polls for events although tasks are
    /// ready.
    pub(crate) fn ends_turn(&self) -> bool {
        choice::is_made() && self.count_turn() && choice::ask_for_events()
    }

    /// Gives turns until no task is ready, in the runtime of another host.
    pub(crate) fn run_ready(&self) {
        while let Some(woken) = if self.is_closed() { None } else { self.ready.pop() } {
            self.whole_turn(woken);
            self.ready.end_turn();
            choice::turn();
        }
    }

    /// Says whether a task is ready for the next.
    fn count_turn(&self) -> bool {
        self.ready.end_turn();
        self.running.set(0);
        let is_ready = self.ready.len() > 0;
        if is_ready {
            choice::turn();
        }
        is_ready
    }

    /// No task has a turn any more, since the host was taken down.
    pub(crate) fn close(&self) {
        self.closed.set(true);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.get()
    }
}
