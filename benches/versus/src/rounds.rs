//! The rounds: once on each side, in an order that changes.
//!
//! Two sides measured one after the other, each ten times in a row, would each meet
//! another machine: another clock rate, another neighbour, another state of the heap.

use crate::row::Row;
use crate::stats::Summary;

/// What the rounds say about one row.
pub(crate) struct Outcome {
    pub(crate) left: Summary,
    pub(crate) right: Summary,
    /// The ratio of the two medians.
    pub(crate) ratio: f64,
    /// The median of the ratios of each round, whose two measurements are neighbours in
    /// time. Where it differs from `ratio`, the machine was not quiet.
    pub(crate) ratio_by_round: f64,
    pub(crate) rounds: usize,
}

/// Measures a row `rounds` times, after a round that is thrown away: it builds the
/// runtimes, fills the caches and grows what has to grow.
///
/// Only the two sides of a row take turns, not the rows: what one workload leaves behind in
/// the allocator changes the price of the next one's allocations. This choice favours
/// shirr, whose small boxes suffer more: with all rows mixed, `spawn_join` with glibc was
/// 149 ns to 291 (ratio 0.51), where row by row it is about 67 to 267 (0.25). A program
/// with a well-used heap may see either.
pub(crate) fn measure(row: &mut Row, rounds: usize) -> Outcome {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    measure_both(row, &mut random);
    let pairs: Vec<_> = (0..rounds).map(|_| measure_both(row, &mut random)).collect();
    sum_up(&pairs)
}

fn measure_both(row: &mut Row, random: &mut Random) -> (f64, f64) {
    if random.coin() {
        let left = row.measure_left();
        (left, row.measure_right())
    } else {
        let right = row.measure_right();
        (row.measure_left(), right)
    }
}

fn sum_up(pairs: &[(f64, f64)]) -> Outcome {
    let left = Summary::of(pairs.iter().map(|(left, _)| *left));
    let right = Summary::of(pairs.iter().map(|(_, right)| *right));
    Outcome {
        ratio: left.median / right.median,
        ratio_by_round: Summary::of(pairs.iter().map(|(left, right)| left / right)).median,
        rounds: pairs.len(),
        left,
        right,
    }
}

/// A small generator (xorshift): the order has to vary, not to be a secret, and a run can
/// be repeated in the same order.
struct Random(u64);

impl Random {
    fn coin(&mut self) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 & (1 << 32) != 0
    }
}
