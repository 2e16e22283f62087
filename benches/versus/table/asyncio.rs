//! asyncio's `gather` by the number of children, which a Python program measures.
//!
//! It takes no part in the rounds: a single measurement of it takes as long as all rounds of
//! the others. So its ratio is that of medians, without quartiles, and it gets no verdict.

use crate::stats::Summary;
use serde_json::Value;
use std::process::Command;

/// In tables and in the legend.
pub(crate) const NAME: &str = "asyncio.gather";

/// Nanoseconds for each child of a gather of `count`.
pub(crate) struct Point {
    pub(crate) count: u32,
    pub(crate) ns: Summary,
}

/// Measures gathers of up to `most` children.
///
/// # Errors
/// When `python3` cannot be started or fails: it is too old, or has too little memory. What was
/// measured of the others is not lost for that.
///
/// # Panics
/// When its children's sum is not the others'.
pub(crate) fn measure(most: u32) -> Result<Vec<Point>, String> {
    let script = include_str!("asyncio.py");
    let output = Command::new("python3").args(["-c", script, &most.to_string()]).output();
    let output = output.map_err(|error| format!("python3 cannot be started: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("python3 failed: {}\n{}", output.status, said.trim_end()));
    }
    let lines = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    Ok(lines.map(|line| point(&line.expect("it prints JSON"))).collect())
}

fn point(line: &Value) -> Point {
    let count = line["count"].as_u64().expect("a count is a number");
    let sum = line["sum"].as_u64().expect("a sum is a number");
    assert_eq!(sum, count * (count - 1) / 2, "{NAME} did other work than gather_curve asks for");
    let times = line["ns"].as_array().expect("times are a list");
    let times = times.iter().map(|ns| ns.as_f64().expect("a time is a number"));
    Point { count: count as u32, ns: Summary::of(times) }
}
