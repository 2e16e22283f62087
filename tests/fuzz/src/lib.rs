//! Targets for a fuzzer: each takes bytes, makes something of them, and panics if a promise is
//! broken by it. `tests/README.md` says how they are run.
//!
//! The programs, the models and the checkers are those of the other tests; the bytes say which of
//! the steps that those can make a program is made of.
//!
//! On any toolchain a target also runs on files that are there, which `tests/corpus.rs` does:
//!
//! ```text
//! cargo run -p fuzz --bin programs -- tests/fuzz/corpus/programs/*
//! ```

#[path = "../../../examples/support/chunks.rs"]
mod chunks;
#[path = "../../common/mod.rs"]
mod common;
#[path = "../../../examples/support/error.rs"]
#[allow(dead_code, reason = "shared with the examples")]
mod error;
#[path = "../../../examples/support/head.rs"]
#[allow(dead_code, reason = "shared with the examples")]
mod head;
#[path = "../../../examples/support/http.rs"]
mod http;
#[path = "../../../examples/support/url.rs"]
mod url;

mod answers;
mod gathers;
mod markup;
mod pages;
mod programs;
mod timers;
mod urls;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::{env, fs};

#[cfg(fuzzing)]
#[doc(hidden)]
pub use libfuzzer_sys;

/// A target.
pub type Target = fn(&[u8]);

/// Each target with its name, which its folder in `corpus/` has, too.
pub const TARGETS: [(&str, Target); 6] = [
    ("gathers", gathers),
    ("http", http),
    ("pages", pages),
    ("programs", programs),
    ("timers", timers),
    ("url", url),
];

/// A tree of gathers of all forms, and its drop at some time, do what a model says.
pub fn gathers(bytes: &[u8]) {
    gathers::run(bytes);
}

/// An answer is the same, whole and byte by byte, and what its reader keeps is bounded.
pub fn http(bytes: &[u8]) {
    answers::run(bytes);
}

/// No name of a task, a thread or a file leaves its place in a page or a text of the trace.
pub fn pages(bytes: &[u8]) {
    pages::run(bytes);
}

/// Every event of a program keeps the invariants, and all books say the same.
pub fn programs(bytes: &[u8]) {
    programs::run(bytes);
}

/// The timer wheel fires like a sorted list.
pub fn timers(bytes: &[u8]) {
    timers::run(bytes);
}

/// A URL that is taken makes one request of one line and its fields, and prints as itself.
pub fn url(bytes: &[u8]) {
    urls::run(bytes);
}

/// The entry of a program for one target.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $crate::$name(bytes));

        #[cfg(not(fuzzing))]
        fn main() {
            $crate::replay($crate::$name);
        }
    };
}

/// Gives the target each file that is named on the command line, until one makes it panic.
///
/// # Panics
/// When a file cannot be read, and as the target does.
pub fn replay(target: Target) {
    for file in env::args().skip(1) {
        println!("{file}");
        target(&fs::read(&file).unwrap_or_else(|error| panic!("{file}: {error}")));
    }
}

/// Values of a strategy, `most` at most. Each is made of the next four bytes, as the seed of its
/// random numbers: so a fuzzer leaves one out, puts it twice, or has another in its place.
fn generated<S: Strategy>(strategy: &S, bytes: &[u8], most: usize) -> Vec<S::Value> {
    let value = |seed: &[u8]| {
        let seed = [seed, &[1; 12]].concat(); // all zeros would be no seed
        let rng = TestRng::from_seed(RngAlgorithm::XorShift, &seed);
        let config = Config { failure_persistence: None, ..Config::default() };
        strategy.new_tree(&mut TestRunner::new_with_rng(config, rng)).ok().map(|tree| tree.current())
    };
    bytes.chunks_exact(4).take(most).filter_map(value).collect()
}
