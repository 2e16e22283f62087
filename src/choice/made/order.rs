//! What is known of the keys in a ready queue, for who chooses among them.

use std::collections::VecDeque;

/// Beside a ready queue: a note for each key, from the front.
#[derive(Debug, Default)]
pub(crate) struct Order {
    pub(crate) notes: VecDeque<Note>,
    /// By slot, the serial of the task that had a turn there.
    pub(crate) polled: Vec<u64>,
    /// The key that left the queue for the turn that is under way.
    pub(crate) at_work: Option<usize>,
}

/// Of one key in the queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Note {
    /// The key, as a number.
    pub(crate) key: usize,
    /// It is there for its first poll.
    pub(crate) is_first: bool,
    /// Its task was woken in its own turn, so all before it come before it.
    pub(crate) gave_way: bool,
}

impl Order {
    /// Notes a key that has joined at the end.
    pub(crate) fn join(&mut self, key: usize, is_first: bool) {
        self.notes.push_back(Note { key, is_first, gave_way: self.at_work == Some(key) });
    }
}
