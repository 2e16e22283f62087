//! A recording as a page: one file of HTML, with all that it shows in it.
//!
//! Here the file is put together. What it does is in the scripts beside this, one after
//! another in one scope: data.js reads what [`data`] has written, state.js and apply.js replay
//! it as [`State`](super::State) does, history.js goes through it once, words.js says it in
//! sentences, and glossary.js explains the words that DESIGN.md explains; scale.js, lanes.js and marks.js draw, gestures.js zooms and pans, panels.js
//! fills the tables, step.js goes from event to event, beside.js shows what an explored run
//! has that others have not, question.js makes questions of events, and lesson.js asks them.

#[cfg(feature = "explore")]
mod beside;
mod data;
mod design;
mod source;

use super::Recording;
use data::Data;
use serde_json::Value;
use std::hash::{DefaultHasher, Hash, Hasher};

const FRAME: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");

/// In the order in which they are run: each uses those before it.
const SCRIPTS: [&str; 16] = [
    include_str!("page/data.js"),
    include_str!("page/state.js"),
    include_str!("page/apply.js"),
    include_str!("page/history.js"),
    include_str!("page/words.js"),
    include_str!("page/glossary.js"),
    include_str!("page/scale.js"),
    include_str!("page/lanes.js"),
    include_str!("page/marks.js"),
    include_str!("page/gestures.js"),
    include_str!("page/panels.js"),
    include_str!("page/step.js"),
    include_str!("page/beside.js"),
    include_str!("page/question.js"),
    include_str!("page/lesson.js"),
    include_str!("page/main.js"),
];

impl Recording {
    /// The recording as a page to look at in a browser: every task a lane, every poll, every
    /// wake, and queue, slab, timers, sockets and gathers as they were after each event,
    /// step by step, forwards and backwards. `title` is its heading.
    ///
    /// The page is one file and asks no network for anything. An event takes about 30 bytes
    /// of it. Every browser since 2024 shows it.
    ///
    /// ```
    /// use shirr::trace::Recorder;
    ///
    /// let recorder = Recorder::new();
    /// let runtime = shirr::Runtime::builder().record(&recorder).build()?;
    /// runtime.block_on(shirr::yield_now());
    /// let page = recorder.recording().to_html("a yield");
    /// assert!(page.starts_with("<!doctype html>") && page.contains("<h1>a yield</h1>"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn to_html(&self, title: &str) -> String {
        page(title, &Data::of(self, &Value::Null), None)
    }
}

/// The page of this run; with another one, it can switch to that.
fn page(title: &str, run: &Data, other: Option<&Data>) -> String {
    // The policy lets nothing run but what carries this mark.
    let mut mark = DefaultHasher::new();
    (title, &run.tables, &run.events, other.map(|other| &other.tables)).hash(&mut mark);
    let mark = format!("{:016x}", mark.finish());
    fill(FRAME, |name| match name {
        "title" => escaped(title),
        "mark" => mark.clone(),
        "style" => STYLE.to_owned(),
        "data" => block("", run) + &other.map(|other| block("other-", other)).unwrap_or_default(),
        "script" => SCRIPTS.concat(),
        other => unreachable!("page.html has a gap for {other}"),
    })
}

/// A run as the scripts find it.
fn block(name: &str, Data { tables, events }: &Data) -> String {
    let tables = tables.replace('<', "\\u003c");
    format!(
        "<script type=\"application/json\" id=\"{name}tables-data\">{tables}</script>\n\
         <script type=\"application/json\" id=\"{name}events-data\">{events}</script>\n"
    )
}

/// The text with each `{{name}}` replaced, and nothing looked for in what replaces it.
fn fill(frame: &str, of: impl Fn(&str) -> String) -> String {
    let mut pieces = frame.split("{{");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, text) = piece.split_once("}}").expect("a gap in page.html has an end");
        filled.push_str(&of(name));
        filled.push_str(text);
    }
    filled
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
