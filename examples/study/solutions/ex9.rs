//! Exercise 9, solved: the dead are thrown away before the top is asked.

use crate::Timers;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

/// The least (deadline, number) is the top.
#[derive(Default)]
pub(crate) struct Heap {
    timers: BinaryHeap<Reverse<(u64, u64)>>,
    live: HashSet<u64>,
}

impl Heap {
    /// The top, which is alive.
    fn top(&mut self) -> Option<(u64, u64)> {
        while let Some(&Reverse(top)) = self.timers.peek() {
            if self.live.contains(&top.1) {
                return Some(top);
            }
            self.timers.pop();
        }
        None
    }
}

impl Timers for Heap {
    fn place(&mut self, deadline: u64, number: u64) {
        self.live.insert(number);
        self.timers.push(Reverse((deadline, number)));
    }

    fn remove(&mut self, _: u64, number: u64) -> bool {
        self.live.remove(&number)
    }

    fn nearest(&mut self) -> Option<u64> {
        self.top().map(|(deadline, _)| deadline)
    }

    fn take_due(&mut self, now: u64) -> Option<u64> {
        let (_, number) = self.top().filter(|(deadline, _)| *deadline <= now)?;
        self.timers.pop();
        self.live.remove(&number);
        Some(number)
    }
}
