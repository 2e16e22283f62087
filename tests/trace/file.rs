//! The file that `SHIRR_TRACE` names, written by programs that know nothing of it.
//!
//! The programs are examples and, for what no example does, those below, which run in this
//! test's binary, started again. `cargo test --features trace` builds the examples before it
//! runs this; `cargo test --features trace --test trace file::` takes them as they were last
//! built.

use crate::common::turns;
use crate::run::{Run, path, run_command};
use shirr::Runtime;
use shirr::trace::Recorder;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use tempfile::tempdir;

/// Names the program that a test has started again.
const PROGRAM: &str = "SHIRR_TEST_PROGRAM";

/// Runs one of the programs below in `folder`, with these variables.
fn run_program(program: &str, folder: &Path, variables: &[(&str, &str)]) -> Run {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "file::programs", "--nocapture"]).current_dir(folder);
    let run = run_command(again.env(PROGRAM, program).envs(variables.iter().copied()));
    assert!(run.status == Some(0) && run.stdout.contains("1 passed"), "{run:?}");
    run
}

fn run_example(example: &str, folder: &Path, args: &[&str], file: &str) -> Run {
    run_command(Command::new(path(example)).args(args).current_dir(folder).env("SHIRR_TRACE", file))
}

/// What shirr said on stderr.
fn said(run: &Run) -> Vec<&str> {
    run.stderr.lines().filter(|line| line.starts_with("shirr: ")).collect()
}

/// The files in a folder, by name.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// How often `part` is in a file.
fn count(file: PathBuf, part: &str) -> usize {
    fs::read_to_string(file).unwrap().matches(part).count()
}

/// What the tests start; the first is this test as it runs among the others.
#[test]
fn programs() {
    let run = |n| Runtime::new().unwrap().block_on(turns(n));
    match std::env::var(PROGRAM).as_deref() {
        Err(_) => {}
        Ok("one") => run(3),
        Ok("two runtimes") => (0..2).for_each(|_| run(3)),
        Ok("threads") => (1..4).for_each(|n| thread::spawn(move || run(n)).join().unwrap()),
        Ok("a panic") => {
            let panicked = thread::spawn(|| Runtime::new().unwrap().block_on(async { panic!("on purpose") }));
            panicked.join().unwrap_err();
        }
        Ok("own recorder") => {
            let recorder = Recorder::new();
            let runtime = Runtime::builder().record(&recorder).build().unwrap();
            runtime.block_on(async { drop(Runtime::new().unwrap()) });
            assert!(recorder.events().len() > 5);
        }
        Ok(other) => panic!("there is no program {other}"),
    }
}

