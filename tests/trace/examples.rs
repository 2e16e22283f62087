//! The examples, recorded without a change of theirs: each page opens, and ends with nothing
//! left; each trace for Perfetto nests.

use crate::browser::{Browser, check_page};
use crate::record::record;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

const EXAMPLES: [(&str, &[&str]); 4] = [
    ("fetch_status", &["--requests=12", "--sequential=1", "--json"]),
    ("fetch_data", &["--unit-ms=2"]),
    ("cancel", &["--unit-ms=2"]),
    ("errors", &["--unit-ms=2"]),
];

#[test]
fn each_examples_page_is_stepped_through_to_a_state_with_nothing_left() {
    let Some(mut browser) = Browser::start("examples") else { return };
    for (example, args) in EXAMPLES {
        let (_folder, pages) = record(example, args, "html");
        let mut steps = 0;
        check_page(&mut browser, &pages[0], |_, _| steps += 1);
        println!("{example}: {steps} steps, there and back");
        if let Some(to) = env::var_os("SHIRR_PICTURES") {
            pictures(&mut browser, &Path::new(&to).join(example));
        }
    }
}

/// Pictures of the middle of a run, at both widths and in both schemes, for a person to see.
fn pictures(browser: &mut Browser, to: &Path) {
    fs::create_dir_all(to).unwrap();
    browser.eval("shirr.go(Math.floor(shirr.count / 2))");
    for (width, scheme) in [(1280, "light"), (1280, "dark"), (400, "light"), (400, "dark")] {
        browser.set_window(width, 800, scheme);
        browser.picture(&to.join(format!("{width}-{scheme}.png")));
    }
}

#[test]
fn slices_nest_in_each_examples_trace() {
    for (example, args) in EXAMPLES {
        let (_folder, traces) = record(example, args, "json");
        let text = fs::read_to_string(&traces[0]).unwrap();
        let trace: Value = serde_json::from_str(&text).unwrap();
        let mut tracks: BTreeMap<u64, Vec<(f64, f64)>> = BTreeMap::new();
        let events = trace["traceEvents"].as_array().unwrap();
        for slice in events.iter().filter(|event| event["ph"] == "X") {
            let [since, length] = ["ts", "dur"].map(|field| slice[field].as_f64().unwrap());
            tracks.entry(slice["tid"].as_u64().unwrap()).or_default().push((since, since + length));
        }
        assert!(tracks.len() > 2, "{example} has {} tracks", tracks.len());
        for (track, slices) in &mut tracks {
            slices.sort_by(|one, other| one.0.total_cmp(&other.0).then(other.1.total_cmp(&one.1)));
            assert_nested(slices, &format!("{example}, track {track}"));
        }
    }
}

/// Each slice ends before whatever it lies in does, or begins when that is over. Times are in
/// microseconds and exact to the nanosecond.
fn assert_nested(slices: &[(f64, f64)], of: &str) {
    let mut open: Vec<f64> = Vec::new();
    for &(since, until) in slices {
        while open.last().is_some_and(|end| *end <= since + 0.0005) {
            open.pop();
        }
        assert!(open.last().is_none_or(|end| until <= end + 0.0005), "{of}: {since} to {until} in {open:?}");
        open.push(until);
    }
}
