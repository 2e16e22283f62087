//! gather by the number of children: what the second plot and a small table show.

use crate::asyncio;
use crate::columns::{Column, Measured};
use crate::stats::Summary;
use crate::workloads::gather::CURVE;
use serde_json::{Value, json};
use std::fmt::Write;

/// The ways to gather, in the order of the table.
const WAYS: [&str; 3] = ["shirr", "tokio, JoinSet", "tokio, join_all"];

/// One way's cost for each number of children.
pub(crate) struct Line {
    pub(crate) name: &'static str,
    /// The number of children, and nanoseconds for each.
    pub(crate) points: Vec<(u32, Summary)>,
}

/// Whether the workload is one of the curve's.
pub(crate) fn has(name: &str) -> bool {
    name.starts_with(CURVE)
}

/// asyncio's points, up to `most` children.
pub(crate) fn of_asyncio(most: u32) -> Vec<(u32, Summary)> {
    match asyncio::measure(most) {
        Ok(points) => points.into_iter().map(|point| (point.count, point.ns)).collect(),
        Err(why) => {
            eprintln!("{} is left out: {why}", asyncio::NAME);
            Vec::new()
        }
    }
}

/// The curve as far as it was measured, asyncio's points with it.
pub(crate) fn lines(measured: &[Measured<'_>], asyncio: &[(u32, Summary)]) -> Vec<Line> {
    let mut lines: Vec<_> = WAYS.map(|name| Line { name, points: points(measured, name) }).into();
    lines.push(Line { name: asyncio::NAME, points: asyncio.to_vec() });
    lines.retain(|line| !line.points.is_empty());
    lines
}

fn points(measured: &[Measured<'_>], name: &str) -> Vec<(u32, Summary)> {
    let rows = measured.iter().filter(|one| has(one.workload.name));
    let costs = rows.filter_map(|one| {
        let outcome = one.outcomes.iter().find(|outcome| outcome.name == name)?;
        Some((one.workload.count, outcome.cost))
    });
    costs.collect()
}

/// Every number of children that some line has, from few to many.
pub(crate) fn counts(lines: &[Line]) -> Vec<u32> {
    let mut counts: Vec<_> = lines.iter().flat_map(|line| &line.points).map(|point| point.0).collect();
    counts.sort_unstable();
    counts.dedup();
    counts
}

impl Line {
    /// The median in nanoseconds for each child, by this number of children.
    pub(crate) fn at(&self, count: u32) -> Option<f64> {
        self.points.iter().find(|point| point.0 == count).map(|point| point.1.median)
    }
}

/// Thousands apart, so that zeros need not be counted.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

/// The medians as text, a line for each number of children.
pub(crate) fn text(lines: &[Line]) -> String {
    let mut text = String::from("\nns/child by the number of children\n");
    for count in counts(lines) {
        write!(text, "{:>9}", grouped(f64::from(count))).unwrap();
        for line in lines {
            let ns = line.at(count).map_or(String::from("–"), |ns| format!("{ns:.1}"));
            write!(text, "  {} {ns}", line.name).unwrap();
        }
        text.push('\n');
    }
    text
}

/// asyncio's points as lines of JSON; those of the others are among their workloads'.
pub(crate) fn json(column: &Column<'_>, lines: &[Line]) -> Vec<Value> {
    let asyncio = lines.iter().filter(|line| line.name == asyncio::NAME);
    let points = asyncio.flat_map(|line| &line.points);
    let rows = || column.measured.iter().filter(|one| has(one.workload.name));
    let lines = points.filter_map(|&(count, ns)| {
        let one = rows().find(|one| one.workload.count == count)?;
        let shirr = one.outcomes.first()?.cost.median;
        Some(json!({
            "workload": one.workload.name,
            "runtime": asyncio::NAME,
            "profile": column.profile,
            "unit": one.workload.unit(),
            "median_ns": ns.median,
            "spread": [ns.p25, ns.p75],
            "ratio_to_shirr": ns.median / shirr,
        }))
    });
    lines.collect()
}
