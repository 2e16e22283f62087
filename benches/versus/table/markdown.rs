//! The parts of the section that a run writes into RESULTS.md.

use crate::curve::{self, Line};
use crate::report;
use crate::results::Measured;
use crate::rounds::Outcome;
use crate::standing::{Verdict, written};
use std::fmt::Write;

/// The runtime that a contender's name begins with.
pub(crate) fn runtime(name: &str) -> &str {
    name.split_once(", ").map_or(name, |(runtime, _)| runtime)
}

/// What contenders are sorted under: their runtime, or shirr's other ways to do the work.
pub(crate) fn column(outcome: &Outcome) -> &str {
    match runtime(outcome.name) {
        "shirr" => "shirr, otherwise",
        runtime => runtime,
    }
}

/// Every contender but shirr itself, which the others are compared with.
pub(crate) fn others(measured: &Measured) -> impl Iterator<Item = &Outcome> {
    measured.outcomes.iter().filter(|outcome| outcome.verdict.is_some())
}

/// The columns in the order in which they first come.
pub(crate) fn columns(measured: &[Measured]) -> Vec<&str> {
    let mut columns = Vec::new();
    for column in measured.iter().flat_map(others).map(column) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}

/// Workloads × runtimes.
pub(crate) fn matrix(measured: &[Measured]) -> String {
    let columns = columns(measured);
    let mut table = Table::new(&[&["workload"], &columns[..]].concat());
    for one in measured {
        let cells = columns.iter().map(|wanted| cell(others(one).filter(|other| column(other) == *wanted)));
        table.row([code(one.workload.name)].into_iter().chain(cells));
    }
    table.0
}

/// The least ratio of the ways on one runtime, bold if shirr is behind any of them.
fn cell<'a>(ways: impl Iterator<Item = &'a Outcome>) -> String {
    let (mut least, mut behind) = (None, false);
    for way in ways {
        least = Some(least.map_or(way.ratio.median, |least: f64| least.min(way.ratio.median)));
        behind |= is_behind(way);
    }
    match least {
        None => String::from("–"),
        Some(ratio) if behind => format!("**{ratio:.2}**"),
        Some(ratio) => format!("{ratio:.2}"),
    }
}

fn is_behind(outcome: &Outcome) -> bool {
    outcome.verdict.is_some_and(|verdict| verdict.is == Verdict::Behind)
}

/// What was to be reached, and whether it was.
pub(crate) fn targets(measured: &[Measured]) -> String {
    let mut table = Table::new(&["workload", "beside", "× shirr, at least", "× shirr (quartiles)", ""]);
    for one in measured {
        for outcome in others(one) {
            let Some((target, aim)) = outcome.aim else { continue };
            table.row([
                code(one.workload.name),
                outcome.name.to_owned(),
                written(target.at_least()),
                report::ratio(outcome.ratio),
                aim.to_string().to_lowercase(),
            ]);
        }
    }
    table.0
}

/// What README.md quotes: a row that was won by much, one that was nearly even, and one that was
/// lost. They stay, whatever a run says of them.
const HEADLINES: [(&str, &str); 3] =
    [("gather", "tokio, join_all"), ("echo_64", "tokio"), ("gather_curve_10", "tokio, join_all")];

/// A few rows, as they are in the table of all.
pub(crate) fn headlines(measured: &[Measured]) -> String {
    let mut table = Table::new(&["workload", "unit", "shirr", "beside", "takes", "× shirr", "shirr is"]);
    for (name, beside) in HEADLINES {
        let Some(one) = measured.iter().find(|one| one.workload.name == name) else { continue };
        let Some(other) = others(one).find(|other| other.name == beside) else { continue };
        let medians = [&one.outcomes[0], other].map(|outcome| report::median(outcome.cost));
        let [shirr, takes] = medians;
        let (what, ratio) =
            (format!("`{name}`: {}", one.workload.what), format!("{:.2}", other.ratio.median));
        let standing = other.verdict.map_or_else(String::new, |verdict| verdict.to_string().to_lowercase());
        table.row([what, one.workload.unit(), shirr, beside.to_owned(), takes, ratio, standing]);
    }
    format!(
        "{}\n× shirr: what it takes divided by what shirr takes in the same round; above 1, shirr takes less.\n",
        table.0
    )
}

/// The rows that shirr loses, with nothing left out.
pub(crate) fn behind(measured: &[Measured]) -> String {
    let mut list = String::new();
    for one in measured {
        for outcome in others(one).filter(|outcome| is_behind(outcome)) {
            let (name, ratio) = (code(one.workload.name), report::ratio(outcome.ratio));
            let kept = outcome.verdict.filter(|verdict| verdict.kept).map_or("", |_| ", kept");
            writeln!(list, "- {name}, beside {}: × shirr {ratio}{kept}", outcome.name).unwrap();
        }
    }
    if list.is_empty() {
        list.push_str("In no row of this run.\n");
    }
    list
}

/// Every contender at every workload.
pub(crate) fn rows(measured: &[Measured]) -> String {
    let head = ["workload", "contender", "unit", "median (quartiles)", "× shirr (quartiles)", "shirr is"];
    let mut table = Table::new(&head);
    for one in measured {
        for outcome in &one.outcomes {
            let (ratio, standing) = match outcome.verdict {
                None => (String::from("1"), String::new()),
                Some(verdict) => (report::ratio(outcome.ratio), verdict.to_string().to_lowercase()),
            };
            let (name, cost) = (code(one.workload.name), report::spread(outcome.cost));
            table.row([name, outcome.name.to_owned(), one.workload.unit(), cost, ratio, standing]);
        }
    }
    table.0
}

/// gather by the number of children, or nothing if that was not measured.
pub(crate) fn curve(lines: &[Line]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let head: Vec<_> = std::iter::once("children").chain(lines.iter().map(|line| line.name)).collect();
    let mut table = Table::new(&head);
    for count in curve::counts(lines) {
        let cells = lines.iter().map(|line| line.at(count).map_or(String::from("–"), curve::grouped));
        table.row([curve::grouped(f64::from(count))].into_iter().chain(cells));
    }
    format!(
        "### gather by the number of children\n\nNanoseconds for each child, medians. asyncio's are \
         measured after the rounds, three times, and once for the most children.\n\n{}\n",
        table.0
    )
}

/// What each workload does, and what its figures do not show. Neighbours that differ in
/// number alone share a line.
pub(crate) fn workloads(measured: &[Measured]) -> String {
    let said = |one: &Measured| (one.workload.what, one.workload.limits);
    let mut list = String::new();
    for alike in measured.chunk_by(|a, b| said(a) == said(b)) {
        let names: Vec<_> = alike.iter().map(|one| code(one.workload.name)).collect();
        let (what, limits) = said(&alike[0]);
        writeln!(list, "- {}: {what}. *Limits:* {limits}.", names.join(", ")).unwrap();
    }
    list
}

fn code(name: &str) -> String {
    format!("`{name}`")
}

/// A table in Markdown.
struct Table(String);

impl Table {
    fn new(head: &[&str]) -> Self {
        let mut table = Self(String::new());
        table.row(head.iter().map(|&cell| cell.to_owned()));
        table.row(head.iter().map(|_| String::from("---")));
        table
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<_> = cells.into_iter().collect();
        writeln!(self.0, "| {} |", cells.join(" | ")).unwrap();
    }
}
