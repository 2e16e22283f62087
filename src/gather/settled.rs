//! `gather().settled()`: every child's result, whatever it is, and `within` a time.

use super::engine::{Engine, ResultOf};
use super::rule::Output;
use crate::time::{Sleep, sleep};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// The future of [`Gather::settled`](super::Gather::settled).
///
/// Cancel safety: dropping it cancels every child that has not ended, and loses the results
/// of those that have; [`within`](Self::within) keeps them.
#[must_use = "futures do nothing unless awaited"]
pub struct Settled<I>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    engine: Engine<I, Output>,
    time: Option<Time>,
}

/// When a settled gather is cut short: a duration, which begins with the first poll.
enum Time {
    Given(Duration),
    Running(Sleep),
}

impl<I> Settled<I>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    #[track_caller]
    pub(super) fn new(mut engine: Engine<I, Output>) -> Self {
        engine.settle();
        Self { engine, time: None }
    }

    /// See [`Gather::limit`](super::Gather::limit).
    ///
    /// # Panics
    /// When `n` is zero; when the gather has begun.
    #[track_caller]
    pub fn limit(mut self, n: usize) -> Self {
        self.engine.limit(n);
        self
    }

    /// Waits for `duration` at most, counted from the first poll, and keeps what has ended
    /// by then: a child that has not is dropped, and its result is a cancelled
    /// [`JoinError`](crate::JoinError).
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
    pub fn within(mut self, duration: Duration) -> Self {
        self.time = Some(Time::Given(duration));
        self
    }

    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        match &mut self.time {
            None => false,
            Some(Time::Running(sleep)) => Pin::new(sleep).poll(cx).is_ready(),
            Some(Time::Given(duration)) => {
                let mut sleep = sleep(*duration);
                let over = Pin::new(&mut sleep).poll(cx).is_ready();
                self.time = Some(Time::Running(sleep));
                over
            }
        }
    }
}

// Nothing in it is pinned: the children lie in the batch, and the iterator may move.
impl<I> Unpin for Settled<I> where I: Iterator<Item: Future<Output: 'static> + 'static> {}

impl<I> Future for Settled<I>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    type Output = Vec<ResultOf<I>>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let results = match self.engine.poll_all(cx, |result| result) {
            Poll::Ready(Ok(results)) => results,
            Poll::Ready(Err(_)) => unreachable!("no result stops a settled gather"),
            Poll::Pending if self.is_over(cx) => self.engine.cut_short(|result| result),
            Poll::Pending => return Poll::Pending,
        };
        self.time = None; // with its timer, although the gather may be kept
        Poll::Ready(results)
    }
}

impl<I> fmt::Debug for Settled<I>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.engine.fmt("Settled", f)
    }
}
