//! A recording in Chrome's trace event format.
//!
//! The fields that each kind of event needs, its "phase", as the format's description lists
//! them:
//!
//! | phase | is | needs |
//! |---|---|---|
//! | `X` | a complete slice | `name`, `cat`, `ts`, `dur`, `pid`, `tid` |
//! | `i` | an instant | `name`, `ts`, `pid`, `tid`, and `s`, its scope: `g`, `p` or `t` |
//! | `C` | a counter | `name`, `ts`, `pid`, and `args`, all of them numbers |
//! | `s` | a flow's start | `name`, `cat`, `id`, `ts`, `pid`, `tid` |
//! | `f` | a flow's finish | the same, and `bp: "e"` to end in the slice around it |
//! | `M` | metadata | `name`, one of a few, `pid`, `tid`, and `args` with what that name says |
//!
//! Times are microseconds, and may be fractions. Here they are made whole nanoseconds, which
//! can be added without rounding.

use crate::common::ends;
use crate::everything::everything;
use serde_json::Value;
use shirr::trace::{Event, Recorder, Recording, What};
use shirr::{Runtime, gather, spawn, yield_now};
use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// One run, as events and as JSON.
struct Run {
    recording: Recording,
    json: Value,
}

/// A slice or another event, in nanoseconds.
#[derive(Debug)]
struct Span {
    track: u64,
    begin: u64,
    end: u64,
}

impl Run {
    fn of(recording: Recording) -> Self {
        let json = serde_json::from_str(&recording.to_json()).unwrap();
        Self { recording, json }
    }

    fn events(&self) -> &[Value] {
        self.json["traceEvents"].as_array().unwrap()
    }

    fn phase(&self, phase: &'static str) -> impl Iterator<Item = &Value> {
        self.events().iter().filter(move |event| event["ph"] == phase)
    }

    fn happened(&self, what: impl Fn(&Event) -> bool) -> usize {
        self.recording.events.iter().filter(|event| what(event)).count()
    }

    fn polls(&self) -> usize {
        self.happened(|event| matches!(event.what, What::Polling { .. }))
    }

    fn poll_slices(&self) -> Vec<&Value> {
        self.phase("X").filter(|slice| slice["cat"] == "poll").collect()
    }

    /// Slices whose name begins so.
    fn named(&self, start: &str) -> Vec<Span> {
        let slices = self.phase("X").filter(|slice| slice["name"].as_str().unwrap().starts_with(start));
        slices.map(span).collect()
    }

    /// By number, the name of each track.
    fn tracks(&self) -> BTreeMap<u64, &str> {
        let names = self.phase("M").filter(|event| event["name"] == "thread_name");
        names.map(|event| (event["tid"].as_u64().unwrap(), event["args"]["name"].as_str().unwrap())).collect()
    }
}

/// Records a run up to the end of its runtime, also if `body` panics.
fn record<F: Future>(capacity: usize, body: impl FnOnce() -> F + Send + 'static) -> Run {
    Run::of(ends(move || {
        let recorder = Recorder::with_capacity(capacity);
        let runtime = Runtime::builder().record(&recorder).build().unwrap();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(runtime.block_on(body()))));
        drop(runtime);
        recorder.recording()
    }))
}

fn nanos(value: &Value) -> u64 {
    (value.as_f64().unwrap() * 1e3).round() as u64
}

fn span(event: &Value) -> Span {
    let begin = nanos(&event["ts"]);
    let end = begin + event.get("dur").map_or(0, nanos);
    Span { track: event["tid"].as_u64().unwrap(), begin, end }
}

/// # Panics
/// When two slices of one track overlap and neither lies within the other, or when one that
/// lies in another comes before it.
fn assert_nested(run: &Run) {
    let mut open: BTreeMap<u64, Vec<Span>> = BTreeMap::new();
    for slice in run.phase("X").map(span) {
        let around = open.entry(slice.track).or_default();
        while around.last().is_some_and(|outer| outer.end <= slice.begin && outer.begin < slice.begin) {
            around.pop();
        }
        if let Some(outer) = around.last() {
            assert!(
                outer.begin <= slice.begin && slice.end <= outer.end,
                "{slice:?} is not within {outer:?}"
            );
        }
        around.push(slice);
    }
}

