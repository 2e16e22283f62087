//! The examples of the gather family do what they say.
//!
//! Each program is run as a reader would run it, and what it prints and leaves behind is
//! checked. `cargo test` builds the examples before it runs this; `cargo test --test
//! examples_gather` takes them as they were last built. `queries` has its test beside it, in
//! `examples/ecosystem/`.

#[path = "examples_gather/download.rs"]
mod download;
#[path = "examples_gather/names.rs"]
mod names;
#[cfg(unix)]
#[path = "examples_gather/places.rs"]
mod places;
#[path = "examples_gather/programs.rs"]
mod programs;
#[allow(dead_code, reason = "a part of it is for fetch_status alone")]
#[path = "examples/run.rs"]
mod run;
#[path = "examples_gather/shelf.rs"]
mod shelf;
#[cfg(all(feature = "trace", unix))]
#[path = "examples_gather/timeline.rs"]
mod timeline;
