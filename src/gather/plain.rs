//! `gather`: every child's output, in input order.

use super::batch::BatchRc;
use super::branches::Refills;
use super::form::{Children, Form, Outputs};
use super::run::ResultOf;
use crate::trace;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Runs all futures at once; returns their outputs in input order when all have ended.
///
/// asyncio's `gather(*aws)`. Rust's errors are values, so a `Vec<Result<..>>` is what
/// `return_exceptions=True` is there.
///
/// - The children start when the gather is first polled, in input order, and run in turn
///   with all other tasks; which of those that are ready is next is not promised. They are
///   tasks of the runtime, so they must be `'static`: give them owned data or an `Rc` (they
///   need not be `Send`).
/// - Dropping the gather, or ending the task that awaits it, drops every child that has
///   not ended before the drop returns. asyncio cancels, too, but later.
/// - A child that panics: its siblings are dropped, then the panic goes on in the task
///   that awaits the gather. None of them is polled any more.
/// - The iterator is asked for all its items at the first poll; with
///   [`limit`](Gather::limit) for as many as may run, so that it may be long or without end.
///   When it panics, the children made so far are dropped.
///
/// Without a limit, the number of allocations does not grow with the number of children,
/// a child is polled only when it was woken, and the awaiting task is woken once. A child that
/// has ended is dropped at once, but its memory is free only when the whole has ended, or, under
/// a limit, goes to the next child. Up to a megabyte of it may wait for the next gather of the same
/// types.
///
/// Cancel safety: dropping it loses the outputs of the children that had ended.
///
/// # What happens to the others
///
/// | of | when one returns an error | when one panics | when the whole is dropped, or its task aborted |
/// |---|---|---|---|
/// | `gather()` | it is a value in the list; they run on | dropped, then the panic goes on in the caller | dropped before the drop returns |
/// | [`gather().settled()`](Gather::settled) | it is a value in the list; they run on | it is a value in the list; they run on | dropped before the drop returns |
/// | [`try_gather()`](super::try_gather()) | dropped, then the caller has the error | dropped, then the panic goes on in the caller | dropped before the drop returns |
/// | [`as_completed()`](super::as_completed()) | it is a value when it comes; they run on | dropped, then the panic goes on in the caller | dropped before the drop returns |
///
/// Where they are dropped for an error or a panic, none is polled after it. One that is queued
/// already is dropped at its turn, the others before the caller hears of it.
///
/// Dropped is the child, not what it waits for elsewhere. A child that is a
/// [`JoinHandle`](crate::JoinHandle) leaves its task running, as a handle's drop always does.
/// If the work is to end with the gather, give the gather the futures themselves, which need no
/// `spawn` to run side by side; or handles that
/// [abort their task](crate::JoinHandle::abort_on_drop), which is dropped at its next turn:
///
/// ```
/// use shirr::time::{sleep, timeout};
/// use shirr::{JoinHandle, gather, spawn};
/// use std::time::Duration;
///
/// shirr::block_on(async {
///     let tasks = || [(); 2].map(|()| spawn(sleep(Duration::from_secs(60))));
///     let handles = tasks().map(JoinHandle::abort_on_drop);
///     assert!(timeout(Duration::from_millis(5), gather(handles)).await.is_err());
///     shirr::yield_now().await; // their turn
///     assert_eq!(shirr::metrics().tasks, 1);
///
///     assert!(timeout(Duration::from_millis(5), gather(tasks())).await.is_err());
///     assert_eq!(shirr::metrics().tasks, 1 + 2); // this one and the two, detached
/// });
/// ```
///
/// # Panics
/// When first polled with no shirr runtime on the thread, and later while the runtime of
/// its children is not the one that runs here, or has ended; when polled after it gave its
/// output; and with the panic of a child.
///
/// ```
/// use shirr::{gather, time::sleep};
/// use std::time::Duration;
///
/// async fn delay(ms: u64) -> u64 {
///     sleep(Duration::from_millis(ms)).await;
///     ms
/// }
///
/// let results = shirr::block_on(async { gather([delay(3), delay(1)]).await });
/// assert_eq!(results, [3, 1]);
/// ```
///
/// Children cannot borrow from the task that awaits them; futures that are no tasks
/// [can, at a cost](crate::guide::recipes#children-that-borrow):
///
/// ```compile_fail,E0597
/// shirr::block_on(async {
///     let names = vec![String::from("a"), String::from("b")];
///     let lengths = shirr::gather(names.iter().map(|name| async move { name.len() }));
///     assert_eq!(lengths.await, [1, 1]);
/// });
/// ```
///
/// They can own what they need, alone or together:
///
/// ```
/// use std::rc::Rc;
///
/// shirr::block_on(async {
///     let names = Rc::new(vec![String::from("a"), String::from("b")]);
///     let length = |i: usize| {
///         let names = Rc::clone(&names);
///         async move { names[i].len() }
///     };
///     assert_eq!(shirr::gather((0..2).map(length)).await, [1, 1]);
/// });
/// ```
#[cfg_attr(feature = "trace", track_caller)]
#[doc(alias = "join_all")]
#[doc(alias = "return_exceptions")]
pub fn gather<I>(futures: I) -> Gather<I::IntoIter>
where
    I: IntoIterator,
    I::Item: Future<Output: 'static> + 'static,
{
    Gather::new(futures.into_iter())
}

/// The future of [`gather`], and of its forms: [`try_gather`](super::try_gather()) and
/// [`settled`](Gather::settled). Dropping it cancels every child that has not ended.
#[must_use = "futures do nothing unless awaited"]
pub struct Gather<I: Children, F = Outputs> {
    pub(super) progress: Progress,
    /// How many children may exist at a time.
    pub(super) limit: usize,
    /// The children, while it is under way.
    pub(super) batch: Option<BatchRc<I::Item, F>>,
    /// Which child is whose successor, under a limit.
    pub(super) refills: Option<Box<Refills<ResultOf<I>>>>,
    #[allow(dead_code)] // only the trace asks
    pub(super) made: trace::Caller,
    /// What is not a child yet; `None` once it has ended, as it is not asked again. Boxed, since
    /// an array's has all futures inside: as a part of the gather it would be copied with each
    /// move of that, and make every future that awaits it as large.
    pub(super) futures: Option<Box<I>>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Progress {
    /// Not yet polled.
    New,
    Running,
    /// The output was given.
    Over,
    /// A panic passed through, a child's or another; during a poll, since one may.
    Panicked,
}

// Nothing in it is pinned: the children lie in the batch, and the iterator may move.
impl<I: Children, F> Unpin for Gather<I, F> {}

impl<I: Children, F: Form<I::Output>> Future for Gather<I, F> {
    type Output = F::Output;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.poll_all(cx)
    }
}

impl<I: Children, F> fmt::Debug for Gather<I, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_as("Gather", f)
    }
}
