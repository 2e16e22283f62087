//! A future and, after it, its output, where it never moves.
//!
//! A task is one on the heap, a gather keeps a slice of them, and a timeout is one with a
//! clock beside the future: all that this crate pins inside something else. Since a panic
//! may come from any line of a future, also from its drop, every step here ends in a
//! defined stage.

use super::JoinError;
use crate::trace;
use crate::wake::ignore_panics;
use std::cell::RefCell;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future, then what became of it, and something beside it all the time.
pub(crate) struct MaybeDone<F: Future, S = ()> {
    /// Borrowed while the future is polled or dropped: a borrow that is held while foreign
    /// code runs, since a pinned future cannot be taken out. So it is always asked
    /// for with `try_borrow_mut`, and a refusal means "on the stack already" (I3).
    stage: RefCell<Stage<F>>,
    pub(crate) beside: S,
}

enum Stage<F: Future> {
    /// The future, until it ends.
    Future(F),
    /// Its result; `None` once that was taken, or when no task will ask.
    Done(Option<Result<F::Output, JoinError>>),
}

/// Drops the future while its poll's panic unwinds, so that a lock that it holds is poisoned.
struct Unwinds<'a, F: Future>(&'a mut Stage<F>);

impl<F: Future> Drop for Unwinds<'_, F> {
    fn drop(&mut self) {
        ignore_panics(|| *self.0 = Stage::Done(None));
    }
}

impl<F: Future, S> MaybeDone<F, S> {
    pub(crate) fn new(future: F, beside: S) -> Self {
        Self { stage: RefCell::new(Stage::Future(future)), beside }
    }

    /// Polls the future. When it ends, by its output or by a panic, it has been dropped,
    /// its result is here, and `see` has been shown it. Once the result was taken it is
    /// `Pending` for ever.
    #[inline]
    pub(crate) fn poll<T>(
        self: Pin<&Self>,
        cx: &mut Context<'_>,
        see: impl FnOnce(&Result<F::Output, JoinError>) -> T,
    ) -> Poll<T> {
        let Ok(mut stage) = self.stage.try_borrow_mut() else { return Poll::Pending };
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let unwinds = Unwinds(&mut stage);
            if let Some(Poll::Ready(output)) = self.poll_in(unwinds.0, cx) {
                *unwinds.0 = Stage::Done(Some(Ok(output)));
            }
            mem::forget(unwinds);
        }));
        if let Err(payload) = polled {
            trace::emit!(Panicked);
            *stage = Stage::Done(Some(Err(JoinError::panicked(payload))));
        }
        match &*stage {
            Stage::Done(Some(result)) => Poll::Ready(see(result)),
            _ => Poll::Pending,
        }
    }

    /// Polls the future and leaves its output and its panic to the caller. `None` when
    /// there is no future any more.
    pub(crate) fn poll_bare(self: Pin<&Self>, cx: &mut Context<'_>) -> Option<Poll<F::Output>> {
        self.poll_in(&mut *self.stage.try_borrow_mut().ok()?, cx)
    }

    /// The stage is to be this one's own.
    #[allow(unsafe_code)]
    fn poll_in(self: Pin<&Self>, stage: &mut Stage<F>, cx: &mut Context<'_>) -> Option<Poll<F::Output>> {
        let Stage::Future(future) = stage else { return None };
        // SAFETY: the stage is a part of `self`, which is pinned. Its future is never
        // moved and nowhere else handed out; it is only overwritten, which drops it where it
        // is. `MaybeDone` has no `Drop` of its own.
        Some(unsafe { Pin::new_unchecked(future) }.poll(cx))
    }

    /// Stores a new future; the old one has ended and its result was taken.
    pub(crate) fn begin(&self, future: F) {
        *self.stage.borrow_mut() = Stage::Future(future);
    }

    /// Drops what is here and stores `result`. A future that is on the stack
    /// already is left alone.
    pub(crate) fn set(&self, result: Option<Result<F::Output, JoinError>>) {
        if let Ok(mut stage) = self.stage.try_borrow_mut() {
            *stage = Stage::Done(result);
        }
    }

    /// Drops what is here, whatever that does.
    pub(crate) fn discard(&self) {
        ignore_panics(|| self.set(None));
    }

    /// The same, and leaves word of it as the result: cancelled, or the panic of the drop.
    pub(crate) fn cancel(&self) {
        if let Ok(mut stage) = self.stage.try_borrow_mut() {
            let error = JoinError::cancelled_by(|| *stage = Stage::Done(None));
            *stage = Stage::Done(Some(Err(error)));
        }
    }

    /// Whether the future has ended.
    pub(crate) fn is_done(&self) -> bool {
        self.stage.try_borrow().is_ok_and(|stage| matches!(*stage, Stage::Done(_)))
    }

    /// Takes the result, if the future has ended and it was not taken before.
    pub(crate) fn take(&self) -> Option<Result<F::Output, JoinError>> {
        match &mut *self.stage.try_borrow_mut().ok()? {
            Stage::Future(_) => None,
            Stage::Done(result) => result.take(),
        }
    }
}
