//! The parts of the section that a run writes into RESULTS.md.

use crate::columns::{Column, Measured};
use crate::curve::{self, Line};
use crate::report;
use crate::rounds::Outcome;
use crate::saved::Saved;
use crate::standing::{Verdict, written};
use crate::workload::Workload;
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
pub(crate) fn others<'a>(measured: &'a Measured<'_>) -> impl Iterator<Item = &'a Outcome> {
    measured.outcomes.iter().filter(|outcome| outcome.verdict.is_some())
}

/// The columns in the order in which they first come.
pub(crate) fn columns<'a>(measured: &'a [Measured<'_>]) -> Vec<&'a str> {
    let mut columns = Vec::new();
    for column in measured.iter().flat_map(others).map(column) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}

/// Where each run was made, when, and with what.
pub(crate) fn settings(runs: &[Saved]) -> String {
    let setting = |run: &Saved| {
        let Saved { processor, machine, versions, day, load, rounds, .. } = run;
        format!(
            "- **{processor}**: {machine}. {day}, in UTC; {rounds} rounds of each workload; load {load:.2} before the \
             run, counted in programs that want a core. {versions}."
        )
    };
    runs.iter().map(setting).collect::<Vec<_>>().join("\n")
}

/// Workloads × runtimes, in each of the builds.
pub(crate) fn matrix(builds: &[Column<'_>]) -> String {
    let runtimes = columns(&builds[0].measured);
    let mut table = Table::new(&[&["workload"], &runtimes[..]].concat());
    for one in &builds[0].measured {
        let name = one.workload.name;
        let cells = runtimes.iter().map(|runtime| builds.iter().map(|build| least(build, name, runtime)));
        let cells = cells.map(|cells| cells.collect::<Option<Vec<_>>>());
        let cells = cells.map(|cells| cells.map_or(String::from("–"), |cells| cells.join(" · ")));
        table.row([code(name)].into_iter().chain(cells));
    }
    table.0
}

/// The least ratio of the ways on one runtime, bold if shirr is behind any of them.
fn least(build: &Column<'_>, workload: &str, runtime: &str) -> Option<String> {
    let one = build.measured.iter().find(|one| one.workload.name == workload)?;
    let ways: Vec<_> = others(one).filter(|other| column(other) == runtime).collect();
    let least = ways.iter().map(|way| way.ratio.median).min_by(f64::total_cmp)?;
    let behind = ways.into_iter().any(is_behind);
    Some(if behind { format!("**{least:.2}**") } else { format!("{least:.2}") })
}

fn is_behind(outcome: &Outcome) -> bool {
    outcome.verdict.is_some_and(|verdict| verdict.is == Verdict::Behind)
}

/// A contender of a workload, with what came of it in each column.
type Row<'a> = (&'a Workload, &'static str, Vec<Option<&'a Outcome>>);

/// Those of which something came in a column.
fn each<'a>(columns: &'a [Column<'_>], workloads: &'a [Workload]) -> impl Iterator<Item = Row<'a>> {
    let contenders = |workload: &'a Workload| workload.contenders.iter().map(move |one| (workload, one.name));
    let outcomes = |(workload, name): (&'a Workload, &'static str)| {
        let outcomes: Vec<_> = columns.iter().map(|column| outcome_in(column, workload.name, name)).collect();
        outcomes.iter().any(Option::is_some).then_some((workload, name, outcomes))
    };
    workloads.iter().flat_map(contenders).filter_map(outcomes)
}

fn outcome_in<'a>(column: &'a Column<'_>, workload: &str, contender: &str) -> Option<&'a Outcome> {
    let one = column.measured.iter().find(|one| one.workload.name == workload)?;
    one.outcomes.iter().find(|outcome| outcome.name == contender)
}

