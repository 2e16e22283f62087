//! The wheel and a sorted list side by side: what its tests and `tests/fuzz` do, they do to both.

use super::{GLANCE, Wheel};
use slab::Slab;

/// The wheel and a list of `(time, rank, slot)`, whose order is that of the firings.
#[derive(Debug)]
pub(crate) struct Both {
    pub(crate) wheel: Wheel,
    pub(crate) slots: Slab<()>,
    pub(crate) model: Vec<(u64, u64, u32)>,
    pub(crate) now: u64,
    pub(crate) rank: u64,
}

impl Both {
    pub(crate) fn new() -> Self {
        Self { wheel: Wheel::new(), slots: Slab::new(), model: Vec::new(), now: 0, rank: 0 }
    }

    pub(crate) fn insert(&mut self, time: u64) {
        self.rank += 1;
        let slot = self.slots.insert(()) as u32;
        self.wheel.insert(slot, time, self.rank);
        self.model.push((time, self.rank, slot));
    }

    pub(crate) fn reset(&mut self, at: usize, time: u64) {
        self.wheel.reset(self.model[at].2, time);
        self.model[at].0 = time;
    }

    pub(crate) fn remove(&mut self, at: usize) {
        let slot = self.model.swap_remove(at).2;
        self.wheel.remove(slot);
        assert_eq!(self.wheel.rank(slot), 0);
        self.slots.remove(slot as usize);
    }

    pub(crate) fn advance(&mut self, now: u64) {
        self.now = now;
        self.model.sort_unstable();
        let due = self.model.partition_point(|(time, ..)| *time <= now);
        let expected: Vec<_> = self.model.drain(..due).map(|(.., slot)| slot).collect();
        let fired: Vec<_> = self.wheel.advance(now).map(|due| due.slot).collect();
        assert_eq!(fired, expected);
        for slot in fired {
            assert_eq!(self.wheel.rank(slot), 0);
            self.slots.remove(slot as usize);
        }
        assert!(self.model.iter().all(|&(_, rank, slot)| self.wheel.rank(slot) == rank));
        self.check_next();
    }

    /// It is never late; with few it is exact, and with many a few steps lead there.
    pub(crate) fn check_next(&mut self) {
        let earliest = self.model.iter().map(|(time, ..)| *time).min();
        let next = self.wheel.next();
        assert!(next.is_some() == earliest.is_some() && next <= earliest);
        assert!(next.is_none_or(|next| next > self.now));
        assert!(self.model.len() > GLANCE || next == earliest);
    }
}
