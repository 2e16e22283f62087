//! The plot beside the study's README: instructions, on a logarithmic scale.

#[path = "../../../table/plots/marks.rs"]
mod marks;
#[path = "../../../table/plots/picture.rs"]
#[allow(dead_code, reason = "the plots of the table need more")]
mod picture;

use crate::Row;
use picture::{Rows, picture};

/// As [`OPERATIONS`](crate::OPERATIONS) has them.
const NAMES: [&str; 3] = ["a sleep", "a yield", "a child of a gather"];

/// A line for each step and each runtime that has instructions.
pub(crate) fn of(rows: &[Row]) -> Result<String, String> {
    let marks = |row: &Row| -> Vec<_> {
        let costs = NAMES.into_iter().zip(&row.costs);
        costs.filter_map(|(name, costs)| Some((name, costs.as_ref()?.instructions?))).collect()
    };
    let plot = Rows {
        names: &NAMES,
        rows: rows
            .iter()
            .map(|row| (row.name.as_str(), marks(row)))
            .filter(|row| !row.1.is_empty())
            .collect(),
        axis: "instructions (logarithmic)",
        line_at: None,
    };
    picture(plot.height(), |area| plot.draw(area))
}
