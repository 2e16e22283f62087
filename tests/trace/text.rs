//! A recording as a story: what happens, to whom and why, in sentences.

use crate::common::ends;
use shirr::trace::{Recorder, What};
use shirr::{Runtime, gather, spawn, time::sleep, yield_now};
use std::collections::BTreeMap;
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::thread;
use std::time::Duration;

/// The text of a run on a paused clock, up to the end of the runtime.
fn text<F: Future>(capacity: usize, body: impl FnOnce() -> F + Send + 'static) -> String {
    ends(move || {
        let recorder = Recorder::with_capacity(capacity);
        let runtime = Runtime::builder().paused().record(&recorder).build().unwrap();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(runtime.block_on(body()))));
        drop(runtime);
        recorder.recording().to_text()
    })
}

/// The lines of the events, without time and actor. What depends on the machine or on what
/// ran before is made the same: a file's line is left out, a time is `_`, and numbers of tasks
/// and timers are counted from 1.
fn story(text: &str) -> Vec<String> {
    let mut numbers = BTreeMap::new();
    text.lines()
        .filter_map(|line| line.split_once(" | "))
        .map(|(_, told)| alike(told, &mut numbers))
        .collect()
}

fn alike(told: &str, numbers: &mut BTreeMap<(String, String), usize>) -> String {
    let mut before = "";
    let mut words = Vec::new();
    for word in told.split(' ') {
        let bare = word.trim_end_matches([',', ':', ';']);
        let (is_number, is_time) =
            (bare.parse::<u64>().is_ok(), bare.contains('.') && bare.parse::<f64>().is_ok());
        words.push(if is_number && ["task", "timer"].contains(&before) {
            let next = 1 + numbers.keys().filter(|(kind, _)| kind == before).count();
            let number = numbers.entry((before.to_owned(), bare.to_owned())).or_insert(next);
            word.replace(bare, &number.to_string())
        } else if let Some((path, _)) = word.split_once(".rs:") {
            format!("{path}.rs{}", if word.ends_with([']', ',']) { &word[word.len() - 1..] } else { "" })
        } else if is_time {
            "_".to_owned()
        } else {
            word.to_owned()
        });
        before = bare;
    }
    words.join(" ")
}

/// # Panics
/// When these are not all in the story, in this order.
fn assert_told(text: &str, parts: &[&str]) {
    let all = story(text);
    let mut lines = all.iter();
    for part in parts {
        assert!(lines.any(|line| line.contains(part)), "`{part}` is not told there: {all:#?}");
    }
}

async fn fetch(hours: u64) -> u64 {
    sleep(Duration::from_secs(3600 * hours)).await;
    hours
}

#[test]
fn a_gather_of_two_sleeps_is_told_from_its_first_poll_to_its_results() {
    let text = text(1000, || async { gather([fetch(2), fetch(1)]).await });
    assert!(
        text.starts_with("What shirr did: 52 events in order; 0 came before and were dropped.\n"),
        "{text}"
    );
    let told = story(&text).join("\n");
    assert_eq!(told, include_str!("gather.txt").trim_end(), "\n{told}\n");
}

#[test]
fn every_line_begins_with_time_and_actor_in_columns() {
    let text = text(1000, || fetch(1));
    let bars: Vec<_> = text.lines().filter_map(|line| line.find(" | ")).collect();
    assert!(bars.len() > 10 && bars.iter().all(|bar| *bar == bars[0]), "{text}");
    let units: Vec<_> =
        text.lines().filter(|line| line.contains(" | ")).map(|line| line.find(" ms ")).collect();
    assert!(units.iter().all(|unit| *unit == units[0]), "{text}");
}

#[test]
fn a_handle_and_a_yield_have_their_reasons() {
    let text = text(1000, || async { spawn(async { yield_now().await }).await.unwrap() });
    assert_told(
        &text,
        &[
            "task 1 (the root) spawns `a_handle_and_a_yield_have_their_reasons` at tests/trace/text.rs",
            "task 1 waits for the end of task 2",
            "returns Pending after _ ms: it waits for the end of task 2",
            "task 2 `a_handle_and_a_yield_have_their_reasons` is woken by itself",
            "it was woken meanwhile, and is in the ready queue again",
            "task 1 (the root) is woken by task 2",
            "task 1 (the root) is polled, because task 2 woke it",
        ],
    );
}

