//! The deadlines, nearest first, each removable at any time.
//!
//! An indexed 4-ary heap: the heap holds deadlines side by side, so that sifting stays in
//! few cache lines; a slab beside it knows where each timer stands, so that removing one
//! takes the same few steps as popping one. Insert, remove and pop cost O(log n).
//! Equal deadlines fire in the order in which they were inserted.

use crate::wake::Serials;
use slab::Slab;
use std::task::Waker;
use std::time::Instant;

/// Children of a heap node. Four make the heap half as deep as two, and their deadlines
/// lie in two cache lines.
const ARITY: usize = 4;

/// A timer's name. One whose timer has fired or was removed names nothing, for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timer {
    pub(crate) slot: usize,
    pub(crate) serial: u64,
}

#[derive(Debug)]
pub(super) struct Timers {
    heap: Vec<Node>,
    slots: Slab<Entry>,
    serials: Serials,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    deadline: Instant,
    /// Breaks ties: the earlier insertion has the smaller one.
    serial: u64,
    slot: usize,
}

impl Node {
    fn is_before(&self, other: &Self) -> bool {
        (self.deadline, self.serial) < (other.deadline, other.serial)
    }
}

#[derive(Debug)]
struct Entry {
    /// Where in the heap the timer's node stands.
    position: usize,
    waker: Waker,
}

impl Default for Timers {
    fn default() -> Self {
        Self { heap: Vec::new(), slots: Slab::new(), serials: Serials::new() }
    }
}

