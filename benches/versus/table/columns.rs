//! A run as columns of the table, one for each build, and as it is saved.

use crate::machine;
use crate::rounds::Outcome;
use crate::saved::{Profile, Row, Saved};
use crate::stats::Summary;
use crate::workload::Workload;
use std::fmt;

/// A workload and what came of it.
pub(crate) struct Measured<'a> {
    pub(crate) workload: &'a Workload,
    pub(crate) outcomes: Vec<Outcome>,
}

/// All that was measured of one build on one processor.
pub(crate) struct Column<'a> {
    pub(crate) processor: String,
    pub(crate) profile: Profile,
    pub(crate) measured: Vec<Measured<'a>>,
}

impl fmt::Display for Column<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.processor, self.profile)
    }
}

/// The columns of one run, the plain build's first, as far as there are still such workloads and
/// contenders.
pub(crate) fn columns_of<'a>(run: &Saved, workloads: &'a [Workload]) -> Vec<Column<'a>> {
    let column = |profile| Column {
        processor: run.processor.clone(),
        profile,
        measured: measured(run, workloads, profile),
    };
    let columns = [Profile::Release, Profile::Shipped].map(column);
    columns.into_iter().filter(|column| !column.measured.is_empty()).collect()
}

fn measured<'a>(run: &Saved, workloads: &'a [Workload], profile: Profile) -> Vec<Measured<'a>> {
    let of = |workload: &'a Workload| {
        let rows = run.rows.iter().filter(|row| row.workload == workload.name && row.profile == profile);
        let outcomes: Vec<_> = rows.filter_map(|row| outcome_of(row, workload)).collect();
        (outcomes.len() > 1).then_some(Measured { workload, outcomes })
    };
    workloads.iter().filter_map(of).collect()
}

fn outcome_of(row: &Row, workload: &Workload) -> Option<Outcome> {
    let name = workload.contenders.iter().find(|one| one.name == row.contender)?.name;
    let &Row { cost, ratio, verdict, aim, .. } = row;
    Some(Outcome { name, cost, ratio, verdict, aim })
}

/// What was measured just now, here.
pub(crate) fn saved(columns: &[Column<'_>], asyncio: &[(u32, Summary)], rounds: usize, load: f64) -> Saved {
    let asyncio = asyncio.iter().map(|&(count, ns)| (count, ns.median)).collect();
    Saved { load, rounds, asyncio, rows: columns.iter().flat_map(rows_of).collect(), ..nothing_yet() }
}

/// This machine, these versions, this day.
pub(crate) fn nothing_yet() -> Saved {
    Saved {
        processor: machine::processor(),
        machine: machine::machine(),
        versions: machine::versions(),
        day: machine::day(),
        load: 0.0,
        rounds: 0,
        asyncio: Vec::new(),
        rows: Vec::new(),
    }
}

fn rows_of(column: &Column<'_>) -> Vec<Row> {
    let row = |workload: &Workload, outcome: &Outcome| Row {
        workload: workload.name.to_owned(),
        contender: outcome.name.to_owned(),
        profile: column.profile,
        cost: outcome.cost,
        ratio: outcome.ratio,
        verdict: outcome.verdict,
        aim: outcome.aim,
    };
    let rows =
        column.measured.iter().map(|one| one.outcomes.iter().map(|outcome| row(one.workload, outcome)));
    rows.flatten().collect()
}
