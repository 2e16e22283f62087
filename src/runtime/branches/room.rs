//! What a burst has left goes back.

use crate::runtime::context::Core;
use crate::wake::branches::KEPT;

impl Core {
    /// In each event poll: gives back what tasks, timers and sockets need no more.
    #[inline(always)]
    pub(crate) fn give_back_room(&self, at_rest: bool) {
        if self.tasks.slot_count().max(self.reactor.slot_count()) > KEPT {
            self.tasks.shrink(at_rest);
            self.reactor.shrink(at_rest);
        }
    }
}
