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
    /// Brings the key that is chosen to the front, if any key is live and anyone chooses.
    pub(crate) fn bring_forward(&mut self, runtime: usize) {
        if !choice::is_made() {
            return;
        }
        self.note_keys();
        self.drop_stale();
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
            let serial = self.awaiting(key).map_or(0, |state| state.serial());
            if serial > 0 {
                choice::number(serial);
            }
            self.order.join(key.bits(), self.order.polled.get(key.slot()) != Some(&serial));
        }
    }

    /// Keys in front whose tasks have left go now, as they do where no one chooses. Else those
    /// that are chosen would pass them for ever.
    fn drop_stale(&mut self) {
        while self.keys.front().is_some_and(|key| self.awaiting(*key).is_none()) {
            trace::emit!(Skipped { slot: self.keys[0].slot() });
            self.keys.pop_front();
            self.order.notes.pop_front();
        }
    }

    /// The state of the task that this key is to give a turn, if it is there still.
    fn awaiting(&self, key: Key) -> Option<&TaskState> {
        self.states.get(key.slot()).filter(|state| state.awaits(key))
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
        // On the stack: a program that counts its allocations may be shuffled, too.
        let (mut places, mut tasks, mut n) = ([0; CHOSEN_FROM], [0; CHOSEN_FROM], 0);
        let notes = self.order.notes.iter().copied().enumerate();
        let live = |(at, note): (_, Note)| Some((at, note, self.awaiting(Key::from_bits(note.key))?));
        for (at, note, state) in notes.filter_map(live).take(CHOSEN_FROM) {
            let in_order = n == 0 || !(note.gave_way || note.is_first && first_met);
            first_met |= note.is_first;
            if in_order || !keeps_promises {
                (places[n], tasks[n]) = (at, choice::number(state.serial()).unwrap_or(0));
                n += 1;
            }
        }
        (n > 0).then(|| places[choice::ready(&tasks[..n])])
    }
}
