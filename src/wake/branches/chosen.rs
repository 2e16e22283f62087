//! Which ready task is next, where that is chosen.
//!
//! The queue itself is first in, first out. Before a key is popped, the one that was chosen is
//! brought to the front. What is promised of the order is kept, unless the schedule is a wild one:
//! first polls are in the order of the spawns, and a task that gives way comes after all that were
//! ready then.

use crate::choice::{self, Note};
use crate::trace;
use crate::wake::Key;
use crate::wake::ready::{Queue, Ready};
use crate::wake::state::TaskState;

/// Among how many of the oldest a choice is made, so that a queue of thousands costs no more.
const CHOSEN_FROM: usize = 64;

impl Ready {
    /// The turn is over: a task that is woken from now on has not woken itself.
    pub(crate) fn end_turn(&self) {
        let queue = &mut *self.queue.borrow_mut();
        queue.note_keys();
        queue.order.at_work = None;
        choice::begin_turn(0);
    }
}

impl Queue {
    /// Brings the key that is chosen to the front, if any key is live.
    pub(crate) fn bring_forward(&mut self, runtime: usize) {
        self.note_keys();
        let Some(at) = self.choose_spurious(runtime).or_else(|| self.choose_ready()) else { return };
        let key = self.keys.remove(at).expect("a note has its key");
        self.keys.push_front(key);
        self.order.notes.remove(at);
        self.order.at_work = Some(key.bits());
        let polled = &mut self.order.polled;
        polled.resize(polled.len().max(key.slot() + 1), 0);
        polled[key.slot()] = self.states[key.slot()].serial();
        choice::begin_turn(polled[key.slot()]);
    }

    /// Sees to it that there is a note for each key. Keys join at the end, and one leaves the front
    /// with its note; but those that are stale may have left from anywhere.
    fn note_keys(&mut self) {
        let notes = &mut self.order.notes;
        let last = notes.len().wrapping_sub(1);
        let is_there = |note: &Note| self.keys.get(last).is_some_and(|key| key.bits() == note.key);
        if !notes.back().is_none_or(is_there) {
            let mut keys = self.keys.iter().map(|key| key.bits()).peekable();
            notes.retain(|note| keys.next_if_eq(&note.key).is_some());
        }
        for at in self.order.notes.len()..self.keys.len() {
            let key = self.keys[at];
            let serial = self.states.get(key.slot()).map_or(0, |state| state.serial());
            if serial > 0 {
                choice::number(serial);
            }
            self.order.join(key.bits(), self.order.polled.get(key.slot()) != Some(&serial));
        }
    }

    /// Queues a task that no one woke, and says where.
    fn choose_spurious(&mut self, runtime: usize) -> Option<usize> {
        if !choice::is_wild() {
            return None;
        }
        let waits = |state: &TaskState| !state.is_empty() && !state.is_scheduled();
        let slots: Vec<_> = (0..self.states.len()).filter(|slot| waits(&self.states[*slot])).collect();
        let number = |slot: usize| choice::number(self.states[slot].serial());
        let tasks: Vec<_> = slots.iter().filter_map(|slot| number(*slot)).collect();
        let slot = slots[choice::spurious(&tasks)?];
        let state = &mut self.states[slot];
        state.set_scheduled();
        trace::emit!(Woken { task: state.serial(), effect: trace::Effect::Queued });
        self.keys.push_back(Key::new(runtime, slot, state.serial()));
        self.note_keys();
        Some(self.keys.len() - 1)
    }

    fn choose_ready(&self) -> Option<usize> {
        let (keeps_promises, mut first_met) = (!choice::is_wild(), false);
        let (mut places, mut tasks) = (Vec::new(), Vec::new());
        for (at, note) in self.order.notes.iter().enumerate() {
            let key = Key::from_bits(note.key);
            let Some(state) = self.states.get(key.slot()).filter(|state| state.awaits(key)) else { continue };
            let is_oldest = places.is_empty();
            let in_order = is_oldest || !(note.gave_way || note.is_first && first_met);
            first_met |= note.is_first;
            if in_order || !keeps_promises {
                places.push(at);
                tasks.push(choice::number(state.serial()).unwrap_or(0));
            }
            if places.len() == CHOSEN_FROM {
                break;
            }
        }
        places.get(choice::ready(&tasks)).copied()
    }
}
