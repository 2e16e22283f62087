//! Whether the models see what they are there for.

#[path = "../faults.rs"]
mod faults;

use faults::{FAULTS, HELPERS, INBOX};
use std::any::Any;
use std::path::Path;
use std::{fs, panic};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap()
}

/// Whether a model has failed by a lost wake or by what it asserts, and not by a slip.
fn is_finding(failure: &(dyn Any + Send)) -> bool {
    let text = failure.downcast_ref::<String>().map(String::as_str);
    let text = text.or(failure.downcast_ref::<&str>().copied()).unwrap_or_default();
    text.starts_with("deadlock") || text.starts_with("assertion")
}

#[test]
fn every_seeded_fault_is_caught() {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let is_caught = |model: &fn()| panic::catch_unwind(model).is_err_and(|failure| is_finding(&*failure));
    let tried = FAULTS.iter().zip(model::faulty::MODELS).map(|(fault, model)| (fault.name, is_caught(model)));
    let missed: Vec<_> = tried.filter(|(_, caught)| !caught).collect();
    panic::set_hook(hook);
    assert!(missed.is_empty(), "{missed:#?}");
    assert_eq!(FAULTS.len(), model::faulty::MODELS.len());
}

#[test]
fn every_fault_finds_its_place_in_the_source() {
    for fault in FAULTS {
        let (_, found) = fault.seed(&read(fault.file.path));
        assert!(found, "{}: {} has changed", fault.name, fault.file.path);
    }
}

#[test]
fn every_promise_is_tried_and_broken_by_some_fault() {
    let tests = read("tests/model/tests/promises.rs");
    for file in [&INBOX, &HELPERS] {
        for line in read(file.models).lines() {
            let Some(promise) = line.strip_prefix("pub fn ").and_then(|rest| rest.strip_suffix("() {"))
            else {
                continue;
            };
            assert!(tests.lines().any(|line| line.trim() == promise), "{promise} is not tried");
            assert!(FAULTS.iter().any(|fault| fault.breaks == promise), "{promise} cannot be broken");
        }
    }
}
