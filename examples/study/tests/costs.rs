//! The table of costs in the README, as far as it can be compared without counting anew.

mod common;

use common::{STEPS, root, source};
use std::fs;
use study::reading::reading;
use study::settled::whole;

/// After the steps.
const RUNTIMES: [&str; 3] = ["shirr", "tokio", "asyncio"];

const ASK: &str = "write it anew: cargo run --release -p versus --bin study_costs";

/// The cells of each line of the table.
fn table() -> Vec<Vec<String>> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("<!-- costs: generated, do not edit -->").unwrap();
    let (table, _) = rest.split_once("<!-- /costs -->").unwrap();
    let lines = table.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect();
    lines.map(cells).collect()
}

/// The rows without the head, and where this column is in them: `group` is what is done, and
/// `column` the name of the figure.
fn column(rows: &[Vec<String>], group: &str, column: &str) -> Vec<Option<f64>> {
    let first = rows[0].iter().position(|name| name.starts_with(group)).unwrap();
    let more = rows[0][first..].iter().position(|name| name.ends_with(column)).unwrap();
    rows[2..].iter().map(|row| row[first + more].parse().ok()).collect()
}

fn lines_of_code(step: &str) -> usize {
    let source = source(step);
    let lines = source.lines().map(|line| line.split("//").next().unwrap().trim());
    lines.filter(|line| !line.is_empty()).count()
}

/// Breaks if a step is added, or its size changes, and the table is not written anew.
#[test]
fn the_table_has_every_step_in_order_with_its_size_then_the_runtimes() {
    let table = table();
    let names: Vec<_> = table[2..].iter().map(|row| row[0].as_str()).collect();
    let steps = STEPS.map(|(step, _)| step);
    assert_eq!(names, [&steps[..], &RUNTIMES].concat(), "{ASK}");
    for row in &table[2..] {
        assert_eq!(row.len(), table[0].len(), "{row:?}");
        let figures = row[1..].iter().filter(|cell| *cell != "–");
        assert!(figures.clone().all(|cell| cell.parse::<f64>().is_ok()), "{row:?}");
    }
    let (sizes, mut before) = (column(&table, "lines of code", ""), String::new());
    for (step, sizes) in steps.iter().zip(sizes.into_iter().zip(column(&table, "new", ""))) {
        let text = whole(step);
        let new = reading(&text, &before).walk.lines;
        assert_eq!(sizes, (Some(lines_of_code(step) as f64), Some(new as f64)), "{step}; {ASK}");
        before = text;
    }
}

/// Breaks if the figures no longer say what the README says of them.
#[test]
fn a_sleep_loses_its_polls_then_its_thread_and_a_turn_its_allocations() {
    let table = table();
    let polls = column(&table, "a sleep", "polls");
    assert!(polls[0].unwrap() > 100.0 && polls[1..].iter().all(|polls| *polls == Some(1.0)), "{polls:?}");
    let threads = column(&table, "a sleep", "threads");
    assert_eq!(threads[..5], [0.0, 1.0, 1.0, 1.0, 0.0].map(Some));
    let allocations = column(&table, "a yield", "allocations");
    assert_eq!(
        allocations[..10],
        [None, None, Some(1.0), Some(1.0), Some(1.0), Some(1.0), Some(1.0), Some(1.0), Some(0.0), Some(0.0)]
    );
    let gathers = column(&table, "a child", "instructions");
    assert!(gathers.iter().position(Option::is_some) == Some(7), "{gathers:?}");
}

/// Breaks if the plot is of other rows than the table.
#[test]
fn the_plot_has_a_line_for_each_row_that_has_instructions() {
    let (table, plot) = (table(), fs::read_to_string(root().join("costs.svg")).unwrap());
    let of = |group| column(&table, group, "instructions").into_iter();
    let figures = of("a sleep").zip(of("a yield")).map(|(sleep, other)| sleep.or(other));
    for (row, figure) in table[2..].iter().zip(figures) {
        assert_eq!(plot.contains(&format!("\n{}\n", row[0])), figure.is_some(), "{}; {ASK}", row[0]);
    }
}
