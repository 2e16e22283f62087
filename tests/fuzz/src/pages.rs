//! A recording in which every name is made of bytes, told as a page, a story or JSON. Beside it
//! one with harmless names. What the two differ in is the names.
//!
//! An input is told in one way, and few of its events are: a page is 150 KB before the first, and
//! a name that does harm does so in one event as in a thousand.

use crate::markup::Markup;
use crate::programs;
use serde_json::Value;
use shirr::trace::{Recorder, Recording, What};
use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::{Mutex, OnceLock};

include!(concat!(env!("OUT_DIR"), "/module.rs"));

/// What a byte of a name stands for, beside letters.
const PARTS: [&str; 32] = [
    "<",
    ">",
    "&",
    "\"",
    "'",
    "`",
    "</script>",
    "<script>",
    "<!--",
    "-->",
    "{{title}}",
    "{{data}}",
    "{{",
    "}}",
    "\u{202e}",
    "\u{2066}",
    "\u{200f}",
    "\n",
    "\r",
    "\0",
    "\u{1b}[2J",
    "\u{85}",
    "\u{2028}",
    "\\",
    "\\u003c",
    "]]>",
    "&lt;",
    "::",
    "{",
    " ",
    "\u{feff}",
    "\u{10ffff}",
];

/// What separates names.
const END: u8 = 0xff;

/// How many events are told at most; those before them are in the state that the first one finds.
const TOLD: usize = 60;

pub(crate) fn run(bytes: &[u8]) {
    let [way, length, rest @ ..] = bytes else { return };
    let (names, program) = rest.split_at(usize::from(*length).min(rest.len()));
    let recording = programs::recording(program);
    let names: Vec<String> = names.split(|byte| *byte == END).map(name).collect();
    let hostile = named(&recording, &names, hostile::line());
    match way % 8 {
        0 => check_page(&hostile, &names[0]),
        1..=3 => {
            let harmless: Vec<String> = (0..names.len()).map(|n| format!("name{n}")).collect();
            check_json(&hostile.to_json(), &named(&recording, &harmless, Location::caller()).to_json());
        }
        _ => check_story(&hostile),
    }
}

/// A recording without events, and so without names.
fn empty() -> Recording {
    Recorder::with_capacity(1).recording()
}

fn name(bytes: &[u8]) -> String {
    let part = |byte: &u8| match byte {
        b'a'..=b'z' => char::from(*byte).to_string(),
        byte => PARTS[usize::from(*byte) % PARTS.len()].to_owned(),
    };
    bytes.iter().map(part).collect()
}

/// A name that lives for ever, as those of types do; each is kept once.
fn kept(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap();
    if let Some(name) = names.get(name) {
        return name;
    }
    let name: &'static str = name.to_owned().leak();
    names.insert(name);
    name
}

/// The recording with these names for everything that has one, in turn.
fn named(recording: &Recording, names: &[String], line: &'static Location<'static>) -> Recording {
    let mut named = recording.clone();
    let mut next = names.iter().cycle().map(|name| kept(name));
    let mut next = || next.next().expect("there is at least one");
    let threads = named.threads.len().max(1);
    named.threads = (0..threads).map(|_| next().to_owned()).collect();
    for event in &mut named.events {
        match &mut event.what {
            What::Spawning { name, at } => (*name, *at) = (next(), line),
            What::Gathering { at } => *at = line,
            What::GatherBegan { name, .. } | What::SourceAdded { name, .. } => *name = next(),
            _ => {}
        }
    }
    if let [.., before, last] = &mut named.events[..] {
        before.what = What::SourceAdded { source: 0, name: next() };
        last.what = What::Failed { why: next().into() };
    }
    let folded = named.events.len().saturating_sub(TOLD);
    named.events.drain(..folded).for_each(|event| named.base.apply(&event));
    named
}

/// The page has the same tags and scripts, whatever the names are, and they are all in it.
fn check_page(recording: &Recording, title: &str) {
    static PLAIN: OnceLock<Markup<'static>> = OnceLock::new();
    let plain = PLAIN.get_or_init(|| Markup::new(empty().to_html("name").leak()));
    let page = recording.to_html(title);
    let markup = Markup::new(&page);
    assert_eq!(markup.tags, plain.tags);
    for ((tag, text), (_, plain)) in markup.scripts.iter().zip(&plain.scripts) {
        // A browser ends a script at its end tag only, unless it has met `<!--` and `<script`.
        assert!(text == plain || !text.contains('<'), "the script of <{tag}> differs");
    }
    for heading in [title.to_owned(), format!("{title} · shirr")] {
        assert!(markup.texts.iter().any(|text| unescaped(text) == heading), "{heading:?} is no heading");
    }
    let tables: Value = serde_json::from_str(markup.script("id=\"tables-data\"")).expect("it is JSON");
    assert_eq!(tables["threads"], Value::from(recording.threads.clone()));
    let strings: BTreeSet<&str> =
        tables["strings"].as_array().unwrap().iter().flat_map(Value::as_str).collect();
    for event in &recording.events {
        if let What::Spawning { name, at } = &event.what {
            assert!(strings.contains(name) && strings.contains(&*at.to_string()), "{name:?} at {at}");
        }
    }
    let _: Value = serde_json::from_str(markup.script("id=\"events-data\"")).expect("it is JSON");
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// The story has a line for each event, and none of its characters does anything but show.
fn check_story(recording: &Recording) {
    static HEADING: OnceLock<usize> = OnceLock::new();
    let heading = HEADING.get_or_init(|| empty().to_text().lines().count());
    let story = recording.to_text();
    assert_eq!(story.lines().count(), heading + recording.events.len(), "a name makes lines");
    let acts = story.chars().find(|c| *c != '\n' && (c.is_control() || directs(*c)));
    assert_eq!(acts, None, "a name has what a terminal does");
}

/// Whether it changes the direction of the text after it, or ends its line or its paragraph.
fn directs(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The JSON has the same events, in the same order.
fn check_json(json: &str, plain: &str) {
    let [kinds, plain] = [json, plain].map(|json| {
        let all: Value = serde_json::from_str(json).expect("it is JSON");
        let events = all["traceEvents"].as_array().expect("it has events").iter();
        events.map(|event| (event["ph"].clone(), event["tid"].clone())).collect::<Vec<_>>()
    });
    assert_eq!(kinds, plain);
}
