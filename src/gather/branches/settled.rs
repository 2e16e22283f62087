//! `gather().settled()`: every child's result, whatever it is, and `within` a time.

use crate::gather::engine::{Engine, ResultOf};
use crate::gather::form::{Form, Rule};
use crate::gather::plain::Gather;
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
    type Kept = Result<T, JoinError>;
    type Output = Vec<Result<T, JoinError>>;

    fn keep(result: Result<T, JoinError>) -> Result<T, JoinError> {
        result
    }

    fn output(all: Result<Vec<Result<T, JoinError>>, T>) -> Vec<Result<T, JoinError>> {
        all.unwrap_or_else(|_| unreachable!("no result stops a settled gather"))
    }
}

impl<I> Gather<I>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    /// Makes a panic of a child a value in its place, and nothing else: the others run on,
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
        Gather { engine: self.engine.turned() }
    }
}

impl<I> Gather<I, Settle>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
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
        Within { engine: self.engine, time: Some(Time::Given(duration)) }
    }
}

/// The future of [`Gather::within`].
///
/// Cancel safety: dropping it cancels every child that has not ended, and loses the results
/// of those that have.
#[must_use = "futures do nothing unless awaited"]
pub struct Within<I>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    engine: Engine<I, Settle>,
    time: Option<Time>,
}

/// When a settled gather is cut short: a duration, which begins with the first poll.
enum Time {
    Given(Duration),
    Running(Sleep),
}

impl<I> Within<I>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    /// See [`Gather::limit`].
    ///
    /// # Panics
    /// When `n` is zero; when the gather has begun.
    #[track_caller]
    pub fn limit(mut self, n: usize) -> Self {
        self.engine.limit(n);
        self
    }

    /// Ends the children that run; what they would have given is an error that says so.
    #[track_caller]
    fn cut_short(&mut self) -> Vec<ResultOf<I>> {
        let mut turn = self.engine.turn();
        turn.start_no_more();
        let batch = turn.batch();
        batch.forget_listener(); // it is the caller
        for place in 0..batch.len() {
            if let Some(slot) = batch.take_slot(place) {
                batch.tasks.disown(slot);
                batch.cancel_place(place);
            }
        }
        turn.refill_all();
        turn.take_all()
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
impl<I> Unpin for Within<I> where I: Iterator<Item: Future<Output: 'static> + 'static> {}

impl<I> Future for Within<I>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    type Output = Vec<ResultOf<I>>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let results = match self.engine.poll_all(cx) {
            Poll::Ready(results) => Settle::output(results),
            Poll::Pending if self.is_over(cx) => self.cut_short(),
            Poll::Pending => return Poll::Pending,
        };
        self.time = None; // with its timer, although the gather may be kept
        Poll::Ready(results)
    }
}

impl<I> fmt::Debug for Within<I>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.engine.fmt("Within", f)
    }
}
