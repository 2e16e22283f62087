//! What is told of a failure, and that it is seen again.

use crate::bugs::{BUGS, Bug};
use crate::cache;
use shirr::explore::{Explorer, Failure, Fault, Schedule, Search, explore, latency};
use shirr::time::now;
use shirr::{gather, spawn};
use std::cell::Cell;
use std::process::Command;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

fn bug(name: &str) -> &'static Bug {
    BUGS.iter().find(|bug| bug.name == name).unwrap()
}

fn failure(name: &str) -> Box<Failure> {
    Explorer::new().freedoms(bug(name).freedoms).check(|| (bug(name).program)(true)).unwrap_err()
}

/// Without the lines' numbers, which change.
fn report(failure: &Failure) -> String {
    let text = failure.to_string();
    let (text, _story) = text.split_once("\n\n").unwrap_or((&text, ""));
    let at = text.find("bugs.rs:").unwrap() + "bugs.rs:".len();
    let end = at + text[at..].find(|c: char| !c.is_ascii_digit()).unwrap();
    format!("{}N{}", &text[..at], &text[end..]).replace('\\', "/")
}

/// Breaks if a part of the report is missing, or says something else than happened.
#[test]
fn a_report_says_what_failed_what_it_takes_and_how_to_see_it_again() {
    let expected = "\
the program fails under schedule 3 of those tried, which is legal:
  panicked at tests/explore/bugs.rs:N: assertion `left == right` failed: the cache was filled twice
  left: 2
 right: 1
It takes 1 deviation from what the runtime does by itself (2 when found):
  choice 0: latency() of task 2 takes 10s
To see it again: SHIRR_SCHEDULE=list:0=4";
    assert_eq!(report(&failure("check, then act")), expected);
}

/// Breaks if a report has a line for each of thousands of deviations, or no line that replays it.
#[test]
fn a_report_of_many_deviations_shows_the_first_and_the_schedule_that_was_found() {
    let failure = Explorer::new().check(async || {
        let mut late = 0;
        for _ in 0..100 {
            let start = now();
            latency().await;
            late += u32::from(now() > start);
        }
        assert!(late < 40);
    });
    let failure = failure.unwrap_err();
    let text = failure.to_string();
    assert_eq!((failure.deviations().len(), text.matches("  choice ").count()), (40, 30), "{text}");
    let end = format!("  and 10 more\nTo see it again as it was found: SHIRR_SCHEDULE={}", failure.found);
    assert!(text.ends_with(&end), "{text}");
}

/// Breaks if the line of a report runs another schedule.
#[test]
fn the_schedule_of_a_report_fails_again_and_in_the_same_way() {
    for bug in &BUGS {
        let failure = failure(bug.name);
        let schedule: Schedule = failure.schedule().to_string().parse().unwrap();
        let explorer = Explorer::new().freedoms(bug.freedoms);
        let again = explorer.replay(&schedule, || (bug.program)(true)).unwrap_err();
        assert_eq!((again.fault, again.choices), (failure.fault, failure.choices), "{}", bug.name);
    }
}

/// Breaks if a failure that depends on more than the schedule is shortened as if it did not.
#[test]
fn a_failure_that_does_not_come_again_is_called_not_deterministic() {
    let runs = Cell::new(0);
    let failure = Explorer::new().check(async || {
        runs.set(runs.get() + 1);
        latency().await;
        assert!(runs.get() != 5, "the fifth run");
    });
    let failure = failure.unwrap_err();
    assert_eq!(failure.not_deterministic.as_deref(), Some("the second run passed"));
    assert!(failure.to_string().contains("It is not deterministic"), "{failure}");
    let runs = Cell::new(0);
    let failure = Explorer::new().check(async || {
        runs.set(runs.get() + 1);
        gather((0..runs.get()).map(|_| latency())).await;
        assert!(runs.get() < 5);
    });
    let difference = failure.unwrap_err().not_deterministic.unwrap();
    assert!(difference.starts_with("choice ") || difference.starts_with("the run had "), "{difference}");
    let runs = Cell::new(0);
    let failure = Explorer::new().check(async || {
        runs.set(runs.get() + 1);
        panic!("in run {}", runs.get());
    });
    let difference = failure.unwrap_err().not_deterministic.unwrap();
    assert!(difference.starts_with("the second run failed otherwise: "), "{difference}");
}

