//! The rounds: once each contender, in an order that is shuffled anew.
//!
//! Measured one after the other, each ten times in a row, contenders would not have the same
//! machine: the clock rate, the neighbours and the heap change.
//!
//! Several processes share the rounds of a workload. Where the kernel puts a process's memory,
//! code and stack makes one contender faster and another slower by up to a tenth, as long as the
//! process lives: its rounds agree with each other, and not with the next run. The workloads
//! take turns, too, so that each is measured early and late.

use crate::builds::Build;
use crate::child;
use crate::standing::{Aim, Record, Standing, Verdict};
use crate::stats::Summary;
use crate::workload::{Cost, Target, Workload};
use std::ffi::OsString;

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
    /// The least that shirr set out to have as its ratio, and whether it has.
    pub(crate) aim: Option<(f64, Standing<Aim>)>,
}

/// How many processes share a workload's rounds, if there are as many rounds.
pub(crate) const PROCESSES: usize = 8;

/// Enough where each takes seconds, because a million of something are done.
pub(crate) const OF_A_MILLION: usize = PROCESSES;
const MILLION: u32 = 1_000_000;

/// Enough where bytes are counted, which hardly change from one round to the next.
pub(crate) const OF_BYTES: usize = 5;

/// The figures of one contender, a round each.
type Costs = Vec<f64>;

/// What came of a workload in each build, or why it could not be measured.
pub(crate) type Outcomes = Result<Vec<Vec<Outcome>>, String>;

/// Measures every contender of each workload `rounds` times, or less often where that is enough,
/// in each of the builds. For each workload what came of it, or why a process of it failed: because a
/// contender did other work than the others, above all. It is not measured further then; the others are.
pub(crate) fn measure(
    workloads: &[Workload],
    builds: &[Build],
    rounds: usize,
    records: &[Record],
) -> Vec<Outcomes> {
    let none = |workload: &Workload| Ok(vec![vec![Costs::new(); workload.contenders.len()]; builds.len()]);
    let mut all: Vec<Result<Vec<Vec<Costs>>, String>> = workloads.iter().map(none).collect();
    for process in 0..PROCESSES {
        for (workload, costs) in workloads.iter().zip(&mut all) {
            let rounds = share(enough(workload, rounds), process);
            let Ok(so_far) = costs else { continue };
            if let Err(why) = go_on(so_far, workload, builds, rounds, process) {
                *costs = Err(why);
            }
        }
    }
    let outcomes = |(workload, costs): (&Workload, Result<Vec<Vec<Costs>>, String>)| {
        let builds = costs?.into_iter().zip(records);
        Ok(builds.map(|(costs, record)| sum_up(workload, &costs, record)).collect())
    };
    workloads.iter().zip(all).map(outcomes).collect()
}

/// One process of a workload for each build.
fn go_on(
    costs: &mut [Vec<Costs>],
    workload: &Workload,
    builds: &[Build],
    rounds: usize,
    process: usize,
) -> Result<(), String> {
    for (build, costs) in builds.iter().zip(costs).filter(|_| rounds > 0) {
        let part = in_a_process(build, workload, rounds, process)?;
        costs.iter_mut().zip(part).for_each(|(all, own)| all.extend(own));
    }
    Ok(())
}

fn enough(workload: &Workload, rounds: usize) -> usize {
    match workload.cost {
        Cost::Bytes => rounds.min(OF_BYTES),
        _ if workload.count >= MILLION => rounds.min(OF_A_MILLION),
        _ => rounds,
    }
}

/// The rounds of one process; those of all processes add up to `rounds`.
fn share(rounds: usize, process: usize) -> usize {
    rounds * (process + 1) / PROCESSES - rounds * process / PROCESSES
}

/// The costs of each contender. The process is told its part, and what this one was told.
fn in_a_process(
    build: &Build,
    workload: &Workload,
    rounds: usize,
    process: usize,
) -> Result<Vec<Costs>, String> {
    let name = workload.name;
    let part = ["--part", name, &rounds.to_string(), &process.to_string()].map(OsString::from);
    let printed = child::printed(&build.program, part.into_iter().chain(std::env::args_os().skip(1)));
    let failed = |why| format!("{name} is left out, since a process that measured it failed; {why}");
    let costs: Vec<Costs> = serde_json::from_str(&printed.map_err(failed)?)
        .map_err(|error| failed(format!("it printed no costs: {error}")))?;
    let each = costs.iter().all(|own| own.len() == rounds) && costs.len() == workload.contenders.len();
    each.then_some(costs).ok_or_else(|| failed(String::from("not every contender had its rounds")))
}

/// A round that is thrown away: it builds the engines, fills the caches and grows what has to
/// grow.
const WARM_UP: usize = 1;

/// What a process does: the costs of each contender of one workload, which alone has filled its
/// heap. Bytes are counted in further processes, in which nothing stays warm.
pub(crate) fn part(workload: &mut Workload, rounds: usize, process: u64) -> Vec<Costs> {
    let warm_up = if workload.cost == Cost::Bytes { 0 } else { WARM_UP };
    let mut random = fastrand::Rng::with_seed(0x9e37_79b9 + process);
    let mut order: Vec<usize> = (0..workload.contenders.len()).collect();
    let mut costs = vec![Costs::new(); order.len()];
    for round in 0..warm_up + rounds {
        random.shuffle(&mut order);
        for &contender in &order {
            let cost = workload.measure(contender);
            if round >= warm_up {
                costs[contender].push(cost);
            }
        }
    }
    costs
}

fn sum_up(workload: &Workload, costs: &[Costs], record: &Record) -> Vec<Outcome> {
    let names = workload.contenders.iter().map(|contender| contender.name);
    let outcome = |(name, own): (&'static str, &Costs)| {
        let ratio = Summary::of(own.iter().zip(&costs[0]).map(|(own, shirr)| own / shirr));
        let target = workload.targets.iter().find(|target| target.of == name);
        let aim = |target: &Target| {
            let at_least = target.at_least();
            (at_least, record.aim(workload.name, name, ratio, at_least))
        };
        Outcome {
            name,
            cost: Summary::of(own.iter().copied()),
            ratio,
            verdict: (name != "shirr").then(|| record.verdict(workload.name, name, ratio)),
            aim: target.map(aim),
        }
    };
    names.zip(costs).map(outcome).collect()
}
