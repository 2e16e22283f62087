//! When a loop that waits in the reactor's place is to ask again.

use crate::reactor::Reactor;
use std::time::Instant;

impl Reactor {
    /// By the system's clock: at the nearest deadline, or earlier. `None` without one, and while
    /// the clock is paused.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let deadline = self.timers.borrow().next_deadline()?;
        self.clock.on_system([deadline; 2]).map(|[deadline, _]| deadline)
    }
}
