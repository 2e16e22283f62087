//! What the checks of the exercises share: how an answer is judged, and the proof that a check
//! tells a right answer from a wrong one.
#![allow(dead_code, unreachable_pub)] // each test file uses a part

use std::any::Any;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::pin::Pin;
use std::{fs, future::Future};

/// What a check finds: nothing, or what it saw and what it expected.
pub type Found = Result<(), String>;

/// A future that has been given a place.
pub type Boxed<T> = Pin<Box<dyn Future<Output = T>>>;

/// The line in the head of an exercise that its reader removes in the end.
const NOT_SOLVED: &str = "//! Not solved yet.";

/// Compares what was seen with what was expected.
pub fn expect<T: Debug + PartialEq>(what: &str, seen: T, expected: T) -> Found {
    if seen == expected { Ok(()) } else { Err(format!("{what}: seen {seen:?}, expected {expected:?}")) }
}

/// The check of an exercise on the reader's answer.
///
/// # Panics
/// When the answer is wrong: with what was seen and what was expected.
pub fn demand(check: impl FnOnce() -> Found) {
    if let Err(found) = judge(check) {
        panic!("not yet: {found}");
    }
}

/// A panic of an answer is a wrong answer, too.
fn judge(check: impl FnOnce() -> Found) -> Found {
    catch_unwind(AssertUnwindSafe(check))
        .unwrap_or_else(|payload| Err(format!("it panicked: {}", words(&*payload))))
}

fn words(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref().copied()).unwrap_or("without a message")
}

/// The three answers that the check of an exercise is tried on.
pub struct Proof<S, R, W> {
    /// The file in which the reader works.
    pub exercise: S,
    /// What the check says of it, before the reader begins.
    pub starts_with: &'static str,
    /// The solution.
    pub solution: R,
    /// A likely wrong answer.
    pub wrong: W,
    /// What the check says of that.
    pub is_refused_with: &'static str,
}

impl<S: FnOnce() -> Found, R: FnOnce() -> Found, W: FnOnce() -> Found> Proof<S, R, W> {
    /// # Panics
    /// When the check takes a wrong answer for right, or the other way round.
    pub fn holds(self, number: u32) {
        assert_eq!(judge(self.solution), Ok(()), "the solution");
        refuses("the wrong answer", judge(self.wrong), self.is_refused_with);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("exercises/ex{number}.rs"));
        let text = fs::read_to_string(path).unwrap();
        if text.lines().any(|line| line == NOT_SOLVED) {
            let hint = format!("exercises/ex{number}.rs (is it solved? Then remove the line {NOT_SOLVED:?})");
            refuses(&hint, judge(self.exercise), self.starts_with);
        }
    }
}

fn refuses(answer: &str, found: Found, with: &str) {
    let found = found.expect_err(answer);
    println!("{answer}: {found}");
    assert!(found.contains(with), "{answer}: {found}");
}
