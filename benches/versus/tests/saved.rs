//! A run is kept as it was measured, and judges only runs that can be compared with it.

#[path = "../src/saved.rs"]
mod saved;
#[expect(dead_code, reason = "a run is a file, and no section of a document")]
#[path = "../src/sections.rs"]
mod sections;
#[path = "../src/standing.rs"]
mod standing;
#[path = "../src/stats.rs"]
mod stats;

use saved::{Profile, Row, Saved};
use standing::{Aim, Standing, Verdict};
use stats::Summary;
use std::fs;

fn row(profile: Profile, is: Verdict) -> Row {
    Row {
        workload: String::from("yields"),
        contender: String::from("tokio"),
        profile,
        cost: Summary::of([40.0]),
        ratio: Summary::of([2.0]),
        verdict: Some(Standing { is, kept: false }),
        aim: Some((3.0, Standing { is: Aim::Missed, kept: true })),
    }
}

fn run(processor: &str, versions: &str) -> Saved {
    Saved {
        processor: processor.to_owned(),
        machine: format!("Linux; {processor}"),
        versions: versions.to_owned(),
        day: String::from("2026-01-31"),
        load: 0.5,
        rounds: 40,
        asyncio: vec![(10, 4870.0)],
        rows: vec![row(Profile::Release, Verdict::Behind), row(Profile::Shipped, Verdict::Ahead)],
    }
}

#[test]
fn a_run_is_read_as_it_was_written_a_row_a_line() {
    let folder = tempfile::tempdir().unwrap();
    for processor in ["Intel Xeon", "AMD EPYC"] {
        let run = run(processor, "1");
        run.write(&folder.path().join(run.file_name())).unwrap();
    }
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.contains(&"amd-epyc.json".into()), "{names:?}");
    let all = Saved::all_in(folder.path()).unwrap();
    assert_eq!(all, [run("AMD EPYC", "1"), run("Intel Xeon", "1")]);
    let text = fs::read_to_string(folder.path().join("intel-xeon.json")).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("{\"workload\":\"yields\"")).count(), 2, "{text}");
}

#[test]
fn a_folder_that_is_not_there_has_no_runs_and_a_file_of_another_kind_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Saved::all_in(&folder.path().join("none")).unwrap(), []);
    fs::write(folder.path().join("other.json"), "{}").unwrap();
    let why = Saved::all_in(folder.path()).unwrap_err();
    assert!(why.contains("other.json"), "{why}");
}

#[test]
fn only_the_same_machine_with_the_same_versions_compares() {
    let here = run("Intel Xeon", "1");
    assert!(here.compares_with(&run("Intel Xeon", "1")));
    assert!(!here.compares_with(&run("Intel Xeon", "2")));
    assert!(!here.compares_with(&run("AMD EPYC", "1")));
}

#[test]
fn each_build_has_a_record_of_its_own() {
    let run = run("Intel Xeon", "1");
    let at_the_border = Summary { p25: 0.99, median: 0.995, p75: 1.0 };
    let verdict = |profile| run.record(profile).verdict("yields", "tokio", at_the_border).is;
    assert_eq!([Profile::Release, Profile::Shipped].map(verdict), [Verdict::Behind, Verdict::Even]);
    let aim = run.record(Profile::Release).aim("yields", "tokio", Summary::of([2.8]), 3.0);
    assert_eq!(aim.is, Aim::Missed, "an aim at its border is kept, too");
}
