//! The events of the format, one by one, with the fields that each needs.

use serde_json::{Value, json};
use std::cmp::Reverse;
use std::time::Duration;

/// All is one process, since a recording is of one thread.
const PROCESS: u64 = 1;

/// What was written so far.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    written: Vec<Written>,
    arrows: u64,
}

#[derive(Debug)]
struct Written {
    /// Names come first. Of what begins at one time, slices come before marks in them, and
    /// the longer slice, which is around the other, before the shorter one.
    order: (Option<Duration>, bool, Reverse<Duration>),
    json: String,
}

/// A time with a length on a track.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) name: String,
    pub(super) category: &'static str,
    pub(super) since: Duration,
    pub(super) track: u64,
    pub(super) args: Value,
}

/// Where an arrow begins.
#[derive(Debug)]
pub(super) struct Arrow {
    pub(super) name: &'static str,
    pub(super) time: Duration,
    pub(super) track: u64,
}

impl Sheet {
    pub(super) fn name_process(&mut self, name: &str) {
        self.meta("process_name", 1, json!({ "name": name }));
    }

    /// Tracks are shown in the order of their numbers.
    pub(super) fn name_track(&mut self, track: u64, name: &str) {
        self.meta("thread_name", track, json!({ "name": name }));
        self.meta("thread_sort_index", track, json!({ "sort_index": track }));
    }

    pub(super) fn slice(&mut self, slice: &Slice, end: Duration) {
        let Slice { name, category, since, track, args } = slice;
        let duration = end.saturating_sub(*since);
        let json = json!({
            "ph": "X", "name": name, "cat": category, "pid": PROCESS, "tid": track,
            "ts": micros(*since), "dur": micros(duration), "args": args,
        });
        self.write((Some(*since), false, Reverse(duration)), &json);
    }

    /// Both ends have a name, a category and an id in common. The second one is bound to the
    /// slice around it; without a word on that it would be bound to the next.
    pub(super) fn arrow(&mut self, from: &Arrow, to: Duration, track: u64) {
        self.arrows += 1;
        let (name, id) = (from.name, self.arrows);
        let start = json!({
            "ph": "s", "name": name, "cat": "wake", "id": id, "pid": PROCESS, "tid": from.track,
            "ts": micros(from.time),
        });
        let finish = json!({
            "ph": "f", "bp": "e", "name": name, "cat": "wake", "id": id, "pid": PROCESS, "tid": track,
            "ts": micros(to),
        });
        self.point(from.time, &start);
        self.point(to, &finish);
    }

    pub(super) fn instant(&mut self, name: &str, time: Duration, track: u64, args: &Value) {
        let json = json!({
            "ph": "i", "s": "t", "name": name, "cat": "mark", "pid": PROCESS, "tid": track,
            "ts": micros(time), "args": args,
        });
        self.point(time, &json);
    }

    pub(super) fn counter(&mut self, name: &str, time: Duration, track: u64, args: &Value) {
        let json = json!({
            "ph": "C", "name": name, "pid": PROCESS, "tid": track, "ts": micros(time), "args": args,
        });
        self.point(time, &json);
    }

    /// The file, with each event on a line of its own.
    pub(super) fn finish(mut self, about: &Value) -> String {
        self.written.sort_by_key(|written| written.order);
        let events: Vec<String> = self.written.into_iter().map(|written| written.json).collect();
        let events = events.join(",\n");
        format!("{{\"traceEvents\":[\n{events}\n],\"displayTimeUnit\":\"ns\",\"otherData\":{about}}}\n")
    }

    fn meta(&mut self, name: &str, track: u64, args: Value) {
        let json = json!({ "ph": "M", "name": name, "pid": PROCESS, "tid": track, "args": args });
        self.write((None, false, Reverse(Duration::ZERO)), &json);
    }

    fn point(&mut self, time: Duration, json: &Value) {
        self.write((Some(time), true, Reverse(Duration::ZERO)), json);
    }

    fn write(&mut self, order: (Option<Duration>, bool, Reverse<Duration>), json: &Value) {
        self.written.push(Written { order, json: json.to_string() });
    }
}

fn micros(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e3
}