/// # Panics
/// When an arrow has one end, an end in no slice, or ends before it begins.
fn assert_arrows(run: &Run) -> usize {
    let slices: Vec<Span> = run.phase("X").map(span).collect();
    let lies_in_one = |end: &Span| {
        slices
            .iter()
            .any(|slice| slice.track == end.track && slice.begin <= end.begin && end.begin <= slice.end)
    };
    let polls: BTreeSet<(u64, u64)> =
        run.poll_slices().into_iter().map(span).map(|poll| (poll.track, poll.begin)).collect();
    let key = |event: &Value| (event["id"].as_u64(), event["name"].to_string(), event["cat"].to_string());
    let starts: BTreeMap<_, _> = run.phase("s").map(|event| (key(event), span(event))).collect();
    let finishes: BTreeMap<_, _> = run.phase("f").map(|event| (key(event), span(event))).collect();
    assert_eq!(starts.keys().collect::<Vec<_>>(), finishes.keys().collect::<Vec<_>>());
    assert_eq!(starts.len(), run.phase("s").count());
    for (start, finish) in starts.values().zip(finishes.values()) {
        assert!(start.begin <= finish.begin, "{start:?} {finish:?}");
        assert!(lies_in_one(start), "{start:?}");
        assert!(polls.contains(&(finish.track, finish.begin)), "{finish:?} begins no poll");
    }
    starts.len()
}

#[test]
fn the_file_is_an_object_with_the_events_and_their_unit() {
    let run = record(1 << 16, everything);
    assert_eq!(run.json["displayTimeUnit"], "ns");
    assert_eq!(run.json["otherData"]["events"], run.recording.events.len());
    assert_eq!(run.json["otherData"]["lost"], 0);
    assert!(run.events().len() > 500);
}

#[test]
fn every_event_has_the_fields_that_its_phase_needs() {
    let run = record(1 << 16, everything);
    let (mut phases, is_number) = (BTreeSet::new(), |value: &Value| value.as_f64().is_some_and(|n| n >= 0.0));
    for event in run.events() {
        let phase = event["ph"].as_str().unwrap();
        phases.insert(phase);
        let (texts, numbers): (&[&str], &[&str]) = match phase {
            "X" => (&["name", "cat"], &["ts", "dur", "pid", "tid"]),
            "i" => (&["name", "s"], &["ts", "pid", "tid"]),
            "C" => (&["name"], &["ts", "pid"]),
            "s" => (&["name", "cat"], &["id", "ts", "pid", "tid"]),
            "f" => (&["name", "cat", "bp"], &["id", "ts", "pid", "tid"]),
            "M" => (&["name"], &["pid", "tid"]),
            _ => panic!("{event}"),
        };
        assert!(texts.iter().all(|field| event[*field].is_string()), "{event}");
        assert!(numbers.iter().all(|field| is_number(&event[*field])), "{event}");
        match (phase, event["name"].as_str().unwrap()) {
            ("i", _) => assert_eq!(event["s"], "t", "{event}"),
            ("f", _) => assert_eq!(event["bp"], "e", "{event}"),
            ("C", _) => assert!(event["args"].as_object().unwrap().values().all(is_number), "{event}"),
            ("M", "process_name" | "thread_name") => assert!(event["args"]["name"].is_string(), "{event}"),
            ("M", "thread_sort_index") => assert!(is_number(&event["args"]["sort_index"]), "{event}"),
            ("M", _) => panic!("{event}"),
            _ => {}
        }
    }
    assert_eq!(phases, BTreeSet::from(["C", "M", "X", "f", "i", "s"]));
}

#[test]
fn times_never_go_back_within_the_file() {
    let run = record(1 << 16, everything);
    let times: Vec<u64> = run.events().iter().filter_map(|event| event.get("ts")).map(nanos).collect();
    assert!(times.is_sorted());
}

#[test]
fn a_poll_is_one_slice_on_its_tasks_track() {
    let run = record(1 << 16, everything);
    assert!(run.polls() > 200);
    assert_eq!(run.poll_slices().len(), run.polls());
    let tracks = run.tracks();
    for slice in run.poll_slices() {
        let name = format!("task {}", slice["args"]["task"]);
        assert_eq!(
            tracks[&slice["tid"].as_u64().unwrap()].split(" (").next().unwrap().split(" `").next(),
            Some(&*name)
        );
    }
    let admitted = run.happened(|event| matches!(event.what, What::Admitted { .. }));
    assert_eq!(tracks.len(), 1 + admitted, "one a task, and the loop's: {tracks:?}");
}

