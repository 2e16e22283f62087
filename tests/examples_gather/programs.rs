//! Each example but `download`, run as it is meant to be.

use crate::run::{Run, run};

/// What was printed, without the times at the beginnings of the lines.
fn without_times(run: &Run) -> Vec<&str> {
    run.stdout.lines().map(|line| line.split_once(" s  ").map_or(line, |(_, rest)| rest)).collect()
}

/// The paragraph that begins with this line.
fn paragraph<'a>(lines: &[&'a str], start: &str) -> Vec<&'a str> {
    let lines = lines.iter().skip_while(|line| !line.starts_with(start)).skip(1);
    lines.take_while(|line| !line.is_empty()).copied().collect()
}

const STARTS: [&str; 3] = ["job 1 starts", "job 2 starts", "job 3 starts"];

#[test]
fn errors_shows_in_real_time_what_becomes_of_the_siblings_of_an_error() {
    let run = run("errors", &["--unit-ms", "200"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    let lines = without_times(&run);
    let error = r#"the caller gets Err("job 2 has failed")"#;
    let dropped = ["job 1 ends", "job 2 ends", "job 3 is dropped", error];
    assert_eq!(paragraph(&lines, "try_gather:"), [&STARTS[..], &dropped].concat());
    let detached = ["job 1 ends", "job 2 ends", error, "job 3 ends"];
    assert_eq!(paragraph(&lines, "try_gather of tasks:"), [&STARTS[..], &detached].concat());
    let slots = r#"the caller gets [Ok(Ok("value 1")), Ok(Err("job 2 has failed")), Ok(Ok("value 3"))]"#;
    let settled = ["job 1 ends", "job 2 ends", "job 3 ends", slots];
    assert_eq!(paragraph(&lines, "gather, settled:"), [&STARTS[..], &settled].concat());
}

#[test]
fn errors_shows_in_real_time_what_becomes_of_the_siblings_of_a_panic() {
    let run = run("errors", &["--unit-ms", "200", "--panic"]);
    assert_eq!(run.status, Some(0));
    assert_eq!(run.stderr.matches("job 2 has a bug").count(), 3, "{}", run.stderr);
    let lines = without_times(&run);
    let caller = "the caller's task panicked: job 2 has a bug";
    let dropped = ["job 1 ends", "job 2 panics", "job 3 is dropped", caller];
    assert_eq!(paragraph(&lines, "try_gather:"), [&STARTS[..], &dropped].concat());
    let detached = ["job 1 ends", "job 2 panics", caller, "job 3 ends"];
    assert_eq!(paragraph(&lines, "try_gather of tasks:"), [&STARTS[..], &detached].concat());
    let bug = r#"Err(JoinError::Panic("job 2 has a bug"))"#;
    let slots = format!(r#"the caller gets [Ok(Ok("value 1")), {bug}, Ok(Ok("value 3"))]"#);
    let settled = ["job 1 ends", "job 2 panics", "job 3 ends", &slots];
    assert_eq!(paragraph(&lines, "gather, settled:"), [&STARTS[..], &settled].concat());
}

#[test]
fn cancel_shows_that_all_are_dropped_before_the_drop_returns() {
    let run = run("cancel", &["--unit-ms", "10"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    let lines = without_times(&run);
    let ran = ["ann starts", "bob starts", "cleo starts", "dan starts", "ann ends"];
    let dropped = ["bob is dropped", "cleo is dropped", "dan is dropped"];
    let before = "before the drop: Gather { started: 4, done: 1, .. }, timers: 3";
    let by_drop = [&ran[..], &[before], &dropped, &["after the drop, timers: 0"]].concat();
    assert_eq!(paragraph(&lines, "drop(gather):"), by_drop);
    let by_timeout = [&ran[..], &dropped, &["the timeout gives Err(Elapsed(()))"]].concat();
    assert_eq!(paragraph(&lines, "timeout(2 s, gather):"), by_timeout);
    let workers = ["1.1", "1.2", "2.1", "2.2"].map(|worker| format!("worker {worker}"));
    let starts = workers.clone().map(|worker| format!("{worker} starts"));
    let drops = workers.map(|worker| format!("{worker} is dropped"));
    let cancelled = "the task's handle gives Err(JoinError::Cancelled)";
    let by_abort = [&starts[..], &["abort".into()], &drops, &[cancelled.into()]].concat();
    assert_eq!(paragraph(&lines, "abort of the task"), by_abort);
}

#[test]
fn dashboard_gives_what_came_in_real_time_and_says_what_did_not() {
    let run = run("dashboard", &["--within-ms", "1500"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    let mut lines = run.stdout.lines();
    let time = lines.next().unwrap().strip_prefix("the page after ").unwrap();
    assert!(time.strip_suffix(" s:").unwrap().parse::<f64>().unwrap() >= 1.5, "{time}");
    let page = [
        "  profile          Ada Lovelace, London",
        "  orders           2 on their way, 17 delivered",
        "  weather          (not available: the service answered with status 503)",
        "  messages         3 unread",
        "  recommendations  (not in time)",
    ];
    assert_eq!(lines.collect::<Vec<_>>(), page);
}

#[test]
fn dashboard_without_patience_is_a_page_all_the_same() {
    let run = run("dashboard", &["--within-ms", "1"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    let slots: Vec<_> = run.stdout.lines().skip(1).collect();
    assert!(slots.len() == 5 && slots.iter().all(|line| line.ends_with(" (not in time)")), "{slots:?}");
}

/// Runs `batch`, checks the sum, and gives its peak memory in kB where it can be told.
fn batch(items: u64) -> Option<u64> {
    let run = run("batch", &["--items", &items.to_string()]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    let (all, sum) = (format!("{items} items done, peak memory "), items * (items - 1) / 2);
    assert!(run.stdout.ends_with(&format!("the sum of the results is {sum}\n")), "{}", run.stdout);
    assert_eq!(run.stdout.lines().filter(|line| line.contains(" items done, ")).count(), 10);
    let peak = run.stdout.lines().find_map(|line| line.trim().strip_prefix(&all)).unwrap();
    assert!(peak.ends_with(" kB") || !cfg!(target_os = "linux"), "{peak}");
    peak.strip_suffix(" kB").map(|peak| peak.parse().unwrap())
}

#[test]
fn batch_needs_no_more_memory_for_ten_times_the_items() {
    let (Some(few), Some(many)) = (batch(100_000), batch(1_000_000)) else { return };
    assert!(many * 5 <= few * 6, "{few} kB for 100,000 items, {many} kB for a million");
}

#[test]
fn every_example_tells_what_its_arguments_are() {
    for example in ["errors", "cancel", "dashboard", "download", "batch"] {
        let help = run(example, &["--help"]);
        assert_eq!((help.status, help.stderr.as_str()), (Some(0), ""));
        assert!(help.stdout.contains(&format!("Usage: {example}")), "{}", help.stdout);
    }
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    let cases = [
        ("errors", "--unit-ms=0"),
        ("cancel", "--unit-ms=99999999999999"),
        ("dashboard", "--within-ms=soon"),
        ("download", "--limit=0"),
        ("download", "--url=https://example.com/"),
        ("batch", "--items=0"),
        ("batch", "--limit=0"),
    ];
    for (example, argument) in cases {
        let run = run(example, &[argument]);
        let option = argument.split('=').next().unwrap();
        assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""), "{example} {argument}");
        assert!(run.stderr.contains(option), "{example} {argument}: {}", run.stderr);
    }
}
