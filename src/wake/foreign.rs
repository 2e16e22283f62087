//! Calling foreign code when no task asked for it, and keeping foreign wakers.
//!
//! A waker, a future's drop and an output's drop may be any code, and may panic. When a task
//! called them, the panic is that task's. When the loop does, no task awaits the answer, and
//! one panic must not keep the next task from being woken.

use super::{Key, waker};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// Runs `f`; a panic ends here, after the panic hook has reported it. Should the payload
/// panic in its own drop, what that panicked with is forgotten: it might go on for ever.
pub(crate) fn ignore_panics(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(another);
        }
    }
}

/// Has the cell hold `waker`, or one that wakes the same task (I5). Until the new one is
/// there the old one stays: a clone may panic.
pub(crate) fn keep_latest(cell: &Cell<Option<Waker>>, waker: &Waker) {
    let old = cell.take();
    let same = old.as_ref().is_some_and(|old| old.will_wake(waker));
    cell.set(old);
    if !same {
        drop(cell.replace(Some(waker.clone())));
    }
}

/// A waker that is no task's.
pub(crate) fn no_task() -> Waker {
    waker(Key::NO_TASK)
}