/// Breaks if a panic that only a handle receives is overlooked, or one that is meant counts.
#[test]
fn a_panic_of_any_task_fails_unless_the_program_means_it() {
    let program = async || {
        let task = spawn(async { panic!("meant") });
        assert!(task.await.is_err());
    };
    let failure = Explorer::new().check(program).unwrap_err();
    assert!(matches!(&failure.fault, Fault::Panic(text, _) if text == "meant"), "{failure}");
    assert_eq!(failure.schedules, 1);
    assert!(failure.to_string().contains("fails by itself"), "{failure}");
    Explorer::new().schedules(10).panics_are_caught().run(program);
}

/// Breaks if the fault that is told is a panic that was meant.
#[test]
fn where_tasks_may_panic_the_fault_is_the_one_of_the_program_itself() {
    let failure = Explorer::new().panics_are_caught().check(async || {
        assert!(spawn(async { panic!("meant") }).await.is_err());
        panic!("not meant");
    });
    let failure = failure.unwrap_err();
    assert!(matches!(&failure.fault, Fault::Panic(text, _) if text == "not meant"), "{failure}");
}

/// Breaks if a run passes whose panic no hook is told of.
#[test]
fn a_panic_that_is_resumed_fails_too() {
    let failure = Explorer::new().check(async || std::panic::resume_unwind(Box::new("resumed")));
    let failure = failure.unwrap_err();
    assert!(matches!(&failure.fault, Fault::Panic(text, _) if text == "resumed"), "{failure}");
}

/// Breaks if a search for all does not run its failure again.
#[test]
fn a_search_for_all_says_that_a_failure_does_not_come_again() {
    let runs = Cell::new(0);
    let failure = Explorer::new().search(Search::All(2)).check(async || {
        runs.set(runs.get() + 1);
        latency().await;
        assert!(runs.get() != 3, "the third run");
    });
    assert_eq!(failure.unwrap_err().not_deterministic.as_deref(), Some("the second run passed"));
}

/// Breaks if shortening stops at a failure of another kind, or counts only a part of its runs.
#[test]
fn another_fault_does_not_hide_a_shorter_schedule() {
    let runs = Cell::new(0);
    let program = async || {
        runs.set(runs.get() + 1);
        let mut late = [false; 3];
        for late in &mut late {
            let start = now();
            latency().await;
            *late = now() > start;
        }
        let other = late == [true, false, false];
        assert!(!other, "the other fault");
        assert!(late != [true; 3] && late != [false, true, false], "the fault");
    };
    let schedule = "list:0=1,2=1,4=1".parse().unwrap();
    let found = Explorer::new().replay(&schedule, program).unwrap_err();
    assert_eq!(found.deviations().len(), 3, "{found}");
    let failures = (0..20).map(|seed| Explorer::new().seed(seed).check(program).unwrap_err());
    for failure in failures {
        assert_eq!(failure.deviations().len(), 1, "{failure}");
    }
    let recorded = if cfg!(feature = "trace") { 2 } else { 0 }; // it, and one that passes beside it
    for seed in 0..20 {
        runs.set(0);
        let failure = Explorer::new().seed(seed).check(program).unwrap_err();
        assert_eq!(runs.get(), failure.schedules + failure.shortening + recorded);
    }
}

/// Breaks if shortening tries no more schedules than the search may. What takes one deviation takes three
/// runs: it again, and without the deviation once for each way of shortening.
#[test]
fn shortening_has_as_many_runs_as_it_needs() {
    let program = async || {
        let mut late = [false; 3];
        for late in &mut late {
            let start = now();
            latency().await;
            *late = now() > start;
        }
        assert!(late != [true; 3] && late != [false, true, false], "the fault");
    };
    let failures = (0..40).filter_map(|seed| Explorer::new().seed(seed).schedules(3).check(program).err());
    let (short, long): (Vec<_>, Vec<_>) = failures.partition(|failure| failure.deviations_found == 1);
    assert!(!short.is_empty() && short.iter().all(|failure| failure.shortening == 3), "{short:#?}");
    assert!(!long.is_empty() && long.iter().all(|failure| failure.deviations().len() == 1), "{long:#?}");
}

/// Breaks if to shorten a failure takes longer than the search may.
#[test]
fn shortening_ends_when_its_time_is_over() {
    let slow = async || {
        std::thread::sleep(10 * MS);
        let mut late = 0;
        for _ in 0..60 {
            let start = now();
            latency().await;
            late += u32::from(now() > start);
        }
        assert!(late < 20);
    };
    let failure = Explorer::new().at_most(300 * MS).check(slow).unwrap_err();
    assert!(failure.shortening < 40, "{}", failure.shortening);
}

