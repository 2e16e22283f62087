//! A slab that gives back the room of a burst.
//!
//! A slab keeps the room of its busiest moment. What lives in it cannot move, since its slot
//! is in wakers and kernel events; so room goes back from the top only. And the slot that was
//! left last is the next one given: a single timer that comes again and again would keep the
//! highest slot for ever. So when an eighth of the room is enough, the upper three quarters
//! are closed: what leaves a closed slot leaves a placeholder there. When all of them are
//! empty they go back; when more than a quarter is needed they are given again.
//!
//! ```text
//!   0        limit                                   room
//!   ├─ given ──┼── closed: a few still live here ──────┤
//! ```
//!
//! Closing waits until the loop is about to sleep, or has not needed the room for a while: a
//! program whose bursts follow each other at once keeps it.

use slab::Slab;
use std::mem;

/// As much room stays in any case.
pub(crate) const KEPT: usize = 1024;

/// A loop that never sleeps gives room back after so many polls for each slot of it, in which
/// it was not needed: longer than a burst takes to end.
const POLLS_A_SLOT: usize = 4;

/// As many as lie between two event polls.
const POLLS_IN_BETWEEN: usize = 128;

/// A closed slot in which nothing lives holds a placeholder, which no key names.
#[derive(Debug)]
pub(crate) struct ShrinkingSlab<T> {
    slab: Slab<T>,
    /// Event polls since more than an eighth of the room was in use.
    low: usize,
    /// Slots from here on are closed; `usize::MAX` while none is.
    limit: usize,
    /// By slot, whether a placeholder is there; empty while no slot is closed.
    vacant: Vec<bool>,
    placeholders: usize,
    /// How many live in closed slots.
    above: usize,
}

impl<T> ShrinkingSlab<T> {
    pub(crate) fn new() -> Self {
        Self { slab: Slab::new(), low: 0, limit: usize::MAX, vacant: Vec::new(), placeholders: 0, above: 0 }
    }

