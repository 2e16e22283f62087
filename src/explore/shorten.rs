//! From a run that fails to the fewest deviations that fail in the same way.

use super::Schedule;
use super::explorer::Explorer;
use super::failure::Failure;
use super::search::RunOnce;

/// How many runs shortening may take, in each of its two ways.
const MOST: usize = 2_000;

/// With more deviations than this it is not searched for others.
const FEW: usize = 4;

impl Explorer {
    /// Takes deviations away as long as the program fails alike, and then looks for fewer
    /// elsewhere. A failure that does not come again is returned as such.
    pub(super) fn shorten(&self, found: Failure, run: &RunOnce<'_>) -> Failure {
        let again = run(&Schedule::List(found.deviations()));
        if let Some(difference) = found.differs_from(&again) {
            return Failure { not_deterministic: Some(difference), ..found };
        }
        let (mut shortest, mut runs) = (found, 1);
        take_away(&mut shortest, &mut runs, run);
        for fewer in 0..shortest.deviations().len().min(FEW) {
            let rest = Self { schedules: MOST, ..self.clone() };
            let Err(other) = rest.all(fewer, run) else { continue };
            runs += other.schedules;
            if other.fault.is_like(&shortest.fault) {
                (shortest.fault, shortest.choices) = (other.fault, other.choices);
                break;
            }
        }
        Failure { shortening: runs, ..shortest }
    }
}

/// Takes groups of deviations away, ever smaller ones. Only what is shorter is kept, so it ends.
fn take_away(shortest: &mut Failure, runs: &mut usize, run: &RunOnce<'_>) {
    let mut size = shortest.deviations().len().div_ceil(2);
    while size > 0 {
        let (mut from, mut was_shorter) = (0, false);
        while from < shortest.deviations().len() && *runs < MOST {
            let mut list = shortest.deviations();
            list.drain(from..(from + size).min(list.len()));
            *runs += 1;
            let outcome = run(&Schedule::List(list));
            let alike = outcome.fault.as_ref().filter(|fault| fault.is_like(&shortest.fault));
            if let Some(fault) = alike.filter(|_| outcome.deviations().len() < shortest.deviations().len()) {
                shortest.fault = fault.clone();
                shortest.choices = outcome.choices;
                was_shorter = true;
            } else {
                from += size;
            }
        }
        size = if was_shorter { size } else { size / 2 };
    }
}
