//! Recordings: what is recorded, the text, the file, the page; what needs a browser, too. It is one
//! program, which is empty without the feature.
#![cfg(feature = "trace")]

#[path = "../common/browser.rs"]
#[cfg(unix)]
mod browser;
#[path = "../common/mod.rs"]
mod common;
#[path = "../examples/peer.rs"]
#[allow(dead_code, reason = "shared with the tests of the examples")]
mod peer;
#[path = "../examples/record.rs"]
mod record;
#[path = "../examples/run.rs"]
#[allow(dead_code, reason = "shared with the tests of the examples")]
mod run;
#[path = "../examples_gather/shelf.rs"]
#[allow(dead_code, reason = "shared with the tests of the examples")]
mod shelf;

mod everything;
#[cfg(unix)]
mod states;

mod checker;
mod events;
#[cfg(unix)]
mod examples;
mod examples_checked;
#[cfg(feature = "explore")]
mod explored;
mod file;
mod handover;
mod invariants;
mod invariants_outside;
mod json;
mod left;
mod off;
mod origins;
#[cfg(unix)]
mod page;
#[cfg(unix)]
mod page_controls;
#[cfg(all(feature = "explore", unix))]
mod page_explored;
#[cfg(unix)]
mod page_lesson;
#[cfg(unix)]
mod page_reader;
mod page_text;
mod replay;
mod stuck;
mod text;
mod waiting;
mod waits;
#[cfg(target_os = "linux")]
mod walks;
#[cfg(unix)]
mod words;
