//! Which slots have a task, as the ready queue knows it: a task comes and is queued for its
//! first poll, and leaves, after which its keys are stale.

use super::key::{Key, MAX_SLOTS};
use super::ready::{Queue, Ready};
use super::state::TaskState;
use crate::trace;

impl Ready {
    /// Gives an empty slot a task, already queued for its first poll, and returns the
    /// task's key and serial. The slot's number must fit into a key.
    #[inline]
    pub(crate) fn admit(&self, slot: usize) -> (Key, u64) {
        self.queue.borrow_mut().admit(self, slot)
    }

    /// [`admit`](Self::admit) for many slots. The iterator is no foreign code (I3).
    pub(crate) fn admit_all(&self, slots: impl Iterator<Item = usize>) {
        let queue = &mut *self.queue.borrow_mut();
        for slot in slots {
            queue.admit(self, slot);
        }
    }

    /// Empties a slot: every key of its task is stale from now on.
    pub(crate) fn evict(&self, slot: usize) {
        self.queue.borrow_mut().states[slot] = TaskState::default();
        trace::emit!(to self.origin; Evicted { slot });
    }

    /// The same, if the task with this serial still has the slot.
    pub(crate) fn evict_if(&self, slot: usize, serial: u64) -> bool {
        let queue = &mut *self.queue.borrow_mut();
        let live = queue.states.get_mut(slot).filter(|state| state.serial() == serial);
        let Some(state) = live else { return false };
        *state = TaskState::default();
        trace::emit!(to self.origin; Evicted { slot });
        true
    }

    /// Whether a task has this slot.
    pub(crate) fn is_occupied(&self, slot: usize) -> bool {
        self.queue.borrow().states.get(slot).is_some_and(|state| !state.is_empty())
    }

    /// Whether the task with this serial still has this slot.
    pub(crate) fn is_live(&self, slot: usize, serial: u64) -> bool {
        self.queue.borrow().states.get(slot).is_some_and(|state| state.serial() == serial)
    }
}

impl Queue {
    #[inline]
    fn admit(&mut self, ready: &Ready, slot: usize) -> (Key, u64) {
        debug_assert!(slot < MAX_SLOTS);
        let serial = self.serials.next();
        if slot >= self.states.len() {
            self.states.resize(slot + 1, TaskState::default());
        }
        debug_assert!(self.states[slot].is_empty());
        self.states[slot] = TaskState::new(serial);
        let key = Key::new(ready.number, slot, serial);
        if self.keys.len() == self.keys.capacity() {
            self.make_room(1, &ready.origin);
        }
        self.keys.push_back(key);
        trace::emit!(to ready.origin; Admitted { task: serial, slot });
        (key, serial)
    }
}
