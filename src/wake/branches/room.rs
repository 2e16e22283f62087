//! The memory of the ready queue: it grows for new tasks, sheds the keys of those that have
//! left, and goes back after a burst.

use super::KEPT;
use crate::trace;
use crate::wake::Ready;
use crate::wake::ready::Queue;

impl Ready {
    /// Makes room for `tasks` in all, `more` of them new, so that admitting those
    /// allocates once at most.
    pub(crate) fn reserve_slots(&self, tasks: usize, more: usize) {
        let queue = &mut *self.queue.borrow_mut();
        let slots = queue.states.len();
        queue.states.reserve(tasks.saturating_sub(slots));
        if queue.keys.len() + more > queue.keys.capacity() {
            queue.make_room(more, &self.origin);
        }
    }

    /// No slot from `slots` on is in use.
    pub(crate) fn shrink(&self, slots: usize) {
        let queue = &mut *self.queue.borrow_mut();
        queue.states.truncate(slots);
        queue.states.shrink_to_fit();
        queue.sweep(&self.origin);
        queue.keys.shrink_to(KEPT);
    }
}

impl Queue {
    /// Before the queue grows for new tasks, keys of those that have left go. If they are less
    /// than half it grows, or the next admission would have to search for them again.
    #[cold]
    pub(crate) fn make_room(&mut self, more: usize, origin: &trace::Origin) {
        self.sweep(origin);
        if self.keys.len() + more > self.keys.capacity() / 2 {
            self.keys.reserve(self.keys.capacity().max(more));
        }
    }

    /// Takes the keys of tasks that have left out of the queue.
    fn sweep(&mut self, origin: &trace::Origin) {
        let (states, before) = (&self.states, self.keys.len());
        self.keys.retain(|key| states.get(key.slot()).is_some_and(|state| state.awaits(*key)));
        if self.keys.len() < before {
            trace::emit!(to origin; Swept);
        }
    }
}
