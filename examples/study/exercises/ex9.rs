//! Exercise 9 (s4_timers): another structure for timers.
//!
//! Not solved yet.
//!
//! s4 keeps timers in a `BTreeMap`. A heap is smaller, but only its top can be taken out. So a timer
//! that is removed stays in the heap, and is thrown away when it comes to the top: *lazy deletion*.
//! Here `remove` does nothing yet. Mend that. (Or write a wheel, as `src/reactor/branches/wheel.rs`
//! is one: the check asks for the four functions of `Timers`, in tests/ex9.rs, and no more.)
//!
//! Hint: a set of the numbers of live timers. Three functions must ask it, and one of them
//! looks at the top only: what lies there may be dead.
//!
//! In the step: give the three sleeps of s4 one deadline: make that before the `for`, and write `Sleep
//! { deadline, timer: None }` for each. The loop polls for events twice. Then write `if let` for `while
//! let` in `fire_due`: four times.
//!
//! Check: `cargo test -p study --test ex9 -- --ignored`

use crate::Timers;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The least (deadline, number) is the top.
#[derive(Default)]
pub(crate) struct Heap {
    timers: BinaryHeap<Reverse<(u64, u64)>>,
}

impl Timers for Heap {
    fn place(&mut self, deadline: u64, number: u64) {
        self.timers.push(Reverse((deadline, number)));
    }

    fn remove(&mut self, deadline: u64, number: u64) -> bool {
        let _ = (deadline, number); // and now?
        false
    }

    fn nearest(&mut self) -> Option<u64> {
        self.timers.peek().map(|Reverse((deadline, _))| *deadline)
    }

    fn take_due(&mut self, now: u64) -> Option<u64> {
        let top = self.timers.peek_mut().filter(|top| top.0.0 <= now)?;
        let Reverse((_, number)) = std::collections::binary_heap::PeekMut::pop(top);
        Some(number)
    }
}
