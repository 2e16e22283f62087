//! DESIGN.md's ledger says what each operation costs; this holds it to that.

use std::collections::BTreeMap;
use std::process::Command;

/// The columns that repeat exactly: shirr's allocations, system calls, polls and wakes. The
/// instructions do not: with another compiler or another version of mio the test would fail
/// although nothing here had changed.
const EXACT: std::ops::Range<usize> = 0..4;

/// For what is paid now and then: a yield after 128 operations, a page of a table.
const SLACK: f64 = 0.03;

/// On a busy machine a thread may find that its sleep is over before it asks, or that another
/// thread has woken it already.
const SLACK_OF_TIME: f64 = 0.5;

/// The operations that have that slack.
const TIMED: [&str; 2] = ["sleep", "remote wake"];

/// The cells behind each operation's name.
fn rows(text: &str) -> BTreeMap<String, Vec<String>> {
    let table = text.lines().skip_while(|line| !line.starts_with("| operation | allocations |")).skip(2);
    let lines = table.map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = lines.map(|line| line.split(" | ").map(str::to_owned));
    cells.filter_map(|mut cells| Some((cells.next()?, cells.collect()))).collect()
}

#[test]
fn each_operation_costs_what_the_design_says() {
    let counted = Command::new(env!("CARGO_BIN_EXE_ledger")).arg("--no-instructions").output().unwrap();
    assert!(counted.status.success(), "{}", String::from_utf8_lossy(&counted.stderr));
    let counted = rows(&String::from_utf8(counted.stdout).unwrap());
    let design = rows(include_str!("../../../DESIGN.md"));
    assert!(counted.len() > 5 && counted.keys().eq(design.keys()), "{counted:?}\n{design:?}");
    let required = std::env::var_os("SHIRR_COUNTERPARTS").is_some_and(|value| value == "required");
    for (operation, promised) in &design {
        let timed = TIMED.iter().any(|name| operation.starts_with(name));
        if cfg!(feature = "precise-timers") && operation.starts_with("sleep") {
            continue; // which then also sets a timer of the kernel's
        }
        for column in EXACT {
            let (is, was) = (&counted[operation][column], &promised[column]);
            if is == "–" {
                assert!(!required, "strace is not installed");
                continue;
            }
            let [is, was] = [is, was].map(|count| count.parse::<f64>().unwrap());
            // Allocations, which come first, do not depend on the time.
            let slack = if timed && column > 0 { SLACK_OF_TIME } else { SLACK };
            assert!(
                (is - was).abs() <= slack,
                "{operation}, column {column}: {is} where DESIGN.md has {was}"
            );
        }
    }
}
