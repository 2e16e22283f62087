//! What a burst of tasks has left goes back.

use crate::task::Tasks;
use std::pin::Pin;

impl Tasks {
    #[inline]
    pub(crate) fn slot_count(&self) -> usize {
        self.slots.borrow().tasks.room()
    }

    /// Gives the room back, if the burst is over.
    #[cold]
    pub(crate) fn shrink(&self, at_rest: bool) {
        let slots = &mut *self.slots.borrow_mut();
        if let Some(room) = slots.tasks.shrink(at_rest, || Pin::clone(&self.root)) {
            slots.indexes.truncate(room);
            slots.indexes.shrink_to_fit();
            self.ready.shrink(room);
        }
    }
}
