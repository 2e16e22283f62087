//! Every example's own run keeps the invariants: the program is run as it is, writes what it
//! did as a page, and the page is read back, event by event.

use crate::common::checker::{Rules, check};
use crate::common::page;
use crate::peer::{Act, Peer};
use crate::record::record;
use crate::shelf::{Shelf, Way};
use shirr::trace::{Actor, Effect, Recording, What};
use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

/// What is done here about an entry of `examples/`.
enum Plan {
    /// It is run once with each of these arguments, and its recordings are checked.
    Runs(&'static [&'static [&'static str]]),
    /// It is not, for this reason.
    Not(&'static str),
}

use Plan::{Not, Runs};

const EXAMPLES: [(&str, Plan); 15] = [
    ("batch.rs", Runs(&[&["--items=3000"], &["--items=300", "--limit=1"]])),
    ("cache.rs", Not("an exploration of hundreds of runs, of which the tests of `explore` speak")),
    ("cancel.rs", Runs(&[&["--unit-ms=2"]])),
    ("dashboard.rs", Runs(&[&["--within-ms=100"], &["--within-ms=1"]])),
    ("delays.rs", Runs(&[&["--unit-ms=2"]])),
    ("download.rs", Runs(&[&["--files=20", "--delay-ms=1", "--folder=files"]])),
    ("errors.rs", Runs(&[&["--unit-ms=2"], &["--unit-ms=2", "--panic"]])),
    ("fetch_data.rs", Runs(&[&["--unit-ms=2"]])),
    (
        "fetch_status.rs",
        Runs(&[
            &["--requests=100", "--delay-ms=2", "--sequential=2", "--rounds=2"],
            &["--requests=60", "--delay-ms=1", "--sequential=1", "--limit=7"],
            &["--requests=20", "--delay-ms=500", "--sequential=1", "--timeout-ms=5"],
        ]),
    ),
    ("timeline.rs", Runs(&[&[".", "--unit-ms=2"]])),
    ("walk.rs", Runs(&[&[".", "--pause-ms=2"]])),
    ("study", Not("a package of its own, most of which knows nothing of shirr")),
    ("ecosystem", Not("a package of its own, with the same in its tests/trace.rs")),
    ("support", Not("parts of the others, and no program")),
    ("timeline.png", Not("a picture")),
];

/// Runs an example, in a folder of its own, and checks each recording that it has made;
/// returns them.
fn checked(example: &str, args: &[&str]) -> Vec<Recording> {
    let read = |file: &Path| page::read(&fs::read_to_string(file).unwrap(), Instant::now());
    let (_folder, recordings) = record(example, args, "html");
    let recordings: Vec<_> = recordings.iter().map(|file| read(file)).collect();
    for recording in &recordings {
        println!("{example} {args:?}: {} events", recording.events.len());
        check(recording, Rules::default());
    }
    recordings
}

fn count(recordings: &[Recording], what: impl Fn(&What) -> bool) -> usize {
    recordings.iter().flat_map(|recording| &recording.events).filter(|event| what(&event.what)).count()
}

#[test]
fn no_example_is_forgotten() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let there = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let named = EXAMPLES.iter().map(|(name, _)| (*name).to_owned());
    assert_eq!(there.collect::<BTreeSet<_>>(), named.collect());
    for (name, plan) in &EXAMPLES {
        match plan {
            Runs(runs) => assert!(name.ends_with(".rs") && !runs.is_empty(), "{name}"),
            Not(why) => println!("{name} is not run: {why}"),
        }
    }
}

#[test]
fn every_examples_own_run_keeps_every_invariant() {
    for (file, plan) in &EXAMPLES {
        let (Some(example), Runs(runs)) = (file.strip_suffix(".rs"), plan) else { continue };
        runs.iter().for_each(|args| drop(checked(example, args)));
    }
}

#[test]
fn a_client_of_servers_that_do_not_behave_keeps_them_too() {
    const ACTS: [Act; 8] = [
        Act::Answer,
        Act::Cut,
        Act::Chunks,
        Act::Reset,
        Act::UntilClose,
        Act::Stall,
        Act::AnswerOnce,
        Act::Close,
    ];
    let peer = Peer::start(|number| ACTS[number % ACTS.len()]);
    let url = format!("--url={}", peer.url());
    let seen = checked("fetch_status", &[&url, "--requests=40", "--sequential=1", "--timeout-ms=300"]);
    assert!(count(&seen, |what| matches!(what, What::TimerFired { .. })) > 0);
}

#[test]
fn files_that_come_damaged_or_not_at_all_keep_them_too() {
    let content: Vec<u8> = (0..20_000_u32).map(|i| (i * i) as u8).collect();
    let ways = [Way::Whole, Way::Cut, Way::Damaged, Way::Short].map(|way| (format!("{way:?}"), way));
    let files: Vec<_> = ways.iter().map(|(name, way)| (&**name, &content[..], *way)).collect();
    let shelf = Shelf::start(&files);
    let seen = checked("download", &[&format!("--url={}", shelf.url()), "--folder=files"]);
    assert!(count(&seen, |what| *what == What::Unblocking) > 0);
    let woken = seen[0].events.iter().any(|event| matches!(event.actor, Actor::Thread(_)));
    assert!(woken, "no helper thread left a message");
}

/// Whether nothing else in a recording need follow from such an event, so that no checker can tell
/// that it is missing.
fn is_without_consequence(what: &What) -> bool {
    use What::*;
    matches!(
        what,
        Gathering { .. }
            | Joining { .. }
            | Detached { .. }
            | ShuttingDown
            | Woken { effect: Effect::Merged, .. }
    )
}

#[test]
fn a_recording_of_an_example_with_one_event_left_out_breaks_an_invariant() {
    for example in ["cancel", "fetch_data"] {
        let [whole] = &checked(example, &["--unit-ms=2"])[..] else { panic!("it has one thread") };
        for at in 0..whole.events.len() {
            let mut tampered = whole.clone();
            let left_out = tampered.events.remove(at);
            (0..).zip(&mut tampered.events).for_each(|(number, event)| event.number = number);
            let found = catch_unwind(AssertUnwindSafe(|| check(&tampered, Rules::default()))).is_err();
            assert!(found || is_without_consequence(&left_out.what), "{example} without {left_out:?}");
        }
    }
}