impl Timers {
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.heap.first().map(|node| node.deadline)
    }

    pub(super) fn insert(&mut self, deadline: Instant, waker: Waker) -> Timer {
        let serial = self.serials.next();
        let position = self.heap.len();
        let slot = self.slots.insert(Entry { position, waker });
        self.heap.push(Node { deadline, serial, slot });
        self.sift_up(position);
        Timer { slot, serial }
    }

    /// Whether the timer is pending and will wake the same task as `waker`.
    pub(super) fn would_wake(&self, timer: Timer, waker: &Waker) -> bool {
        self.position(timer).is_some() && self.slots[timer.slot].waker.will_wake(waker)
    }

    /// Gives a pending timer another waker, and returns the old one; without a pending
    /// timer it makes one.
    pub(super) fn put(
        &mut self,
        timer: Option<Timer>,
        deadline: Instant,
        waker: Waker,
    ) -> (Timer, Option<Waker>) {
        match timer.filter(|timer| self.position(*timer).is_some()) {
            Some(timer) => (timer, Some(std::mem::replace(&mut self.slots[timer.slot].waker, waker))),
            None => (self.insert(deadline, waker), None),
        }
    }

    /// Gives a pending timer another deadline, and says whether it is pending. It keeps its
    /// slot, its waker and, among equal deadlines, its rank; nothing is allocated.
    pub(super) fn reset(&mut self, timer: Timer, deadline: Instant) -> bool {
        let Some(position) = self.position(timer) else { return false };
        self.heap[position].deadline = deadline;
        self.sift_down(position);
        self.sift_up(position);
        true
    }

    pub(super) fn remove(&mut self, timer: Timer) -> Option<Waker> {
        let position = self.position(timer)?;
        Some(self.remove_at(position))
    }

    /// Removes every timer that is due at `now`, a deadline of exactly `now` included, and
    /// adds their wakers to `due` in the order of the deadlines.
    pub(super) fn take_due(&mut self, now: Instant, due: &mut Vec<Waker>) {
        while self.next_deadline().is_some_and(|deadline| deadline <= now) {
            due.push(self.remove_at(0));
        }
    }

    /// Where the timer stands, unless it has fired or was removed.
    fn position(&self, timer: Timer) -> Option<usize> {
        let position = self.slots.get(timer.slot)?.position;
        (self.heap[position].serial == timer.serial).then_some(position)
    }

    fn remove_at(&mut self, position: usize) -> Waker {
        let node = self.heap.swap_remove(position);
        if position < self.heap.len() {
            // The last node took the place; it may belong further down, or further up.
            self.sift_down(position);
            self.sift_up(position);
        }
        self.slots.remove(node.slot).waker
    }

    fn sift_up(&mut self, mut position: usize) {
        let node = self.heap[position];
        while position > 0 {
            let parent = (position - 1) / ARITY;
            if !node.is_before(&self.heap[parent]) {
                break;
            }
            self.place(self.heap[parent], position);
            position = parent;
        }
        self.place(node, position);
    }

    fn sift_down(&mut self, mut position: usize) {
        let node = self.heap[position];
        while let Some(child) = self.first_child(position) {
            if !self.heap[child].is_before(&node) {
                break;
            }
            self.place(self.heap[child], position);
            position = child;
        }
        self.place(node, position);
    }

    /// Which child of a node fires first.
    fn first_child(&self, position: usize) -> Option<usize> {
        let children = position * ARITY + 1..(position * ARITY + 1 + ARITY).min(self.heap.len());
        children.reduce(|a, b| if self.heap[b].is_before(&self.heap[a]) { b } else { a })
    }

    fn place(&mut self, node: Node, position: usize) {
        self.heap[position] = node;
        self.slots[node.slot].position = position;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A small generator, so that the test needs no crate and repeats exactly.
    fn numbers(mut state: u64) -> impl FnMut(u64) -> u64 {
        move |below| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % below
        }
    }

    #[test]
    fn any_mix_of_inserts_removes_and_firings_matches_a_sorted_list() {
        let (start, mut random) = (Instant::now(), numbers(7));
        let (mut timers, mut model) = (Timers::default(), Vec::new());
        for now in 0..2_000 {
            for _ in 0..random(6) {
                let deadline = start + Duration::from_millis(now + random(200));
                let timer = timers.insert(deadline, Waker::noop().clone());
                model.push((deadline, timer.serial, timer));
            }
            if !model.is_empty() && random(2) == 0 {
                let (.., timer) = model.swap_remove(random(model.len() as u64) as usize);
                assert!(timers.remove(timer).is_some());
                assert!(timers.remove(timer).is_none());
            }
            model.sort_by_key(|&(deadline, serial, _)| (deadline, serial));
            assert_eq!(timers.next_deadline(), model.first().map(|&(deadline, ..)| deadline));
            assert_eq!(
                timers.heap.first().map(|node| node.serial),
                model.first().map(|&(_, serial, _)| serial)
            );
            let instant = start + Duration::from_millis(now);
            let due = model.partition_point(|&(deadline, ..)| deadline <= instant);
            let mut fired = Vec::new();
            timers.take_due(instant, &mut fired);
            assert_eq!(fired.len(), due);
            for (.., timer) in model.drain(..due) {
                assert!(timers.position(timer).is_none());
            }
            assert_eq!((timers.len(), timers.slots.len()), (model.len(), model.len()));
        }
    }

    #[test]
    fn a_timer_that_is_reset_keeps_its_name_and_its_rank_and_moves_up_or_down() {
        let (start, mut timers) = (Instant::now(), Timers::default());
        let at = |ms| start + Duration::from_millis(ms);
        let all: Vec<_> = (0..100).map(|i| timers.insert(at(10 + i % 10), Waker::noop().clone())).collect();
        // All of them down, then half of them up, with ties that are not in the order of the resets.
        for i in (0..100).rev() {
            assert!(timers.reset(all[i], at(100 + i as u64 % 7)));
        }
        for i in (50..100).rev() {
            assert!(timers.reset(all[i], at(i as u64 % 3)));
        }
        let deadline = |i: usize| at(if i < 50 { 100 + i as u64 % 7 } else { i as u64 % 3 });
        let mut expected: Vec<_> = (0..100).map(|i| (deadline(i), all[i].serial, all[i])).collect();
        expected.sort_by_key(|&(deadline, serial, _)| (deadline, serial));
        for (deadline, _, timer) in expected {
            assert_eq!((timers.next_deadline(), timers.position(timer)), (Some(deadline), Some(0)));
            assert!(timers.remove(timer).is_some());
            assert!(!timers.reset(timer, start), "it is gone");
        }
        assert_eq!(timers.len(), 0);
    }
}
