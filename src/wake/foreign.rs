//! Calling foreign code on nobody's behalf.
//!
//! A waker, a future's drop and an output's drop may be anybody's code, and may panic. When
//! a task called them, the panic is that task's. When the loop does, nobody awaits the
//! answer, and one stranger's panic must not keep the next one from being woken.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `f`; a panic ends here, after the panic hook has reported it. Should the payload
/// panic in its own drop, what that panicked with is forgotten: it might go on for ever.
pub(crate) fn quietly(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(another);
        }
    }
}
