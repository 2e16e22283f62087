//! The table, and the same as lines of JSON.

use crate::rounds::Outcome;
use crate::stats::Summary;
use crate::workload::{Target, Workload};
use serde_json::{Value, json};
use std::fmt;

/// Within this much of a tie nobody is ahead: two builds of the same code differ by as much.
const EVEN: f64 = 0.03;

/// Within this much of an aim it is neither reached nor missed, since another run may find it
/// on the other side.
const AT_THE_LIMIT: f64 = 0.1;

const HEADINGS: [&str; 7] =
    ["workload", "runtime", "median (p25..p75)", "unit", "× shirr", "verdict", "target"];

/// How a contender stands to shirr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Ahead,
    Even,
    Behind,
}

/// shirr is ahead or behind when three quarters of the rounds say so and their median lies
/// beyond [`EVEN`].
pub(crate) fn verdict(outcome: &Outcome) -> Verdict {
    let Summary { p25, median, p75 } = outcome.ratio;
    if p25 > 1.0 && median > 1.0 + EVEN {
        Verdict::Ahead
    } else if p75 < 1.0 && median < 1.0 - EVEN {
        Verdict::Behind
    } else {
        Verdict::Even
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ahead => "ahead",
            Self::Even => "even",
            Self::Behind => "BEHIND",
        })
    }
}

/// Whether shirr took at most the part of it that it set out to take, by the median.
pub(crate) fn judge(target: Target, outcome: &Outcome) -> &'static str {
    let of_the_aim = outcome.ratio.median * target.at_most;
    if of_the_aim >= 1.0 + AT_THE_LIMIT {
        "reached"
    } else if of_the_aim < 1.0 - AT_THE_LIMIT {
        "MISSED"
    } else {
        "at the limit"
    }
}

/// The table: its columns are as wide as the widest cell.
#[derive(Default)]
pub(crate) struct Table(Vec<[String; 7]>);

impl Table {
    pub(crate) fn add(&mut self, workload: &Workload, outcomes: &[Outcome]) {
        self.0.extend(outcomes.iter().map(|outcome| cells(workload, outcome)));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headings = HEADINGS.map(String::from);
        let lines = || std::iter::once(&headings).chain(&self.0);
        let width = |column: usize| lines().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 7] = std::array::from_fn(width);
        for line in lines() {
            let padded = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            writeln!(f, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        writeln!(f, "\n{LEGEND}")
    }
}

const LEGEND: &str = "\
× shirr: what it takes divided by what shirr takes in the same round; above 1, shirr takes less.
ahead, BEHIND: where shirr stands, if three quarters of the rounds say so and it is more than 3 %.
target: the least that × shirr should be; at the limit: within a tenth of it.";

/// One contender at one workload as a line of JSON.
pub(crate) fn json(workload: &Workload, outcome: &Outcome) -> Value {
    let target = target(workload, outcome);
    let unit = if workload.unit().starts_with("bytes") { "median_bytes" } else { "median_ns" };
    json!({
        "workload": workload.name,
        "runtime": outcome.name,
        "unit": workload.unit(),
        unit: outcome.cost.median,
        "spread": [outcome.cost.p25, outcome.cost.p75],
        "ratio_to_shirr": outcome.ratio.median,
        "ratio_spread": [outcome.ratio.p25, outcome.ratio.p75],
        "verdict": (outcome.name != "shirr").then(|| verdict(outcome).to_string()),
        "target_at_least": target.map(|target| 1.0 / target.at_most),
        "target": target.map(|target| judge(target, outcome)),
    })
}

/// What was to be reached against this contender.
pub(crate) fn target(workload: &Workload, outcome: &Outcome) -> Option<Target> {
    workload.targets.iter().copied().find(|target| target.of == outcome.name)
}

fn cells(workload: &Workload, outcome: &Outcome) -> [String; 7] {
    let shirr = outcome.name == "shirr";
    let judged = target(workload, outcome)
        .map(|target| format!("≥ {:.2}: {}", 1.0 / target.at_most, judge(target, outcome)));
    [
        if shirr { workload.name.to_owned() } else { String::new() },
        outcome.name.to_owned(),
        spread(outcome.cost),
        workload.unit(),
        if shirr { String::new() } else { ratio(outcome.ratio) },
        if shirr { String::new() } else { verdict(outcome).to_string() },
        judged.unwrap_or_default(),
    ]
}

pub(crate) fn median(cost: Summary) -> String {
    format!("{:.*}", digits(cost), cost.median)
}

pub(crate) fn spread(cost: Summary) -> String {
    let digits = digits(cost);
    format!("{} ({:.digits$}..{:.digits$})", median(cost), cost.p25, cost.p75)
}

fn digits(cost: Summary) -> usize {
    if cost.median < 100.0 { 1 } else { 0 }
}

pub(crate) fn ratio(ratio: Summary) -> String {
    format!("{:.2} ({:.2}..{:.2})", ratio.median, ratio.p25, ratio.p75)
}
