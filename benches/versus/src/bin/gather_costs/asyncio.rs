//! The row of asyncio's `gather`, which a Python program measures, where there is Python.

use super::{CHILDREN, Row};
use std::io::ErrorKind;
use std::process::Command;

/// `None` when there is no `python3`.
///
/// # Panics
/// When the program fails or its children's sum is not the others'.
pub(crate) fn measure() -> Option<Row> {
    let script = include_str!("asyncio.py");
    let output = match Command::new("python3").args(["-c", script, &CHILDREN.to_string()]).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        output => output.expect("python3 can be started"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the Python program failed: {said}");
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let number = |name: &str| figures[name].as_u64().expect("each figure is a number");
    assert_eq!(number("sum"), super::expected_sum());
    let bytes = number("bytes").div_ceil(CHILDREN as u64);
    Some(Row {
        name: "`asyncio.gather`",
        on: format!("Python {}", figures["python"].as_str().expect("a version is a text")),
        child_polls: number("child_polls"),
        awaiting_polls: number("awaiting_polls"),
        turns: Some(number("callbacks")),
        allocations: String::from("–"),
        bytes_per_child: format!("{bytes} / –"),
    })
}