/// Breaks if a poll goes by another name than that of the function which its task runs.
#[test]
fn a_polls_slice_has_the_name_of_its_tasks_function() {
    async fn fetch() {
        yield_now().await;
    }
    let run = record(1 << 16, || async {
        gather([fetch()]).await;
        spawn(fetch()).await.unwrap();
    });
    let names: Vec<_> = run.poll_slices().iter().map(|slice| slice["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["root", "fetch", "fetch", "root", "fetch", "fetch", "root"]);
}

#[test]
fn slices_nest_on_every_track() {
    let run = record(1 << 16, everything);
    assert_nested(&run);
    let event_polls = run.happened(|event| matches!(event.what, What::PollingEvents { .. }));
    assert_eq!(run.named("event poll").len(), event_polls);
    assert_eq!((run.named("block_on").len(), run.named("drop of the runtime").len()), (1, 1));
}

#[test]
fn the_loop_is_asleep_from_its_question_to_the_answer() {
    let run = record(1 << 16, everything);
    let asked = run.happened(|event| matches!(event.what, What::Asking { .. }));
    let waits = || run.named("asleep").into_iter().chain(run.named("ask the kernel"));
    assert_eq!(waits().count(), asked);
    let answers = run.recording.events.iter().filter(|event| matches!(event.what, What::Answered { .. }));
    let answers: BTreeSet<u64> = answers.map(|event| event.time.as_nanos() as u64).collect();
    assert!(waits().all(|wait| answers.contains(&wait.end)));
}

#[test]
fn no_task_is_polled_during_an_event_poll() {
    let run = record(1 << 16, everything);
    let polls: Vec<Span> = run.poll_slices().into_iter().map(span).collect();
    for waits in run.named("event poll") {
        assert!(!polls.iter().any(|poll| waits.begin < poll.end && poll.begin < waits.end), "{waits:?}");
    }
}

#[test]
fn an_arrow_leads_from_a_slice_to_the_poll_that_came_of_the_wake() {
    let run = record(1 << 16, everything);
    // Every poll in a run has been asked for inside of it.
    assert_eq!(assert_arrows(&run), run.polls());
}

#[test]
fn timers_and_sockets_are_marks_and_the_queue_is_a_counter() {
    let run = record(1 << 16, everything);
    let marks =
        |part: &str| run.phase("i").filter(|mark| mark["name"].as_str().unwrap().contains(part)).count();
    assert_eq!(marks("fires"), run.happened(|event| matches!(event.what, What::TimerFired { .. })));
    assert_eq!(marks("is ready"), run.happened(|event| matches!(event.what, What::SourceReady { .. })));
    assert!(marks("is ready") > 0);
    let lengths: Vec<u64> = run.phase("C").map(|event| event["args"]["tasks"].as_u64().unwrap()).collect();
    assert!(lengths.windows(2).all(|pair| pair[0].abs_diff(pair[1]) == 1), "{lengths:?}");
}

#[test]
fn a_root_that_panics_has_its_slice_until_the_runtime_is_left() {
    let run = record(1 << 16, || async {
        spawn(async { resume_unwind(Box::new("a task's own matter")) }).await.unwrap_err();
        yield_now().await;
        resume_unwind(Box::new("the root's"));
    });
    assert_eq!(run.poll_slices().len(), run.polls());
    assert_nested(&run);
    let outcomes: Vec<&str> =
        run.poll_slices().iter().map(|slice| slice["args"]["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["Pending", "Ready", "Pending", "panicked"]);
}

#[test]
fn a_runtime_that_is_dropped_inside_another_ones_task_is_not_in_its_recording() {
    let run = record(1 << 16, || async {
        let inner = Runtime::new().unwrap();
        drop(inner.spawn(pending::<()>()));
        yield_now().await;
        drop(inner);
        yield_now().await;
    });
    assert_nested(&run);
    assert_eq!(run.poll_slices().len(), run.polls());
    assert_eq!((run.named("block_on").len(), run.named("drop of the runtime").len()), (1, 1));
}

#[test]
fn what_is_left_of_a_long_run_is_as_valid() {
    for capacity in [1, 2, 10, 77, 300] {
        let run = record(capacity, everything);
        assert_eq!(run.json["otherData"]["lost"], run.recording.lost);
        assert!(run.recording.lost > 0);
        assert_eq!(run.poll_slices().len(), run.polls());
        assert_nested(&run);
        assert_arrows(&run);
    }
}
