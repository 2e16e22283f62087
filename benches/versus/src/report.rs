//! The table, and the same as JSON.

use crate::rounds::Outcome;
use crate::row::{Row, Target};
use crate::stats::Summary;
use serde_json::{Value, json};
use std::fmt;

/// Within this much of a tie, a row without a target counts as even.
const EVEN: f64 = 0.05;

const HEADINGS: [&str; 8] = [
    "workload (left / right)",
    "unit",
    "left (p25..p75)",
    "right (p25..p75)",
    "ratio",
    "by round",
    "target",
    "verdict",
];

/// The table: its columns are as wide as the widest cell.
#[derive(Default)]
pub(crate) struct Table(Vec<[String; 8]>);

impl Table {
    pub(crate) fn add(&mut self, row: &Row, outcome: &Outcome) {
        self.0.push(cells(row, outcome));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headings = HEADINGS.map(String::from);
        let lines = || std::iter::once(&headings).chain(&self.0);
        let width = |column: usize| lines().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 8] = std::array::from_fn(width);
        for line in lines() {
            let padded = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            writeln!(f, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        writeln!(f, "\n{LEGEND}")
    }
}

const LEGEND: &str = "\
Lower is better. ratio = left / right, of the medians; by round = the median of each round's ratio.
A target is reached when both ratios keep it. Rows without one: ahead, behind, or even within 5 %.";

/// A row as one line of JSON.
pub(crate) fn json(row: &Row, outcome: &Outcome) -> Value {
    let side = |side: Summary| json!({ "median": side.median, "p25": side.p25, "p75": side.p75 });
    json!({
        "workload": row.name,
        "what": row.what,
        "unit": row.unit(),
        "left": side(outcome.left),
        "right": side(outcome.right),
        "ratio": outcome.ratio,
        "ratio_by_round": outcome.ratio_by_round,
        "rounds": outcome.rounds,
        "target": row.target.map(bounds),
        "verdict": verdict(row, outcome),
    })
}

fn cells(row: &Row, outcome: &Outcome) -> [String; 8] {
    [
        row.what.to_owned(),
        row.unit(),
        spread(outcome.left),
        spread(outcome.right),
        format!("{:.3}", outcome.ratio),
        format!("{:.3}", outcome.ratio_by_round),
        row.target.map_or_else(String::new, describe),
        verdict(row, outcome).to_owned(),
    ]
}

fn spread(side: Summary) -> String {
    let digits = if side.median < 100.0 { 1 } else { 0 };
    format!("{:.digits$} ({:.digits$}..{:.digits$})", side.median, side.p25, side.p75)
}

fn describe(target: Target) -> String {
    match target {
        Target::Ratio(most) => format!("≤ {most:.2}"),
        Target::Between(least, most) => format!("{least} to {most} left"),
    }
}

fn bounds(target: Target) -> Value {
    match target {
        Target::Ratio(most) => json!({ "ratio_at_most": most }),
        Target::Between(least, most) => json!({ "left_at_least": least, "left_at_most": most }),
    }
}

fn verdict(row: &Row, outcome: &Outcome) -> &'static str {
    let ratio = outcome.ratio.max(outcome.ratio_by_round);
    let reached = match row.target {
        Some(Target::Ratio(most)) => ratio <= most,
        Some(Target::Between(least, most)) => (least..=most).contains(&outcome.left.median),
        None if outcome.ratio < 1.0 - EVEN => return "ahead",
        None if outcome.ratio > 1.0 + EVEN => return "behind",
        None => return "even",
    };
    if reached { "reached" } else { "MISSED" }
}