/// A table whose last columns are the measured ones.
fn table_of(head: &[&str], columns: &[Column<'_>]) -> Table {
    let titles: Vec<_> = columns.iter().map(ToString::to_string).collect();
    Table::new(&head.iter().copied().chain(titles.iter().map(String::as_str)).collect::<Vec<_>>())
}

/// What `say` says of each outcome; a dash where nothing was measured or said.
fn cells(outcomes: &[Option<&Outcome>], say: impl Fn(&Outcome) -> Option<String>) -> Vec<String> {
    let cell = |outcome: &Option<&Outcome>| outcome.and_then(&say).unwrap_or_else(|| String::from("–"));
    outcomes.iter().map(cell).collect()
}

/// What was to be reached, and whether it was.
pub(crate) fn targets(columns: &[Column<'_>], workloads: &[Workload]) -> String {
    let mut table = table_of(&["workload", "beside", "× shirr, at least"], columns);
    for (workload, name, outcomes) in each(columns, workloads) {
        let Some(target) = workload.targets.iter().find(|target| target.of == name) else { continue };
        // A run that was judged by another aim says nothing about this one.
        let wanted = written(target.at_least());
        let said = cells(&outcomes, |outcome| {
            let (_, aim) = outcome.aim.filter(|(at_least, _)| written(*at_least) == wanted)?;
            Some(format!("{} {}", report::ratio(outcome.ratio), aim.to_string().to_lowercase()))
        });
        table.row([code(workload.name), name.to_owned(), wanted.clone()].into_iter().chain(said));
    }
    table.0
}

/// What README.md quotes: a row that was won by much, one that was nearly even, and one that was
/// lost. They stay, whatever a run says of them.
const HEADLINES: [(&str, &str); 3] =
    [("gather", "tokio, join_all"), ("echo_64", "tokio"), ("gather_curve_10", "tokio, join_all")];

/// A few rows, as they are in the table of all, of each of the builds.
pub(crate) fn headlines(builds: &[Column<'_>]) -> String {
    let mut table =
        Table::new(&["workload", "unit", "build", "shirr", "beside", "takes", "× shirr", "shirr is"]);
    for (name, beside) in HEADLINES {
        for build in builds {
            let Some(one) = build.measured.iter().find(|one| one.workload.name == name) else { continue };
            let Some(other) = others(one).find(|other| other.name == beside) else { continue };
            let [shirr, takes] = [&one.outcomes[0], other].map(|outcome| report::median(outcome.cost));
            let (what, ratio) =
                (format!("`{name}`: {}", one.workload.what), format!("{:.2}", other.ratio.median));
            let standing =
                other.verdict.map_or_else(String::new, |verdict| verdict.to_string().to_lowercase());
            let (unit, build) = (one.workload.unit(), build.profile.to_string());
            table.row([what, unit, build, shirr, beside.to_owned(), takes, ratio, standing]);
        }
    }
    format!(
        "{}\nOn {}. × shirr: what it takes divided by what shirr takes in the same round; above 1, shirr takes less.\n",
        table.0, builds[0].processor
    )
}

/// The rows that shirr loses in a column, with nothing left out.
pub(crate) fn behind(columns: &[Column<'_>], workloads: &[Workload]) -> String {
    let lost = |(_, _, outcomes): &Row<'_>| outcomes.iter().flatten().any(|outcome| is_behind(outcome));
    let mut table = table_of(&["workload", "beside"], columns);
    for (workload, name, outcomes) in each(columns, workloads).filter(lost) {
        let said = cells(&outcomes, |outcome| Some(report::standing(outcome)));
        table.row([code(workload.name), name.to_owned()].into_iter().chain(said));
    }
    table.0
}

/// Every contender at every workload.
pub(crate) fn rows(columns: &[Column<'_>], workloads: &[Workload]) -> String {
    let mut table = table_of(&["workload", "contender", "unit"], columns);
    for (workload, name, outcomes) in each(columns, workloads) {
        let said = cells(&outcomes, |outcome| {
            let beside = || format!("{}; {}", report::median(outcome.cost), report::standing(outcome));
            Some(outcome.verdict.map_or_else(|| report::spread(outcome.cost), |_| beside()))
        });
        table.row([code(workload.name), name.to_owned(), workload.unit()].into_iter().chain(said));
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
pub(crate) fn workloads(measured: &[Measured<'_>]) -> String {
    let said = |one: &Measured<'_>| (one.workload.what, one.workload.limits);
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
