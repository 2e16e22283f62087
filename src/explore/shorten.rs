//! From a run that fails to the fewest deviations that fail in the same way.

use super::Schedule;
use super::explorer::Explorer;
use super::failure::Failure;
use super::search::RunOnce;
use std::time::Instant;

/// How many runs shortening may take, in each of its two ways.
const MOST: usize = 2_000;

/// Others are looked for among those with fewer deviations than this.
const FEW: usize = 4;

impl Explorer {
    /// Takes deviations away as long as the program fails alike, and then looks for fewer
    /// elsewhere. A failure that does not come again is returned as such.
    pub(super) fn shorten(&self, found: Failure, run: &RunOnce<'_>) -> Failure {
        let start = Instant::now();
        let mut shortest = run_again(found, run);
        if shortest.not_deterministic.is_some() {
            return shortest;
        }
        let mut runs = 1;
        let is_over = |runs: usize| runs >= MOST || start.elapsed() > self.at_most;
        take_away(&mut shortest, &mut runs, is_over, run);
        if let Some(fewer) = shortest.deviations().len().min(FEW).checked_sub(1) {
            let time = self.at_most.saturating_sub(start.elapsed());
            let rest = Self { schedules: MOST, at_most: time, ..self.clone() };
            match rest.all(fewer, Some(&shortest.fault), run) {
                Ok(passed) => runs += passed.schedules,
                Err(other) => {
                    runs += other.schedules;
                    (shortest.fault, shortest.choices) = (other.fault, other.choices);
                }
            }
        }
        Failure { shortening: runs, ..shortest }
    }
}

/// Runs a failure again, and notes what is different then.
pub(super) fn run_again(found: Failure, run: &RunOnce<'_>) -> Failure {
    let not_deterministic = found.differs_from(&run(&Schedule::List(found.deviations())));
    Failure { not_deterministic, ..found }
}

/// Takes groups of deviations away, ever smaller ones. A run has no deviation that its list has not, so
/// each that fails alike is shorter, and it ends.
fn take_away(shortest: &mut Failure, runs: &mut usize, is_over: impl Fn(usize) -> bool, run: &RunOnce<'_>) {
    let mut size = shortest.deviations().len().div_ceil(2);
    while size > 0 {
        let (mut from, mut was_shorter) = (0, false);
        while from < shortest.deviations().len() && !is_over(*runs) {
            let mut list = shortest.deviations();
            list.drain(from..(from + size).min(list.len()));
            *runs += 1;
            let outcome = run(&Schedule::List(list));
            if let Some(fault) = outcome.fault.filter(|fault| fault.is_like(&shortest.fault)) {
                (shortest.fault, shortest.choices) = (fault, outcome.choices);
                was_shorter = true;
            } else {
                from += size;
            }
        }
        size = if was_shorter { size } else { size / 2 };
    }
}