/// Breaks if a bound is not kept.
#[test]
fn a_search_ends_when_its_schedules_or_its_time_are_over() {
    let runs = Rc::new(AtomicUsize::new(0));
    let counted = || {
        runs.fetch_add(1, SeqCst);
        latency()
    };
    assert_eq!(Explorer::new().schedules(17).check(counted).unwrap().schedules, 17);
    assert_eq!(runs.swap(0, SeqCst), 17);
    let passed = Explorer::new().at_most(std::time::Duration::ZERO).check(counted).unwrap();
    assert!(passed.schedules < 1000 && !passed.complete);
    let passed = Explorer::new().search(Search::All(3)).schedules(2).check(counted).unwrap();
    assert!(passed.schedules == 2 && !passed.complete);
}

/// Breaks if a schedule is not read as it was written, or what is none is taken for one.
#[test]
fn the_text_of_a_schedule_is_that_schedule_and_no_other_text_is_one() {
    let pct = Schedule::Pct { seed: 7, changes: 3, turns: 100 };
    let list = Schedule::List(vec![(4, 1), (9, 2)]);
    for (schedule, text) in [
        (Schedule::Fifo, "fifo"),
        (Schedule::Random(7), "random:7"),
        (pct, "pct:7:3:100"),
        (list, "list:4=1,9=2"),
        (Schedule::List(Vec::new()), "list:"),
    ] {
        assert_eq!((schedule.to_string().as_str(), text.parse()), (text, Ok(schedule)));
    }
    for text in ["", "fifo:7", "random", "random:x", "random:7:3", "pct:7:3", "list:9=2,4=1", "list:4", "7"] {
        assert!(text.parse::<Schedule>().unwrap_err().contains("is no schedule; write `fifo`"), "{text}");
    }
}

/// For the test below, which runs it in a process of its own.
#[test]
#[ignore = "it fails, as a test of a user's may"]
fn an_explored_test_of_a_user() {
    explore(|| (bug("check, then act").program)(true));
}

fn run_the_test_of_a_user(schedule: Option<&str>) -> String {
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", "report::an_explored_test_of_a_user", "--ignored", "--nocapture"]);
    test.env_remove("SHIRR_SCHEDULE").env_remove("SHIRR_SEED");
    test.envs(schedule.map(|schedule| ("SHIRR_SCHEDULE", schedule)));
    let output = test.output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Breaks if the environment is not asked, or a schedule with a fault in it is taken for none.
#[test]
fn shirr_schedule_runs_one_schedule_alone() {
    let found = run_the_test_of_a_user(None);
    let line = found.lines().find_map(|line| line.strip_prefix("To see it again: SHIRR_SCHEDULE="));
    let again = run_the_test_of_a_user(Some(line.expect(&found)));
    assert!(again.contains("under schedule 1 of those tried") && again.contains("filled twice"), "{again}");
    assert!(run_the_test_of_a_user(Some("fifo")).contains("1 passed"));
    let wrong = run_the_test_of_a_user(Some("list:1=2=3"));
    assert!(wrong.contains("is no schedule; write `fifo`"), "{wrong}");
}

/// Breaks if the fault of the example is gone, or its twin asks twice under any schedule.
#[test]
fn the_fault_of_the_example_takes_one_deviation_and_its_twin_passes() {
    let failure = Explorer::new().check(|| cache::customers(false)).unwrap_err();
    assert!(failure.schedules < 50 && failure.deviations().len() == 1, "{failure}");
    assert_eq!(Explorer::new().check(|| cache::customers(true)).unwrap().schedules, 1_000);
}

/// Breaks if the report in the README is not the one that the example prints. `cargo test` builds the
/// examples before it runs this.
#[test]
fn the_readme_shows_what_the_example_prints() {
    let tests = std::env::current_exe().unwrap();
    let example = tests.parent().unwrap().with_file_name("examples").join("cache");
    let output = Command::new(example.with_extension(std::env::consts::EXE_EXTENSION)).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap().replace('\\', "/");
    let report: Vec<_> = printed.lines().skip_while(|line| !line.starts_with("The cache: ")).collect();
    let end = report.iter().position(|line| line.is_empty()).unwrap();
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    assert!(readme.contains(&report[..end].join("\n")), "{printed}");
}
