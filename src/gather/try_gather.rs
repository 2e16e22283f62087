//! `try_gather`: every child's value, or the first error.

use super::engine::Engine;
use super::rule::Value;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Runs all futures at once; returns their values in input order, or the first error.
///
/// The first error *in time* is returned as soon as it comes, however many children before
/// it are pending; a tie goes to the child that was polled first. The siblings have been
/// dropped by then, and none of them was polled after the error. asyncio's `gather` lets
/// them run on: that is [`detach_on_error`](TryGather::detach_on_error).
///
/// The error is moved, not cloned. Values of children that ended before it are dropped.
/// Everything else is as with [`gather`](super::gather()), also a child's panic, and what
/// stands there of handles: dropping one leaves its task running.
///
/// Cancel safety: dropping it cancels every child that has not ended, and loses the values
/// of those that have.
///
/// # Panics
/// See [`gather`](super::gather()).
///
/// ```
/// use shirr::try_gather;
///
/// shirr::block_on(async {
///     let parse = |text: &'static str| async move { text.parse::<u8>() };
///     assert_eq!(try_gather([parse("1"), parse("2")]).await, Ok(vec![1, 2]));
///     assert!(try_gather([parse("1"), parse("many")]).await.is_err());
/// });
/// ```
///
/// The output of a handle is the task's own in a `Result` of the handle's, so `try_gather` over
/// handles stops at a panic or an abort, and takes an error that a task returns for a value. One
/// `async` block makes both the child's error:
///
/// ```
/// use shirr::{spawn, try_gather};
/// use std::error::Error;
///
/// shirr::block_on(async {
///     let tasks = ["1", "many"].map(|text| spawn(async move { text.parse::<u8>() }));
///     let values = try_gather(tasks.map(|task| async { Ok::<_, Box<dyn Error>>(task.await??) }));
///     assert_eq!(values.await.unwrap_err().to_string(), "invalid digit found in string");
/// });
/// ```
#[doc(alias = "try_join_all")]
#[cfg_attr(feature = "trace", track_caller)]
pub fn try_gather<I, T, E>(futures: I) -> TryGather<I::IntoIter>
where
    I: IntoIterator,
    I::Item: Future<Output = Result<T, E>> + 'static,
    T: 'static,
    E: 'static,
{
    TryGather { engine: Engine::new(futures.into_iter(), false) }
}

/// The future of [`try_gather`].
#[must_use = "futures do nothing unless awaited"]
pub struct TryGather<I>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    engine: Engine<I, Value>,
}

impl<I, T, E> TryGather<I>
where
    I: Iterator<Item: Future<Output = Result<T, E>> + 'static>,
    T: 'static,
    E: 'static,
{
    /// See [`Gather::limit`](super::Gather::limit).
    ///
    /// # Panics
    /// When `n` is zero; when the gather has begun.
    #[track_caller]
    pub fn limit(mut self, n: usize) -> Self {
        self.set_limit(n);
        self
    }

    #[track_caller]
    pub(super) fn set_limit(&mut self, n: usize) {
        self.engine.limit(n);
    }

    /// Lets the siblings run on after an error, as asyncio does; what they give is dropped.
    /// Children that a limit had not yet let start do not start.
    ///
    /// Dropping the gather still cancels all, and so does a child's panic.
    ///
    /// # Panics
    /// When the gather has begun.
    ///
    /// ```
    /// use std::{cell::Cell, rc::Rc};
    ///
    /// shirr::block_on(async {
    ///     let done = Rc::new(Cell::new(false));
    ///     let slow = Rc::clone(&done);
    ///     let error = shirr::try_gather!(
    ///         async { Err::<(), _>("no") },
    ///         async move {
    ///             shirr::yield_now().await;
    ///             slow.set(true);
    ///             Ok(())
    ///         },
    ///     ).detach_on_error().await;
    ///     assert_eq!(error, Err("no"));
    ///     shirr::yield_now().await;
    ///     assert!(done.get());
    /// });
    /// ```
    #[track_caller]
    pub fn detach_on_error(mut self) -> Self {
        self.set_detach();
        self
    }

    #[track_caller]
    pub(super) fn set_detach(&mut self) {
        self.engine.detach_on_error();
    }
}

// Nothing in it is pinned: the children lie in the batch, and the iterator may move.
impl<I> Unpin for TryGather<I> where I: Iterator<Item: Future<Output: 'static> + 'static> {}

impl<I, T, E> Future for TryGather<I>
where
    I: Iterator<Item: Future<Output = Result<T, E>> + 'static>,
    T: 'static,
    E: 'static,
{
    type Output = Result<Vec<T>, E>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = self.engine.poll_all(cx, |result| match result {
            Ok(Ok(value)) => value,
            _ => unreachable!("an error would have ended the gather"),
        });
        Poll::Ready(ready!(polled).map_err(|result| match result {
            Err(error) => error,
            Ok(_) => unreachable!("a value does not end a gather"),
        }))
    }
}

impl<I> fmt::Debug for TryGather<I>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.engine.fmt("TryGather", f)
    }
}