#[test]
fn of_many_waits_a_line_names_three() {
    let text = text(1000, || {
        let mut sleeps: Vec<_> = [1, 2, 3, 4, 5].map(|hours| Box::pin(fetch(hours))).into();
        std::future::poll_fn(move |cx| {
            sleeps.retain_mut(|sleep| sleep.as_mut().poll(cx).is_pending());
            if sleeps.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
    });
    let pending: Vec<_> = story(&text).into_iter().filter(|line| line.contains("returns Pending")).collect();
    let named =
        |line: &String| (line.matches("for timer ").count(), line.split_once(", and for 2 more").is_some());
    let five_to_one = [(3, true), (3, false), (3, false), (2, false), (1, false)];
    assert_eq!(pending.iter().map(named).collect::<Vec<_>>(), five_to_one, "{pending:#?}");
    assert!(pending[1].contains(", and for 1 more  ["), "{pending:#?}");
}

#[test]
fn an_abort_and_what_a_runtime_leaves_are_told_apart() {
    let text = text(1000, || async {
        let aborted = spawn(pending::<()>());
        drop(spawn(pending::<()>()));
        yield_now().await;
        aborted.abort();
        let _ = aborted.await;
    });
    assert_told(
        &text,
        &[
            "returns Pending after _ ms: it waits for a call of its waker",
            "task 1 (the root) aborts task 2 `Pending<()>`, which will be dropped at its next turn",
            "task 2 `Pending<()>` is dropped unfinished, because it was aborted",
            "it admits no more tasks, and cancels those that are left, 1 task ",
            "task 3 `Pending<()>` is dropped unfinished, because its runtime ends",
        ],
    );
}

#[test]
fn an_event_poll_that_is_due_says_after_how_many_polls() {
    let text = text(1000, || async {
        for _ in 0..130 {
            yield_now().await;
        }
    });
    assert_told(&text, &["step 2: the loop polls for events, because 128 polls were made since it last did"]);
}

#[test]
fn a_panic_of_the_root_is_told_up_to_the_end_of_the_runtime() {
    let text = text(1000, || async {
        yield_now().await;
        std::panic::resume_unwind(Box::new("on purpose"));
    });
    assert_told(
        &text,
        &[
            "task 1 (the root) is polled, because it woke itself",
            "task 1 leaves slot 0, which is free again, since its poll panics",
            "this thread leaves the runtime",
            "the runtime is gone, with 0 tasks",
        ],
    );
}

#[test]
fn what_was_dropped_is_said_and_the_rest_is_told_with_names() {
    let text = text(10, || async { gather([fetch(2), fetch(1)]).await });
    assert!(
        text.starts_with("What shirr did: 10 events in order; 42 came before and were dropped.\n"),
        "{text}"
    );
    assert_told(&text, &["gather 1 is done, and task 1 (the root) has its output"]);
}

/// A line break in a thread's name would begin a line that belongs to no event, and an escape
/// sequence would act on the reader's terminal.
#[test]
fn a_threads_name_stays_within_the_line_of_its_event() {
    let text = text(1000, || async {
        let mut sent = false;
        poll_fn(move |cx| {
            if std::mem::replace(&mut sent, true) {
                return Poll::Ready(());
            }
            let waker = cx.waker().clone();
            let thread = thread::Builder::new().name("two\nlines \u{1b}[31mred".to_owned());
            thread.spawn(move || waker.wake()).unwrap().join().unwrap();
            Poll::Pending
        })
        .await;
    });
    assert!(!text.replace('\n', "").contains(char::is_control), "{text:?}");
    assert_told(&text, &[r"is woken by thread 0 `two\nlines \u{1b}[31mred`, and joins the ready queue"]);
}

/// Breaks if a message of a panic, or another text of a program, is written as it is.
#[test]
fn no_text_of_a_program_makes_a_line_or_reaches_the_terminal() {
    ends(|| {
        let recorder = Recorder::new();
        drop(Runtime::builder().record(&recorder).build().unwrap());
        let mut recording = recorder.recording();
        let why = "\"one\"\ntwo\r\u{1b}[2Jthree\u{202e}eerht\u{2028}é";
        recording.events.last_mut().unwrap().what = What::Failed { why: why.into() };
        let told = recording.to_text();
        let last = told.lines().last().unwrap();
        assert!(last.contains(r#": "one"\ntwo\r\u{1b}[2Jthree\u{202e}eerht\u{2028}é  ["#), "{last}");
    });
}
