//! `as_completed`: each child's output when it comes.

use crate::gather::form::{Children, Rule, raise};
use crate::gather::plain::Gather;
use crate::task::JoinError;
use crate::trace;
use crate::wake::budget;
use std::fmt;
use std::future::{Future, poll_fn};
use std::task::{Context, Poll, ready};

/// Runs all futures at once; gives their outputs as they end, each with its input position. Which
/// of two that become ready together ends first is not promised.
///
/// The children start when [`next`](AsCompleted::next) is first polled. Everything else is
/// as with [`gather`](crate::gather::gather()): dropping it cancels what has not ended, and a child
/// that panics has its siblings dropped and the panic go on in the caller of `next`, after the
/// outputs that came before it. None of the siblings is polled after the panic.
///
/// With [`limit`](AsCompleted::limit), memory is for that many children, however many items
/// the iterator has, and an endless one is fine.
///
/// ```
/// use shirr::{as_completed, time::sleep};
/// use std::time::Duration;
///
/// shirr::block_on(async {
///     let mut delays = as_completed([30, 1].map(|ms| async move {
///         sleep(Duration::from_millis(ms)).await;
///         ms
///     }));
///     assert_eq!(delays.next().await, Some((1, 1)));
///     assert_eq!(delays.next().await, Some((0, 30)));
///     assert_eq!(delays.next().await, None);
/// });
/// ```
#[doc(alias = "FuturesUnordered")]
#[cfg_attr(feature = "trace", track_caller)]
pub fn as_completed<I>(futures: I) -> AsCompleted<I::IntoIter>
where
    I: IntoIterator,
    I::Item: Future<Output: 'static> + 'static,
{
    AsCompleted { gather: Gather::new(futures.into_iter()) }
}

/// What the caller has of each result.
pub trait OneByOne<T>: Rule<T> {
    type Output;

    fn one(result: Result<T, JoinError>) -> Self::Output;
}

/// Each output when it comes. A child without one ends the whole.
#[derive(Debug)]
pub enum Each {}

impl<T> Rule<T> for Each {
    const ONE_BY_ONE: bool = true;

    fn stops(result: &Result<T, JoinError>) -> bool {
        result.is_err()
    }
}

impl<T> OneByOne<T> for Each {
    type Output = T;

    fn one(result: Result<T, JoinError>) -> T {
        result.unwrap_or_else(|error| raise(error))
    }
}

/// Each result when it comes, whatever it is.
#[derive(Debug)]
pub enum EachSettled {}

impl<T> Rule<T> for EachSettled {
    const ONE_BY_ONE: bool = true;

    fn stops(_: &Result<T, JoinError>) -> bool {
        false
    }
}

impl<T> OneByOne<T> for EachSettled {
    type Output = Result<T, JoinError>;

    fn one(result: Result<T, JoinError>) -> Self::Output {
        result
    }
}

/// What [`as_completed`] returns: not a future itself, but a source of many.
#[must_use = "nothing runs unless `next` is awaited"]
pub struct AsCompleted<I: Children, F = Each> {
    gather: Gather<I, F>,
}

/// What [`AsCompleted::settled`] returns.
pub type AsCompletedSettled<I> = AsCompleted<I, EachSettled>;

impl<I: Children> AsCompleted<I> {
    /// Makes a panic of a child a value, and nothing else: the others run on, and
    /// [`next`](AsCompleted::next) gives a `Result<T, JoinError>` beside the position, as
    /// [`Gather::settled`](crate::Gather::settled) does in its list.
    ///
    /// # Panics
    /// When the children have started.
    ///
    /// ```
    /// shirr::block_on(async {
    ///     let divide = |by: u8| async move { 6 / by };
    ///     let mut all = shirr::as_completed([0, 2].map(divide)).settled();
    ///     let (position, result) = all.next().await.unwrap();
    ///     assert!(position == 0 && result.unwrap_err().is_panic());
    ///     assert_eq!(all.next().await.unwrap().1.unwrap(), 3);
    /// });
    /// ```
    #[track_caller]
    pub fn settled(self) -> AsCompletedSettled<I> {
        AsCompleted { gather: self.gather.with_rule() }
    }
}

impl<I: Children, F: OneByOne<I::Output>> AsCompleted<I, F> {
    /// See [`Gather::limit`](crate::gather::Gather::limit). A child that has ended counts
    /// until `next` gives its output, so a caller that is slow to ask lets no more start.
    ///
    /// # Panics
    /// When `n` is zero; when the children have started.
    #[track_caller]
    pub fn limit(mut self, n: usize) -> Self {
        self.gather = self.gather.limit(n);
        self
    }

    /// Waits for the next child to end; gives its input position and its output, or `None`
    /// when there are no more, also after the panic of a child.
    ///
    /// Cancel safe: dropping this future loses nothing, and the children run on
    /// meanwhile.
    ///
    /// # Panics
    /// With the panic of a child; and when first polled with no shirr runtime on the thread,
    /// or later while the runtime of the children is not the one that runs here.
    pub async fn next(&mut self) -> Option<(usize, F::Output)> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// How many outputs there are to come, should no child panic: at least, and at most.
    #[cfg(feature = "futures")]
    pub(crate) fn size_hint(&self) -> (usize, Option<usize>) {
        self.gather.results_left()
    }

    /// Whether there are no more.
    #[cfg(feature = "futures")]
    pub(crate) fn is_over(&self) -> bool {
        self.gather.is_over()
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        if self.gather.is_over() {
            return budget::poll_step(cx).map(|()| None);
        }
        self.gather.poll_started(cx.waker(), |gather| {
            if gather.batch().ended() == 0 && !gather.is_done() {
                return Poll::Pending;
            }
            ready!(budget::poll_step(cx));
            let Some((child, position, result)) = gather.next_ended() else {
                gather.close();
                return Poll::Ready(None);
            };
            let output = F::one(result);
            trace::emit!(to gather.batch().origin(); ResultTaken { gather: trace::address(&**gather.batch()), child });
            gather.refill(child);
            gather.start_fresh();
            Poll::Ready(Some((position, output)))
        })
    }
}

// Nothing in it is pinned: the children lie in the batch, and the iterator may move.
impl<I: Children, F> Unpin for AsCompleted<I, F> {}

impl<I: Children, F> fmt::Debug for AsCompleted<I, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.gather.fmt_as("AsCompleted", f)
    }
}
