//! A pending timer gets another deadline.

use crate::reactor::timers::Timers;
use crate::reactor::{Reactor, Timer};
use crate::trace;
use std::time::Instant;

impl Reactor {
    /// Gives a timer another deadline, and says whether it is pending; if not, nothing is done.
    pub(crate) fn reset_timer(&self, timer: Timer, deadline: Instant) -> bool {
        self.note_overdue(deadline);
        self.timers.borrow_mut().reset(timer, deadline.min(self.clock.last()))
    }
}

impl Timers {
    /// Gives a pending timer another deadline, and says whether it was pending. Among equal
    /// deadlines it keeps its rank; nothing is allocated.
    pub(crate) fn reset(&mut self, timer: Timer, deadline: Instant) -> bool {
        let pending = self.has(timer);
        if pending {
            self.wheel.reset(timer.slot(), self.nanos(deadline));
            trace::emit!(TimerReset { timer: timer.serial.get(), deadline });
        }
        pending
    }
}
