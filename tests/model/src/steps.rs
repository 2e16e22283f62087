//! The steps of an execution, for the reader of a failure.

use loom::thread::ThreadId;
use real::cell::RefCell;
use real::panic::Location;

struct Step {
    thread: ThreadId,
    at: &'static Location<'static>,
    what: &'static str,
    value: usize,
}

real::thread_local! {
    static STEPS: RefCell<Vec<Step>> = const { RefCell::new(Vec::new()) };
}

/// An execution begins.
pub(crate) fn begin() {
    STEPS.with_borrow_mut(Vec::clear);
}

/// The caller's caller has made a step, just now.
#[track_caller]
pub(crate) fn note(what: &'static str, value: usize) {
    let step = Step { thread: loom::thread::current().id(), at: Location::caller(), what, value };
    STEPS.with_borrow_mut(|steps| steps.push(step));
}

/// Says all steps of this execution in their order.
pub(crate) fn print() {
    STEPS.with_borrow(|steps| {
        for Step { thread, at, what, value } in steps {
            let file = at.file().rsplit('/').next().unwrap_or_default();
            eprintln!("{thread:?} {what} {value} at {file}:{}", at.line());
        }
    });
}
