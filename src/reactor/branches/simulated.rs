//! What a simulated world asks of the reactor, in the place of the kernel.

use crate::reactor::{Direction, Reactor};
use crate::trace;
use crate::wake::ignore_panics;
use std::task::Waker;
use std::time::Instant;

impl Reactor {
    /// What the kernel would say of one socket, and the wakes that follow.
    pub(crate) fn note_simulated(&self, slot: usize, direction: Direction) {
        if self.sources.borrow().slots.get(slot).is_some() {
            trace::emit!(source_closed(slot, direction.into()));
            let mut sources = self.sources.borrow_mut();
            let side = sources.side(slot, direction);
            side.short_is_no_proof = true; // a part may be all that one try gets
            side.note(true, false, &mut self.waking());
        }
        self.call_foreign();
    }

    /// Whether an operation waits for this socket in this direction.
    pub(crate) fn is_awaited(&self, slot: usize, direction: Direction) -> bool {
        let sources = &mut *self.sources.borrow_mut();
        sources.slots.get(slot).is_some() && sources.side(slot, direction).waiters.len() > 0
    }

    /// Moves a paused clock to this moment, or to where an advance goes if that is nearer.
    pub(crate) fn step_clock_to(&self, next: Option<Instant>) {
        let arrived = self.clock.step(next.map(|next| next.min(self.clock.last())));
        ignore_panics(|| arrived.into_iter().for_each(Waker::wake));
    }
}