#[test]
fn the_main_threads_run_is_in_the_file_in_the_format_of_its_ending() {
    let own = tempdir().unwrap();
    let folder = own.path();
    let begins = [
        ("run.html", "<!doctype html>"),
        ("run.json", r#"{"traceEvents":["#),
        ("run.txt", "What shirr did: "),
    ];
    for (file, begin) in begins {
        let run = run_example("fetch_data", folder, &["--unit-ms=1"], file);
        assert_eq!(run.status, Some(0), "{run:?}");
        let [line] = said(&run)[..] else { panic!("is the example built with the feature? {run:?}") };
        let end = format!(" events (0 came before and were dropped) in {file}");
        assert!(line.ends_with(&end), "{line}");
        assert!(
            fs::read_to_string(folder.join(file)).unwrap().to_lowercase().starts_with(&begin.to_lowercase())
        );
    }
    assert_eq!(files(folder), ["run.html", "run.json", "run.txt"]);
    assert_eq!(count(folder.join("run.txt"), "fires, since its time has come"), 3);
}

#[test]
fn the_pages_title_is_the_programs_name() {
    let own = tempdir().unwrap();
    let folder = own.path();
    run_example("fetch_data", folder, &["--unit-ms=1"], "run.html");
    assert_eq!(count(folder.join("run.html"), "<title>fetch_data"), 1);
}

#[test]
fn another_threads_run_is_in_a_file_of_its_own() {
    let own = tempdir().unwrap();
    let folder = own.path();
    let args = ["--requests=20", "--delay-ms=1", "--sequential=1"];
    let run = run_example("fetch_status", folder, &args, "run.txt");
    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(files(folder), ["run-2.txt", "run.txt"]);
}

#[test]
fn without_the_variable_nothing_is_said_or_written() {
    let own = tempdir().unwrap();
    let folder = own.path();
    let run = run_program("two runtimes", folder, &[("SHIRR_TRACE_EVENTS", "rubbish")]);
    assert_eq!((said(&run), files(folder)), (vec![], vec![]));
    let run = run_program("one", folder, &[("SHIRR_TRACE", "")]);
    assert_eq!((said(&run), files(folder)), (vec![], vec![]));
}

#[test]
fn an_ending_that_is_no_format_is_said_once_and_the_program_goes_on() {
    let own = tempdir().unwrap();
    let folder = own.path();
    for file in ["run.xml", "run", ".txt"] {
        let run = run_program("two runtimes", folder, &[("SHIRR_TRACE", file)]);
        let expected = format!(
            "shirr: SHIRR_TRACE={file}: nothing is recorded, because the file's ending names no format; \
             use .html for a page, .json for Perfetto or .txt for a text"
        );
        assert_eq!(said(&run), [expected]);
    }
    assert_eq!(files(folder), Vec::<String>::new());
}

#[test]
fn a_file_that_cannot_be_written_is_said_and_the_program_goes_on() {
    let own = tempdir().unwrap();
    let folder = own.path();
    let run = run_program("one", folder, &[("SHIRR_TRACE", "nowhere/run.txt")]);
    let [line] = said(&run)[..] else { panic!("{run:?}") };
    assert!(line.starts_with("shirr: SHIRR_TRACE: cannot write nowhere/run-2.txt: "), "{line}");
}

/// Breaks if the file is written in place: a part of the new page would be left, and no old one.
#[cfg(unix)]
#[test]
fn a_page_that_does_not_fit_leaves_the_old_file_and_the_reason_is_said() {
    let own = tempdir().unwrap();
    let folder = own.path();
    fs::write(folder.join("run-2.html"), "the old page").unwrap();
    // As on a full disk, a write fails when the file has some kilobytes. The signal is ignored.
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap());
    limited.args(["--exact", "file::programs", "--nocapture"]).current_dir(folder);
    let run = run_command(limited.env(PROGRAM, "one").env("SHIRR_TRACE", "run.html"));
    assert!(run.status == Some(0) && run.stdout.contains("1 passed"), "{run:?}");
    let [line] = said(&run)[..] else { panic!("{run:?}") };
    assert!(line.starts_with("shirr: SHIRR_TRACE: cannot write run-2.html: File too large"), "{line}");
    assert_eq!(fs::read_to_string(folder.join("run-2.html")).unwrap(), "the old page");
    assert_eq!(files(folder), ["run-2.html"]);
}

/// Breaks if the file is written in place, or under a temporary name that a link may have.
#[cfg(unix)]
#[test]
fn a_link_is_replaced_and_the_file_that_it_points_to_is_not_written() {
    let own = tempdir().unwrap();
    let folder = own.path();
    fs::write(folder.join("other"), "another file").unwrap();
    std::os::unix::fs::symlink("other", folder.join("run-2.txt")).unwrap();
    run_program("one", folder, &[("SHIRR_TRACE", "run.txt")]);
    assert_eq!(fs::read_to_string(folder.join("other")).unwrap(), "another file");
    assert!(folder.join("run-2.txt").symlink_metadata().unwrap().is_file());
    assert_eq!(files(folder), ["other", "run-2.txt"]);
}

#[test]
fn runtimes_of_one_thread_follow_each_other_in_one_file() {
    let own = tempdir().unwrap();
    let folder = own.path();
    let run = run_program("two runtimes", folder, &[("SHIRR_TRACE", "run.txt")]);
    let lines = said(&run);
    assert!(lines.len() == 2 && lines.iter().all(|line| line.ends_with(" in run-2.txt")), "{lines:?}");
    assert_eq!(files(folder), ["run-2.txt"]);
    assert_eq!(count(folder.join("run-2.txt"), "the runtime is gone"), 2);
}

#[test]
fn threads_have_numbers_in_the_order_in_which_they_began() {
    let own = tempdir().unwrap();
    let folder = own.path();
    run_program("threads", folder, &[("SHIRR_TRACE", "run.txt")]);
    assert_eq!(files(folder), ["run-2.txt", "run-3.txt", "run-4.txt"]);
    let yields = [2, 3, 4].map(|n| count(folder.join(format!("run-{n}.txt")), "because it woke itself"));
    assert_eq!(yields, [1, 2, 3]);
}

