//! asyncio's `gather` by the number of children, which a Python program measures.
//!
//! It takes no part in the rounds: a single measurement of it takes as long as all rounds of
//! the others. So its ratio is that of medians, without quartiles, and it gets no verdict.

use crate::stats::Summary;
use serde_json::Value;
use std::io::ErrorKind;
use std::process::Command;

/// In tables and in the legend.
pub(crate) const NAME: &str = "asyncio.gather";

/// Nanoseconds for each child of a gather of `count`.
pub(crate) struct Point {
    pub(crate) count: u32,
    pub(crate) ns: Summary,
}

/// Measures gathers of up to `most` children; `None` when there is no `python3`.
///
/// # Panics
/// When the program fails or its children's sum is not the others'.
pub(crate) fn measure(most: u32) -> Option<Vec<Point>> {
    let script = include_str!("asyncio.py");
    let output = match Command::new("python3").args(["-c", script, &most.to_string()]).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        output => output.expect("python3 can be started"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the Python program failed: {said}");
    let lines = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    Some(lines.map(|line| point(&line.expect("it prints JSON"))).collect())
}

fn point(line: &Value) -> Point {
    let count = line["count"].as_u64().expect("a count is a number");
    let sum = line["sum"].as_u64().expect("a sum is a number");
    assert_eq!(sum, count * (count - 1) / 2, "{NAME} did other work than gather_curve asks for");
    let times = line["ns"].as_array().expect("times are a list");
    let times = times.iter().map(|ns| ns.as_f64().expect("a time is a number"));
    Point { count: count as u32, ns: Summary::of(times) }
}
