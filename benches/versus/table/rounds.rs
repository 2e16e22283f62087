//! The rounds: once each contender, in an order that is shuffled anew.
//!
//! Contenders measured one after the other, each ten times in a row, would each meet another
//! machine: another clock rate, another neighbour, another state of the heap.

use crate::standing::{Aim, Published, Standing, Verdict};
use crate::stats::Summary;
use crate::workload::{Cost, Target, Workload};

/// What the rounds say about one contender at one workload.
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    /// Of one unit of the work.
    pub(crate) cost: Summary,
    /// Its cost divided by shirr's in the same round, whose measurements are neighbours in
    /// time: what the machine does to one it does to the other.
    pub(crate) ratio: Summary,
    /// How shirr stands to it, unless it is shirr.
    pub(crate) verdict: Option<Standing<Verdict>>,
    /// What shirr set out to take of it, and whether it did.
    pub(crate) aim: Option<(Target, Standing<Aim>)>,
}

/// Rounds that are thrown away: they build the engines, fill the caches and grow what has to
/// grow.
const WARM_UP: usize = 2;

/// Enough where each takes seconds, because a million of something are done.
pub(crate) const OF_A_MILLION: usize = 9;
const MILLION: u32 = 1_000_000;

/// Enough where bytes are counted, which hardly change from one round to the next, and for
/// which each round starts a process.
pub(crate) const OF_BYTES: usize = 5;

/// Measures every contender `rounds` times, or less often where that is enough.
///
/// Only the contenders of a workload take turns, not the workloads: each of them would else
/// meet the heap that all the others have left.
pub(crate) fn measure(workload: &mut Workload, rounds: usize, published: &Published) -> Vec<Outcome> {
    let (warm_up, rounds) = match workload.cost {
        Cost::Bytes => (0, rounds.min(OF_BYTES)), // a new process has nothing that stays warm
        _ if workload.count >= MILLION => (WARM_UP, rounds.min(OF_A_MILLION)),
        _ => (WARM_UP, rounds),
    };
    let mut random = fastrand::Rng::with_seed(0x9e37_79b9);
    let mut order: Vec<usize> = (0..workload.contenders.len()).collect();
    let mut costs = vec![Vec::new(); order.len()];
    for round in 0..warm_up + rounds {
        random.shuffle(&mut order);
        for &contender in &order {
            let cost = workload.measure(contender);
            if round >= warm_up {
                costs[contender].push(cost);
            }
        }
    }
    let names = workload.contenders.iter().map(|contender| contender.name);
    names.zip(&costs).map(|(name, own)| sum_up(workload, name, own, &costs[0], published)).collect()
}

fn sum_up(
    workload: &Workload,
    name: &'static str,
    own: &[f64],
    shirr: &[f64],
    published: &Published,
) -> Outcome {
    let ratio = Summary::of(own.iter().zip(shirr).map(|(own, shirr)| own / shirr));
    let target = workload.targets.iter().copied().find(|target| target.of == name);
    Outcome {
        name,
        cost: Summary::of(own.iter().copied()),
        ratio,
        verdict: (name != "shirr").then(|| published.verdict(workload.name, name, ratio)),
        aim: target.map(|target| (target, published.aim(workload.name, name, ratio, target.at_least()))),
    }
}