#[test]
fn a_bounded_buffer_keeps_the_latest_events_and_says_how_many_came_before() {
    let own = tempdir().unwrap();
    let folder = own.path();
    let variables = [("SHIRR_TRACE", "run.txt"), ("SHIRR_TRACE_EVENTS", "10")];
    let run = run_program("one", folder, &variables);
    let text = fs::read_to_string(folder.join("run-2.txt")).unwrap();
    let lost = text.strip_prefix("What shirr did: 10 events in order; ").unwrap().split(' ').next().unwrap();
    assert_eq!(said(&run), [format!("shirr: 10 events ({lost} came before and were dropped) in run-2.txt")]);
    assert!(lost.parse::<u64>().unwrap() > 10 && text.contains("the runtime is gone"), "{text}");
}

#[test]
fn a_number_of_events_that_is_none_is_said_and_the_usual_number_kept() {
    for wrong in ["0", "-1", "many"] {
        let own = tempdir().unwrap();
        let folder = own.path();
        let run = run_program("one", folder, &[("SHIRR_TRACE", "run.txt"), ("SHIRR_TRACE_EVENTS", wrong)]);
        let expected = format!(
            "shirr: SHIRR_TRACE_EVENTS={wrong} is no number of events, 1 or more; the latest 1,048,576 are kept"
        );
        assert_eq!(said(&run)[0], expected);
        assert!(said(&run)[1].ends_with(" events (0 came before and were dropped) in run-2.txt"), "{run:?}");
    }
}

#[test]
fn the_run_up_to_a_panic_is_in_the_file() {
    let own = tempdir().unwrap();
    let folder = own.path();
    let run = run_program("a panic", folder, &[("SHIRR_TRACE", "run.txt")]);
    assert_eq!(said(&run).len(), 1, "{run:?}");
    assert_eq!(count(folder.join("run-2.txt"), "since its poll panics"), 1);
    assert_eq!(count(folder.join("run-2.txt"), "the runtime is gone"), 1);
}

#[test]
fn a_runtime_with_a_recorder_of_its_own_is_not_in_the_file_and_others_are() {
    let own = tempdir().unwrap();
    let folder = own.path();
    let run = run_program("own recorder", folder, &[("SHIRR_TRACE", "run.txt")]);
    assert_eq!((said(&run).len(), files(folder)), (1, vec!["run-2.txt".to_owned()]), "{run:?}");
    // The inner one only, which was dropped and never entered otherwise.
    assert_eq!(count(folder.join("run-2.txt"), "this thread enters the runtime"), 1);
}

#[test]
fn timeline_writes_all_three_formats_and_says_where() {
    let own = tempdir().unwrap();
    let folder = own.path();
    let run =
        run_command(Command::new(path("timeline")).args(["made/here", "--unit-ms=1"]).current_dir(folder));
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    assert_eq!(files(&folder.join("made/here")), ["timeline.html", "timeline.json", "timeline.txt"]);
    assert!(run.stdout.starts_with("[\"data from users\", \"data from orders\", \"data from prices\"]\n"));
    for name in ["timeline.html", "timeline.json", "timeline.txt"] {
        assert!(run.stdout.contains(&format!("  made/here/{name}: ")), "{run:?}");
    }
}

#[test]
fn timeline_claims_nothing_of_files_that_it_cannot_write() {
    let own = tempdir().unwrap();
    let folder = own.path();
    fs::write(folder.join("file"), "").unwrap();
    fs::create_dir_all(folder.join("taken/timeline.json")).unwrap();
    for to in ["file", "file/below", "taken"] {
        let run = run_command(Command::new(path("timeline")).args([to, "--unit-ms=1"]).current_dir(folder));
        assert_eq!(run.status, Some(1), "{run:?}");
        assert!(!run.stdout.contains("meanwhile"), "{run:?}");
        let begins = format!("error: the files cannot be written to {to}: ");
        let advice = "; name a folder that is yours to write to, or leave it out for target/timeline\n";
        assert!(run.stderr.starts_with(&begins) && run.stderr.ends_with(advice), "{run:?}");
    }
}
