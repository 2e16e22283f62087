//! A future and, after it, its output, in one place that never moves.
//!
//! Tasks keep one in a box each, a gather keeps a slice of them, and a timeout is one with
//! a clock beside the future: all that this crate pins inside something else. Since a panic may come
//! from any line of a future, also from its drop, every step here ends in a defined stage.

use super::JoinError;
use crate::wake::quietly;
use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future with something beside it, then what became of it.
pub(crate) enum Stage<F: Future, S = ()> {
    /// The future, until it ends.
    Future(F, S),
    /// Its result; `None` once that was taken, or when nobody will ask.
    Done(Option<Result<F::Output, JoinError>>),
}

/// The two stages, borrowed.
pub(crate) enum View<'a, F: Future, S> {
    Future(Pin<&'a mut F>, &'a mut S),
    Done(&'a mut Option<Result<F::Output, JoinError>>),
}

impl<F: Future, S> Stage<F, S> {
    #[allow(unsafe_code)]
    pub(crate) fn view(self: Pin<&mut Self>) -> View<'_, F, S> {
        // SAFETY: the future is pinned whenever the stage is: it is handed out as a `Pin`
        // only, replaced by `Pin::set` only, which drops it in place, and `Stage` has no
        // `Drop` of its own. What lies beside it, and an output, are never pinned.
        unsafe {
            match self.get_unchecked_mut() {
                Self::Future(future, beside) => View::Future(Pin::new_unchecked(future), beside),
                Self::Done(result) => View::Done(result),
            }
        }
    }
}

impl<F: Future> Stage<F> {
    /// Polls the future. When it ends, by its output or by a panic, the stage is `Done`
    /// and the future has been dropped.
    pub(crate) fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let View::Future(future, ()) = self.as_mut().view() else {
                return Poll::Ready(()); // ended in an earlier poll
            };
            let Poll::Ready(output) = future.poll(cx) else { return Poll::Pending };
            self.as_mut().set(Self::Done(Some(Ok(output))));
            Poll::Ready(())
        }));
        polled.unwrap_or_else(|payload| {
            self.end(Some(Err(JoinError::panicked(payload))));
            Poll::Ready(())
        })
    }

    /// Drops what is here, whatever its drop does, and leaves `result` in its place.
    pub(crate) fn end(mut self: Pin<&mut Self>, result: Option<Result<F::Output, JoinError>>) {
        // Assigning over a value whose drop panics still assigns, so the stage is `Done`.
        quietly(|| self.set(Self::Done(result)));
    }

    /// The result, if the future has ended and nobody took it.
    pub(crate) fn result(&self) -> Option<&Result<F::Output, JoinError>> {
        match self {
            Self::Future(..) => None,
            Self::Done(result) => result.as_ref(),
        }
    }

    /// Takes the result, if the future has ended and nobody took it before.
    pub(crate) fn take(self: Pin<&mut Self>) -> Option<Result<F::Output, JoinError>> {
        match self.view() {
            View::Future(..) => None,
            View::Done(result) => result.take(),
        }
    }
}

/// A task with its types forgotten: what the slab keeps in a box.
pub(crate) trait Body {
    /// Polls; after `Ready` the output waits to be taken.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>;

    /// Drops the future; the task's result is `error`.
    fn fail(self: Pin<&mut Self>, error: JoinError);

    /// Moves the result into `place`, an `Option<Result<T, JoinError>>` of the task's `T`.
    fn take(self: Pin<&mut Self>, place: &mut dyn Any);
}

impl<F> Body for Stage<F>
where
    F: Future<Output: 'static> + 'static,
{
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Stage::poll(self, cx)
    }

    fn fail(self: Pin<&mut Self>, error: JoinError) {
        self.end(Some(Err(error)));
    }

    fn take(self: Pin<&mut Self>, place: &mut dyn Any) {
        let place = place.downcast_mut::<Option<Result<F::Output, JoinError>>>();
        *place.expect("a handle knows its task's type") = Stage::take(self);
    }
}
