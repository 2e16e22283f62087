//! A future of a macro's, in an allocation of its own, and who holds that.

use super::read::Results;
use crate::task::{JoinError, MaybeDone};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// As its gather knows it: what it gives stays where it was, but for an error.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub struct AnyChild<T>(Pin<Rc<dyn Polled<T>>>);

/// What such a child leaves in the end. A drop that panics does not keep the others from being
/// dropped.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub struct Left<T>(Pin<Rc<dyn Leaves<T>>>);

trait Polled<T> {
    fn poll(self: Pin<&Self>, cx: &mut Context<'_>) -> Poll<T>;

    /// Drops the future if it has not ended, where a panic of that is the caller's.
    fn end(&self);
}

trait Leaves<T> {
    fn take(&self) -> Option<T>;

    /// Drops what it has left, if it has ended.
    fn discard(&self);
}

impl<F: Future> Polled<()> for MaybeDone<F> {
    fn poll(self: Pin<&Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(Poll::Ready(output)) = self.poll_bare(cx) else { return Poll::Pending };
        self.set(Some(Ok(output)));
        Poll::Ready(())
    }

    fn end(&self) {
        if !self.is_done() {
            self.set(None);
        }
    }
}

impl<T, E, F: Future<Output = Result<T, E>>> Polled<Result<(), E>> for MaybeDone<F> {
    fn poll(self: Pin<&Self>, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        let Some(Poll::Ready(output)) = self.poll_bare(cx) else { return Poll::Pending };
        Poll::Ready(match output {
            Err(error) => {
                self.set(None);
                Err(error)
            }
            value => {
                self.set(Some(Ok(value)));
                Ok(())
            }
        })
    }

    fn end(&self) {
        Polled::<()>::end(self);
    }
}

impl<F: Future> Leaves<F::Output> for MaybeDone<F> {
    fn take(&self) -> Option<F::Output> {
        MaybeDone::take(self)?.ok()
    }

    fn discard(&self) {
        if self.is_done() {
            MaybeDone::discard(self);
        }
    }
}

impl<T> Future for AnyChild<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.0.as_ref().poll(cx)
    }
}

impl<T> Drop for AnyChild<T> {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl<T> Left<T> {
    /// Of a child that has ended with it.
    #[doc(hidden)]
    pub fn output(&self) -> T {
        self.0.take().expect("every child has left its output")
    }

    /// The next child's result. Without one it was not started.
    #[doc(hidden)]
    pub fn result(&self, results: &mut Results) -> Result<T, JoinError> {
        results.next().unwrap_or_else(|| Err(JoinError::cancelled())).map(|()| self.output())
    }
}

impl<T, E> Left<Result<T, E>> {
    /// Of a child that has ended without an error.
    #[doc(hidden)]
    pub fn value(&self) -> T {
        self.output().unwrap_or_else(|_| unreachable!("a child that has failed leaves nothing"))
    }
}

impl<T> Drop for Left<T> {
    fn drop(&mut self) {
        self.0.discard();
    }
}

/// What [`gather!`](crate::gather!) makes of a future.
#[doc(hidden)]
pub fn child<F: Future<Output: 'static> + 'static>(future: F) -> (AnyChild<()>, Left<F::Output>) {
    let both = Rc::pin(MaybeDone::new(future, ()));
    (AnyChild(Pin::clone(&both) as _), Left(both))
}

/// The same for a value; an error is the child's own output.
#[doc(hidden)]
#[allow(clippy::type_complexity, reason = "named, it would be one more type to look up")]
pub fn try_child<F, T: 'static, E: 'static>(future: F) -> (AnyChild<Result<(), E>>, Left<Result<T, E>>)
where
    F: Future<Output = Result<T, E>> + 'static,
{
    let both = Rc::pin(MaybeDone::new(future, ()));
    (AnyChild(Pin::clone(&both) as _), Left(both))
}
