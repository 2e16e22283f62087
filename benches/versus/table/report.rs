//! The table, and the same as lines of JSON.

use crate::rounds::Outcome;
use crate::saved::Profile;
use crate::stats::Summary;
use crate::workload::Workload;
use serde_json::{Value, json};
use std::fmt;

const HEADINGS: [&str; 7] =
    ["workload", "runtime", "median (p25..p75)", "unit", "× shirr", "verdict", "target"];

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
target: the least that × shirr should be; at the limit: within a tenth of it, or not by three quarters.
kept: what the last run of everything said, or benches/results/, since this one does not contradict it.";

/// One contender at one workload as a line of JSON.
pub(crate) fn json(workload: &Workload, profile: Profile, outcome: &Outcome) -> Value {
    let aim = outcome.aim;
    let unit = if workload.unit().starts_with("bytes") { "median_bytes" } else { "median_ns" };
    json!({
        "workload": workload.name,
        "runtime": outcome.name,
        "profile": profile,
        "unit": workload.unit(),
        unit: outcome.cost.median,
        "spread": [outcome.cost.p25, outcome.cost.p75],
        "ratio_to_shirr": outcome.ratio.median,
        "ratio_spread": [outcome.ratio.p25, outcome.ratio.p75],
        "verdict": outcome.verdict.map(|verdict| verdict.is.to_string()),
        "verdict_kept": outcome.verdict.map(|verdict| verdict.kept),
        "target_at_least": aim.map(|(at_least, _)| at_least),
        "target": aim.map(|(_, aim)| aim.is.to_string()),
        "target_kept": aim.map(|(_, aim)| aim.kept),
    })
}

fn cells(workload: &Workload, outcome: &Outcome) -> [String; 7] {
    let shirr = outcome.verdict.is_none();
    let aim = outcome.aim.map(|(at_least, aim)| format!("≥ {at_least:.2}: {aim}"));
    [
        if shirr { workload.name.to_owned() } else { String::new() },
        outcome.name.to_owned(),
        spread(outcome.cost),
        workload.unit(),
        if shirr { String::new() } else { ratio(outcome.ratio) },
        outcome.verdict.map_or_else(String::new, |verdict| verdict.to_string()),
        aim.unwrap_or_default(),
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

/// × shirr and the standing, bold where shirr is behind.
pub(crate) fn standing(outcome: &Outcome) -> String {
    let (ratio, standing) = (ratio(outcome.ratio), outcome.verdict.map(|verdict| verdict.to_string()));
    match standing.map(|standing| standing.to_lowercase()) {
        Some(standing) if standing.starts_with("behind") => format!("{ratio} **{standing}**"),
        Some(standing) => format!("{ratio} {standing}"),
        None => ratio,
    }
}

pub(crate) fn ratio(ratio: Summary) -> String {
    format!("{:.2} ({:.2}..{:.2})", ratio.median, ratio.p25, ratio.p75)
}
