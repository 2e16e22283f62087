//! Numbers that are given once in the life of the process.
//!
//! A slot's number comes round again, and so does a runtime's. A serial does not, so it
//! tells one task from the next for good: a task's public id is its serial.

use super::key::Key;
use std::sync::atomic::{AtomicU64, Ordering};

/// Serials are drawn from the process in blocks of this many, so that a spawn costs no
/// atomic operation. Small ones, so that serials of runtimes that come and go by the
/// thousand still differ in their low bits, of which keys are made (on 32 bits: of four in a row).
const BLOCK: u64 = 64;

/// Starts behind zero, which means an empty slot.
static NEXT_BLOCK: AtomicU64 = AtomicU64::new(1);

/// One runtime's supply of serials. At a billion a second it lasts for 146 years, after
/// which the task states would run out of bits.
#[derive(Debug, Default)]
pub(crate) struct Serials {
    next: u64,
}

impl Serials {
    pub(crate) fn next(&mut self) -> u64 {
        if self.next % BLOCK == 0 {
            self.next = first_of(NEXT_BLOCK.fetch_add(1, Ordering::Relaxed));
        }
        let serial = self.next;
        self.next += 1;
        serial
    }
}

/// The first serial of a block. One whose generation is zero, as an empty slot's is, is left out.
fn first_of(block: u64) -> u64 {
    let first = block * BLOCK;
    first + u64::from(first & Key::GENERATION == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_of_runtimes_that_come_and_go_differ_in_their_low_bits() {
        let mut seen: Vec<u64> = (0..10_000).map(|_| Serials::default().next() % (1 << 24)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 10_000);
    }

    /// Breaks if each draws a block, which the process shares.
    #[test]
    fn serials_of_one_block_follow_each_other() {
        let mut serials = Serials::default();
        let first = serials.next();
        assert!((1..BLOCK).all(|i| serials.next() == first + i));
    }

    #[test]
    fn no_serial_has_the_generation_of_an_empty_slot() {
        let round = (Key::GENERATION + 1) / BLOCK; // in blocks
        for block in [0, 1, round - 1, round, round + 1, 2 * round] {
            let (first, end) = (first_of(block), (block + 1) * BLOCK);
            assert_eq!(first, block * BLOCK + u64::from(block % round == 0));
            assert!((first..end).all(|serial| serial & Key::GENERATION != 0));
        }
    }

    #[test]
    fn serials_of_two_runtimes_never_meet() {
        let (mut a, mut b) = (Serials::default(), Serials::default());
        let mut seen: Vec<u64> = (0..3 * BLOCK).flat_map(|_| [a.next(), b.next()]).collect();
        let given = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), given);
        assert!(!seen.contains(&0));
    }
}
