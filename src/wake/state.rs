//! What the ready queue knows of a slot, in one word: its task's serial, and whether that is
//! queued or aborted.
//!
//! - serial: zero when the slot is empty, which is no task's serial and fits no key; set by
//!   `Ready::admit`, zeroed by `Ready::evict`.
//! - `ABORTED`: set by `Ready::abort`, stays until the task leaves.
//! - `SCHEDULED`: set when the key joins the queue, cleared when it is popped, which is
//!   before the poll (I2). Never set on an empty slot.
//!
//! One word, so that a wake tells a live key from a stale one, and a first wake from a
//! repeated one, in one load and one compare: [`TaskState::waits_for`].

use super::Key;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TaskState(u64);

const SCHEDULED: u64 = 1;
const ABORTED: u64 = 2;
const SERIAL_SHIFT: u32 = 2;

impl TaskState {
    /// Of a new task, which is queued for its first poll.
    pub(super) fn new(serial: u64) -> Self {
        Self(serial << SERIAL_SHIFT | SCHEDULED)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn serial(self) -> u64 {
        self.0 >> SERIAL_SHIFT
    }

    /// Whether this is the key of the slot's task.
    pub(super) fn fits(self, key: Key) -> bool {
        self.beside(key) & !SCHEDULED == 0
    }

    /// Whether the task of this key is here and not in the queue.
    pub(super) fn waits_for(self, key: Key) -> bool {
        self.beside(key) == 0
    }

    #[cfg(feature = "explore")]
    pub(super) fn is_scheduled(self) -> bool {
        self.0 & SCHEDULED != 0
    }

    pub(super) fn is_aborted(self) -> bool {
        self.0 & ABORTED != 0
    }

    pub(super) fn set_scheduled(&mut self) {
        self.0 |= SCHEDULED;
    }

    pub(super) fn clear_scheduled(&mut self) {
        self.0 &= !SCHEDULED;
    }

    pub(super) fn set_aborted(&mut self) {
        self.0 |= ABORTED;
    }

    /// Whether the key, which is in the queue, is to be polled: its task has not left.
    pub(super) fn awaits(self, key: Key) -> bool {
        self.beside(key) == SCHEDULED
    }

    /// `SCHEDULED` if it is, and what differs from the key's generation.
    fn beside(self, key: Key) -> u64 {
        (self.0 ^ key.generation() << SERIAL_SHIFT) & (Key::GENERATION << SERIAL_SHIFT | SCHEDULED)
    }
}

/// A task whose turn has come. Two words, so that it travels in registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Woken {
    pub(crate) key: Key,
    /// The slot's state when the key was popped.
    pub(super) state: TaskState,
}

impl Woken {
    pub(crate) fn serial(self) -> u64 {
        self.state.serial()
    }

    /// Whether its future is to be dropped instead of polled.
    pub(crate) fn is_aborted(self) -> bool {
        self.state.is_aborted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_slot_and_a_stranger_in_it_fit_no_key() {
        let key = Key::new(3, 5, 7);
        for state in [TaskState::default(), TaskState::new(6), TaskState::new(7 ^ 4)] {
            assert!(!state.fits(key) && !state.waits_for(key) && !state.awaits(key));
        }
    }

    #[test]
    fn an_abort_changes_neither_whose_slot_it_is_nor_whether_it_is_queued() {
        let (mut state, key) = (TaskState::new(7), Key::new(3, 5, 7));
        for aborted in [false, true] {
            assert!(state.fits(key) && state.awaits(key) && !state.waits_for(key));
            state.clear_scheduled();
            assert!(state.fits(key) && !state.awaits(key) && state.waits_for(key));
            assert_eq!((state.serial(), state.is_aborted()), (7, aborted));
            state.set_aborted();
            state.set_scheduled();
        }
    }
}
