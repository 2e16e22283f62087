//! DESIGN.md's ledger says what each operation costs; this holds it to that.

use std::collections::BTreeMap;
use std::process::Command;

/// The columns that repeat exactly: shirr's allocations, system calls, polls and wakes. Why
/// the instructions do not, the ledger says.
const EXACT: std::ops::Range<usize> = 0..4;

/// For what is paid now and then: a yield after 128 operations, a page of a table.
const SLACK: f64 = 0.03;

/// A thread that is kept from running may find that its sleep is over before it asks, or be
/// woken before it sleeps.
const SLACK_OF_SLEEP: f64 = 0.5;

/// The operations that wait for the clock or for another thread.
const SLEEPS: [&str; 2] = ["sleep", "wake by another thread"];

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
    for (operation, promised) in &design {
        if cfg!(feature = "precise-timers") && operation.starts_with("sleep") {
            continue; // which then also sets a timer of the kernel's
        }
        for column in EXACT {
            let (is, was) = (&counted[operation][column], &promised[column]);
            // A dash: strace is not installed here.
            let (Ok(is), Ok(was)) = (is.parse::<f64>(), was.parse::<f64>()) else { continue };
            let sleeps = SLEEPS.iter().any(|sleep| operation.starts_with(sleep));
            let slack = if sleeps { SLACK_OF_SLEEP } else { SLACK };
            assert!(
                (is - was).abs() <= slack,
                "{operation}, column {column}: {is} where DESIGN.md has {was}"
            );
        }
    }
}
