//! An abort: the task is dropped instead of polled, at its next turn.

use crate::trace;
use crate::wake::inbox::{Message, send};
use crate::wake::ready::on_this_thread;
use crate::wake::{Key, Ready};

/// Has a task's future dropped: asked for at once when its runtime runs on this thread, else
/// through its inbox. It only queues, as a wake does (`task/branches/abort.rs`).
pub(crate) fn abort(key: Key, serial: u64) {
    let (runtime, slot) = (key.runtime(), key.slot());
    if !on_this_thread(runtime, |ready| ready.abort(slot, serial)) {
        send(runtime, Message::Abort { slot, serial });
    }
}

impl Ready {
    /// Sets the task aborted and queues it, if this is still its serial.
    pub(crate) fn abort(&self, slot: usize, serial: u64) {
        if self.is_live(slot, serial) {
            self.queue.borrow_mut().states[slot].set_aborted();
            trace::emit!(Aborted { task: serial });
            self.wake(Key::new(self.number(), slot, serial));
        }
    }
}
