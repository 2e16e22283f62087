//! `as_completed`: each child's output when it comes.

use crate::gather::collect::raise;
use crate::gather::engine::{Engine, OutputOf};
use crate::gather::form::Rule;
use crate::task::JoinError;
use crate::trace;
use crate::wake::budget;
use std::fmt;
use std::future::{Future, poll_fn};
use std::task::{Context, Poll};

/// Runs all futures at once; gives their outputs as they end, each with its input position.
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
#[doc(alias = "JoinSet")]
#[doc(alias = "FuturesUnordered")]
#[cfg_attr(feature = "trace", track_caller)]
pub fn as_completed<I>(futures: I) -> AsCompleted<I::IntoIter>
where
    I: IntoIterator,
    I::Item: Future<Output: 'static> + 'static,
{
    AsCompleted { engine: Engine::new(futures.into_iter()) }
}

/// Each output when it comes. A child without one ends the whole.
enum Each {}

impl<T> Rule<T> for Each {
    const ONE_BY_ONE: bool = true;

    fn stops(result: &Result<T, JoinError>) -> bool {
        result.is_err()
    }
}

/// What [`as_completed`] returns: not a future itself, but a source of many.
#[must_use = "nothing runs unless `next` is awaited"]
pub struct AsCompleted<I>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    engine: Engine<I, Each>,
}

impl<I> AsCompleted<I>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    /// See [`Gather::limit`](crate::gather::Gather::limit). A child that has ended keeps its place
    /// until `next` gives its output, so a caller that is slow to ask lets no more start.
    ///
    /// # Panics
    /// When `n` is zero; when the children have started.
    #[track_caller]
    pub fn limit(mut self, n: usize) -> Self {
        self.engine.limit(n);
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
    pub async fn next(&mut self) -> Option<(usize, OutputOf<I>)> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// How many outputs there are to come, should no child panic: at least, and at most.
    #[cfg(feature = "futures")]
    pub(crate) fn size_hint(&self) -> (usize, Option<usize>) {
        self.engine.size_hint()
    }

    /// Whether there are no more.
    #[cfg(feature = "futures")]
    pub(crate) fn is_over(&self) -> bool {
        self.engine.is_over()
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, OutputOf<I>)>> {
        if self.engine.is_over() {
            return budget::poll_step(cx).map(|()| None);
        }
        let mut turn = self.engine.turn();
        turn.batch().listen(cx.waker());
        let has_news = turn.batch().ended() > 0 || turn.is_done();
        if has_news && budget::poll_step(cx).is_pending() {
            turn.pend();
            return Poll::Pending;
        }
        match turn.next_ended() {
            Some((place, position, Ok(output))) => {
                trace::emit!(to turn.batch().origin(); ResultTaken { gather: trace::address(&**turn.batch()), child: place });
                turn.refill(place);
                turn.start_fresh();
                turn.keep();
                Poll::Ready(Some((position, output)))
            }
            Some((_, _, Err(error))) => {
                drop(turn); // the siblings go before the caller hears of it
                raise(error)
            }
            None if turn.is_done() => {
                turn.batch().close();
                turn.finish();
                Poll::Ready(None)
            }
            None => {
                turn.pend();
                Poll::Pending
            }
        }
    }
}

// Nothing in it is pinned: the children lie in the batch, and the iterator may move.
impl<I> Unpin for AsCompleted<I> where I: Iterator<Item: Future<Output: 'static> + 'static> {}

impl<I> fmt::Debug for AsCompleted<I>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.engine.fmt("AsCompleted", f)
    }
}
