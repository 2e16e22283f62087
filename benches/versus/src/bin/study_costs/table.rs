//! The table of the README: sizes, then what each operation costs; and what is around it.

use crate::{Costs, Row};

const HEAD: &str = "\
| | lines of code | new | a sleep: polls | threads | allocations | system calls | instructions \
| a yield: polls | allocations | system calls | instructions \
| a child: polls | allocations | system calls | instructions |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
";

const PLOT: &str = "\
![Instructions of a sleep, a yield and a child of a gather, by step, and then of shirr, \
tokio and asyncio, on a logarithmic scale](costs.svg)
";

/// What the table shows, and what its dashes mean. A test of the study compares.
const NOTES: &str = "\
New are the lines of the walk, and all of s0. A sleep costs polls without end in s0, a thread up to s3, and from s4 on an entry among the timers. \
From s8 on no turn makes an allocation.
The steps are counted without their story; threads that meet, as in s1 to s3, \
make more system calls or fewer each time.
A dash: s0 and s1 have nothing to give way to, and no step before s7 has a gather; \
s0 takes as many instructions as fit into its time; asyncio's allocations are Python's own.
";

/// The plot, the table with a line for each step and then for each runtime, and the notes.
pub(crate) fn of(rows: &[Row]) -> String {
    let lines: String = rows.iter().map(line).collect();
    format!("{PLOT}\n{HEAD}{lines}\n{NOTES}")
}

fn line(row: &Row) -> String {
    let size = |lines: Option<usize>| lines.map_or_else(dash, |lines| lines.to_string());
    let mut cells =
        vec![row.name.clone(), size(row.lines.map(|(all, _)| all)), size(row.lines.map(|(_, new)| new))];
    for (number, costs) in row.costs.iter().enumerate() {
        let nothing = Costs::default();
        let costs = costs.as_ref().unwrap_or(&nothing);
        cells.push(cell(costs.polls));
        // Only a sleep makes any.
        cells.extend((number == 0).then(|| cell(costs.threads)));
        cells.extend([costs.allocations, costs.calls].map(cell));
        cells.push(costs.instructions.map_or_else(dash, |count| format!("{count:.0}")));
    }
    format!("| {} |\n", cells.join(" | "))
}

/// A whole number, as nearly all are, or two digits more.
fn cell(count: Option<f64>) -> String {
    let Some(count) = count else { return dash() };
    let is_whole = (count - count.round()).abs() < 0.005 || count >= 100.0;
    if is_whole { format!("{:.0}", count.abs()) } else { format!("{count:.2}") }
}

fn dash() -> String {
    "–".to_owned()
}
