//! `gather().settled()`: every child's result, whatever it is, and `within` a time.

use crate::gather::form::{Children, Form, Rule};
use crate::gather::plain::Gather;
use crate::gather::run::ResultOf;
use crate::task::JoinError;
use crate::time::{Sleep, sleep};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// The future of [`Gather::settled`].
pub type Settled<I> = Gather<I, Settle>;

/// No result ends the whole; all are given.
#[derive(Debug)]
pub enum Settle {}

impl<T> Rule<T> for Settle {
    fn stops(_: &Result<T, JoinError>) -> bool {
        false
    }
}

impl<T> Form<T> for Settle {
    type Output = Vec<Result<T, JoinError>>;

    fn all(results: impl Iterator<Item = Result<T, JoinError>>) -> Self::Output {
        results.collect()
    }
}

impl<I: Children> Gather<I> {
    /// Makes a panic of a child a value in the list, and nothing else: the others run on,
    /// and the output is a `Vec<Result<T, JoinError>>`. A child cannot be aborted; a
    /// cancelled one is what [`within`](Gather::within) cut short, or the end of the runtime.
    ///
    /// asyncio's `return_exceptions=True`. A child whose own output is a `Result` has both:
    /// `Ok(Err(..))` is an error that it returned, `Err(..)` a panic.
    ///
    /// Cancel safety: dropping it cancels every child that has not ended, and loses the results
    /// of those that have; [`within`](Gather::within) keeps them.
    ///
    /// # Panics
    /// When the gather has begun.
    ///
    /// ```
    /// shirr::block_on(async {
    ///     let slots = shirr::gather((0..3).map(|i| async move {
    ///         assert_ne!(i, 1, "one is not allowed");
    ///         i
    ///     })).settled().await;
    ///     assert_eq!(slots[0].as_ref().unwrap(), &0);
    ///     assert!(slots[1].as_ref().unwrap_err().is_panic());
    ///     assert_eq!(slots[2].as_ref().unwrap(), &2);
    /// });
    /// ```
    #[doc(alias = "return_exceptions")]
    #[doc(alias = "allSettled")]
    #[track_caller]
    pub fn settled(self) -> Gather<I, Settle> {
        self.with_rule()
    }
}

impl<I: Children> Gather<I, Settle> {
    /// Waits for `duration` at most, counted from the first poll, and keeps what has ended
    /// by then: a child that has not is dropped, and its result is a cancelled
    /// [`JoinError`].
    ///
    /// asyncio's `wait_for(gather(..), t)` loses the results that are there. Under a
    /// limit, children that had not been started have no result: the output is shorter.
    ///
    /// ```
    /// use shirr::{gather, time::sleep};
    /// use std::time::Duration;
    ///
    /// shirr::block_on(async {
    ///     let delays = [1, 60_000].map(|ms| sleep(Duration::from_millis(ms)));
    ///     let slots = gather(delays).settled().within(Duration::from_millis(20)).await;
    ///     assert!(slots[0].is_ok());
    ///     assert!(slots[1].as_ref().unwrap_err().is_cancelled());
    /// });
    /// ```
    #[doc(alias = "wait_for")]
    pub fn within(self, duration: Duration) -> Within<I> {
        Within { gather: self, time: Some(Time::Given(duration)) }
    }
}

/// The future of [`Gather::within`].
///
/// Cancel safety: dropping it cancels every child that has not ended, and loses the results
/// of those that have.
#[must_use = "futures do nothing unless awaited"]
pub struct Within<I: Children> {
    pub(super) gather: Gather<I, Settle>,
    time: Option<Time>,
}

/// When a settled gather is cut short: a duration, which begins with the first poll.
enum Time {
    Given(Duration),
    Running(Sleep),
}

impl<I: Children> Within<I> {
    /// See [`Gather::limit`].
    ///
    /// # Panics
    /// When `n` is zero; when the gather has begun.
    #[track_caller]
    pub fn limit(mut self, n: usize) -> Self {
        self.gather = self.gather.limit(n);
        self
    }

    /// Ends the children that run; their results say so.
    #[track_caller]
    fn cut_short(&mut self, cx: &Context<'_>) -> Poll<Vec<ResultOf<I>>> {
        self.gather.poll_started(cx.waker(), |gather| {
            gather.start_no_more();
            let batch = Pin::clone(gather.batch());
            batch.forget_parent(); // it is the caller
            for child in 0..batch.len() {
                if batch.remove_task(child) {
                    batch.cancel_child(child);
                }
            }
            gather.refill_all();
            Poll::Ready(gather.finish())
        })
    }

    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        if let Some(Time::Given(duration)) = self.time {
            self.time = Some(Time::Running(sleep(duration)));
        }
        match &mut self.time {
            Some(Time::Running(sleep)) => Pin::new(sleep).poll(cx).is_ready(),
            _ => false,
        }
    }
}

// Nothing in it is pinned: the children lie in the batch, and the iterator may move.
impl<I: Children> Unpin for Within<I> {}

impl<I: Children> Future for Within<I> {
    type Output = Vec<ResultOf<I>>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut polled = self.gather.poll_all(cx);
        if polled.is_pending() && self.is_over(cx) {
            polled = self.cut_short(cx);
        }
        if polled.is_ready() {
            self.time = None; // with its timer, although the gather may be kept
        }
        polled
    }
}

impl<I: Children> fmt::Debug for Within<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.gather.fmt_as("Within", f)
    }
}