    /// How many live.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.slab.len() - self.placeholders
    }

    /// Whether `more` may live, if slots are numbered up to `most`. A slab that grows past its
    /// closed slots would run out of numbers, so those are opened before `more` would be too many.
    #[inline]
    pub(crate) fn has_numbers(&mut self, most: usize, more: usize) -> bool {
        if self.slab.len() + more > most {
            self.open();
        }
        self.slab.len() + more <= most
    }

    #[inline]
    pub(crate) fn room(&self) -> usize {
        self.slab.capacity()
    }

    pub(crate) fn reserve(&mut self, more: usize) {
        self.slab.reserve(more);
    }

    #[inline]
    pub(crate) fn get(&self, slot: usize) -> Option<&T> {
        self.slab.get(slot)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, slot: usize) -> Option<&mut T> {
        self.slab.get_mut(slot)
    }

    /// All that live, and placeholders.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slab.iter().map(|(_, value)| value)
    }

    #[inline]
    pub(crate) fn insert(&mut self, value: T) -> usize {
        self.slab.insert(value)
    }

    /// Takes out what lives in this slot, if something does. A closed slot gets the placeholder.
    #[inline]
    pub(crate) fn take(&mut self, slot: usize, placeholder: impl FnOnce() -> T) -> Option<T> {
        if slot < self.limit { self.slab.try_remove(slot) } else { self.take_closed(slot, placeholder()) }
    }

    #[cold]
    fn take_closed(&mut self, slot: usize, placeholder: T) -> Option<T> {
        match self.vacant.get_mut(slot) {
            None => return self.slab.try_remove(slot), // the slab has grown since
            Some(true) => return None,
            Some(vacant) => *vacant = true,
        }
        let left = mem::replace(&mut self.slab[slot], placeholder);
        self.above -= 1;
        self.placeholders += 1;
        Some(left)
    }

    /// Asked in each event poll while there is room to give back. Returns how much is left when slots
    /// were closed or given back: what is kept beside them for more may go.
    pub(crate) fn shrink(&mut self, at_rest: bool, placeholder: impl FnMut() -> T) -> Option<usize> {
        let room = self.room();
        if room <= KEPT || self.len() > room / 8 {
            self.low = 0;
            if self.len() > room / 4 {
                self.open();
            }
            return None;
        }
        self.low += 1;
        let in_vain = self.low * POLLS_IN_BETWEEN > room * POLLS_A_SLOT;
        let closes = self.limit == usize::MAX && (at_rest || in_vain);
        if closes {
            self.close(placeholder);
        }
        if self.limit < usize::MAX && self.above == 0 {
            return Some(self.give_back());
        }
        closes.then_some(room)
    }

    /// Closes the upper three quarters: all free slots are filled, and those below given again.
    fn close(&mut self, mut placeholder: impl FnMut() -> T) {
        let room = self.room();
        self.limit = room / 4;
        self.above = self.slab.iter().rev().take_while(|(slot, _)| *slot >= self.limit).count();
        if self.above == 0 {
            return;
        }
        self.vacant = vec![false; room];
        while self.slab.vacant_key() < room {
            let slot = self.slab.insert(placeholder());
            self.vacant[slot] = true;
        }
        self.placeholders = room - self.limit - self.above;
        self.remove_placeholders(0..self.limit);
    }

    /// All slots may be given again, since they are needed.
    #[cold]
    fn open(&mut self) {
        let closed = self.limit.min(self.vacant.len())..self.vacant.len();
        self.remove_placeholders(closed);
        (self.limit, self.vacant, self.placeholders) = (usize::MAX, Vec::new(), 0);
    }

    /// The lowest last, so that it is the first to be given.
    fn remove_placeholders(&mut self, slots: std::ops::Range<usize>) {
        for slot in slots.rev().filter(|slot| self.vacant[*slot]) {
            self.slab.remove(slot);
        }
    }

    /// Nothing lives in a closed slot any more.
    fn give_back(&mut self) -> usize {
        let (limit, closed) = (mem::replace(&mut self.limit, usize::MAX), self.vacant.len());
        self.slab.retain(|slot, _| slot < limit || slot >= closed);
        self.slab.shrink_to_fit();
        (self.vacant, self.placeholders) = (Vec::new(), 0);
        self.room()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: usize = 8 * KEPT;

    /// A slab after a burst, of which only the highest slot is in use.
    fn after_burst() -> ShrinkingSlab<usize> {
        let mut slab = ShrinkingSlab::new();
        (0..MANY).for_each(|i| assert_eq!(slab.insert(i), i));
        (0..MANY - 1).for_each(|i| assert_eq!(slab.take(i, || 0), Some(i)));
        slab
    }

    /// Breaks if the slot that was left last is given again while it is closed.
    #[test]
    fn what_comes_again_and_again_leaves_the_highest_slot_and_the_room_goes_back() {
        let mut slab = after_burst();
        let mut slot = MANY - 1;
        assert!(slab.shrink(true, || 0).is_some_and(|room| room >= MANY), "closed, not given back");
        assert_eq!(slab.len(), 1);
        slab.take(slot, || 0).unwrap();
        slot = slab.insert(7);
        assert!(slot < MANY / 4 && slab.len() == 1);
        assert!(slab.shrink(true, || 0).is_some_and(|room| room <= KEPT));
        assert_eq!((slab.get(slot), slab.len()), (Some(&7), 1));
        assert_eq!(slab.take(slot, || 0), Some(7));
        assert_eq!(slab.shrink(true, || 0), None, "what is kept in any case is not asked for");
    }

    /// Breaks if a second burst grows beside the closed slots, or opening forgets some.
    #[test]
    fn a_second_burst_uses_the_slots_that_were_closed() {
        let mut slab = after_burst();
        slab.shrink(true, || 0);
        let room = slab.room();
        let mut slots: Vec<_> = (0..room / 4 + 1).map(|i| slab.insert(i)).collect();
        assert_eq!(slab.shrink(false, || 0), None);
        slots.extend((slots.len()..room - 2).map(|i| slab.insert(i)));
        assert_eq!(slab.len(), slots.len() + 1);
        assert!(slab.room() <= 2 * room);
        for (i, slot) in slots.into_iter().enumerate() {
            assert_eq!(slab.take(slot, || 0), Some(i));
        }
        assert_eq!(slab.len(), 1);
    }

    /// Breaks if a slot is taken out twice, or a placeholder counts as living.
    #[test]
    fn a_placeholder_is_not_taken_out() {
        let mut slab = after_burst();
        slab.shrink(true, || 0);
        assert_eq!(slab.take(MANY - 2, || 0), None);
        assert_eq!(slab.take(MANY - 1, || 0), Some(MANY - 1));
        assert_eq!(slab.take(MANY - 1, || 0), None);
        assert_eq!(slab.len(), 0);
    }

    /// Breaks if a live slot counts, or does not, at one of the two bounds.
    #[test]
    fn slots_are_closed_when_an_eighth_is_enough_and_given_again_when_more_than_a_quarter_is_needed() {
        let mut slab = after_burst();
        let is_closed = |slab: &ShrinkingSlab<usize>| slab.limit != usize::MAX;
        (1..=MANY / 8).for_each(|i| _ = slab.insert(i));
        assert!(slab.shrink(true, || 0).is_none() && !is_closed(&slab), "one more than an eighth");
        slab.take(MANY - 2, || 0).unwrap();
        assert!(slab.shrink(true, || 0).is_some() && is_closed(&slab));
        (0..MANY / 8).for_each(|i| _ = slab.insert(i));
        assert!(slab.shrink(true, || 0).is_none() && is_closed(&slab), "a quarter");
        slab.insert(0);
        assert!(slab.shrink(true, || 0).is_none() && !is_closed(&slab));
    }

    /// Breaks if the first closed slot is taken for an open one.
    #[test]
    fn when_the_lowest_of_the_closed_slots_is_left_the_room_goes_back() {
        let mut slab = ShrinkingSlab::new();
        (0..MANY).for_each(|i| assert_eq!(slab.insert(i), i));
        (0..MANY).filter(|i| *i != MANY / 4).for_each(|i| assert_eq!(slab.take(i, || 0), Some(i)));
        assert_eq!(slab.shrink(true, || 0), Some(MANY));
        assert_eq!(slab.take(MANY / 4, || 0), Some(MANY / 4));
        assert!(slab.shrink(true, || 0).is_some_and(|room| room <= KEPT));
    }

    /// Breaks if closed slots are left out of what is numbered, or are given again too soon.
    #[test]
    fn before_the_numbers_run_out_the_closed_slots_are_given_again() {
        let mut slab = after_burst();
        slab.shrink(true, || 0);
        let in_use = MANY - MANY / 4; // one lives, the others are closed
        assert!(slab.has_numbers(in_use + 5, 5));
        assert_ne!(slab.limit, usize::MAX);
        assert!(slab.has_numbers(in_use + 4, 5));
        assert_eq!(slab.limit, usize::MAX);
        assert!(!slab.has_numbers(5, 5));
    }

    /// Breaks if room goes back at once beside a loop that is never at rest.
    #[test]
    fn a_loop_that_never_rests_keeps_the_room_for_four_polls_a_slot() {
        let mut slab = after_burst();
        slab.take(MANY - 1, || 0).unwrap();
        let event_polls = (1..).find(|_| slab.shrink(false, || 0).is_some()).unwrap();
        assert_eq!(event_polls, MANY * POLLS_A_SLOT / POLLS_IN_BETWEEN + 1);
    }
}
