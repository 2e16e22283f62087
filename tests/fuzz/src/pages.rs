//! A recording in which every name is made of bytes, told in all ways: as a page, a story and
//! JSON. Beside it the same one with harmless names. What the two differ in is the names.

use crate::markup::Markup;
use crate::programs;
use serde_json::Value;
use shirr::trace::{Recording, What};
use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::Mutex;

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

pub(crate) fn run(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first() else { return };
    let (names, program) = rest.split_at(usize::from(*length).min(rest.len()));
    let recording = programs::recording(program);
    let names: Vec<String> = names.split(|byte| *byte == END).map(name).collect();
    let harmless: Vec<String> = (0..names.len()).map(|n| format!("name{n}")).collect();
    let [hostile, plain] = [(&names, hostile::line()), (&harmless, Location::caller())]
        .map(|(names, line)| (named(&recording, names, line), names[0].as_str()));
    check_page(&hostile, &plain);
    check_story(&hostile.0.to_text(), &plain.0.to_text());
    check_json(&hostile.0.to_json(), &plain.0.to_json());
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
    if let Some(last) = named.events.last_mut() {
        last.what = What::Failed { why: next().into() };
    }
    named
}

/// The page has the same tags and scripts, whatever the names are, and they are all in it.
fn check_page((recording, title): &(Recording, &str), (plain, plain_title): &(Recording, &str)) {
    let [page, plain_page] = [recording.to_html(title), plain.to_html(plain_title)];
    let [markup, plain_markup] = [&page, &plain_page].map(|page| Markup::new(page));
    assert_eq!(markup.tags, plain_markup.tags);
    for ((tag, text), (_, plain)) in markup.scripts.iter().zip(&plain_markup.scripts) {
        // A browser ends a script at its end tag only, unless it has met `<!--` and `<script`.
        assert!(text == plain || !text.contains('<'), "the script of <{tag}> differs");
    }
    for heading in [(*title).to_owned(), format!("{title} · shirr")] {
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
fn check_story(story: &str, plain: &str) {
    assert_eq!(story.lines().count(), plain.lines().count(), "a name makes lines");
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
