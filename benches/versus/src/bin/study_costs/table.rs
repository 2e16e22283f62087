//! The table of the README: sizes, then what each operation costs.

use crate::{Costs, Row};

const HEAD: &str = "\
| | lines of code | new | a sleep: polls | threads | allocations | system calls | instructions \
| a yield: polls | allocations | system calls | instructions \
| a child: polls | allocations | system calls | instructions |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
";

/// A line for each step, then for each runtime.
pub(crate) fn of(rows: &[Row]) -> String {
    HEAD.to_owned() + &rows.iter().map(line).collect::<String>()
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
