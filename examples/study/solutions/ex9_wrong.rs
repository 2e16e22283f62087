//! Exercise 9, wrong: the loop is told of a deadline whose timer was removed, and wakes up for nothing.

use crate::Timers;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

/// The least (deadline, number) is the top.
#[derive(Default)]
pub(crate) struct Heap {
    timers: BinaryHeap<Reverse<(u64, u64)>>,
    live: HashSet<u64>,
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
        self.timers.peek().map(|Reverse((deadline, _))| *deadline)
    }

    fn take_due(&mut self, now: u64) -> Option<u64> {
        while self.nearest()? <= now {
            let Reverse((_, number)) = self.timers.pop()?;
            if self.live.remove(&number) {
                return Some(number);
            }
        }
        None
    }
}
