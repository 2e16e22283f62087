//! Many futures awaited as one.
//!
//! [`gather`] is asyncio's combinator in Rust's terms. The children lie side by side in
//! one [`batch`](self::batch); each is a tenant of the task slab, with its own key and its
//! own turns; so the loop runs them like any task, and a wake of one child polls that
//! child and no other. The gather itself is asleep meanwhile, and is woken when there is
//! something for it to do: when the last child has ended or one has panicked, or, under a
//! limit, when there is room for the next.

mod batch;

use crate::runtime::current;
use crate::task::JoinError;
use batch::Batch;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Runs all futures at once; returns their outputs in input order when all have ended.
///
/// asyncio's `gather(*aws)`. Rust's errors are values, so a `Vec<Result<..>>` is what
/// `return_exceptions=True` is there.
///
/// - The children start when the gather is first polled, in input order, and run in turn
///   with all other tasks. They are tasks of the runtime, so they must be `'static`: give
///   them owned data or an `Rc` (they need not be `Send`).
/// - Dropping the gather, or ending the task that awaits it, drops every child that has
///   not ended before the drop returns. asyncio cancels, too, but later.
/// - A child that panics: its siblings are dropped, then the panic goes on in the task
///   that awaits the gather.
/// - The iterator is asked for all its items at the first poll; with
///   [`limit`](Gather::limit) for as many as may run, so that it may be long or without end.
///   When it panics, the children made so far are dropped.
///
/// Without a limit, the number of allocations does not depend on the number of children,
/// a child is polled only when it was woken, and the awaiting task is woken once.
///
/// Cancel safety: dropping it loses the outputs of the children that had ended.
///
/// # Panics
/// When first polled with no shirr runtime on the thread; when polled after it gave its
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
/// Children cannot borrow from the task that awaits them:
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
#[doc(alias = "join_all")]
#[doc(alias = "return_exceptions")]
pub fn gather<I>(futures: I) -> Gather<I::IntoIter>
where
    I: IntoIterator,
    I::Item: IntoFuture<IntoFuture: 'static, Output: 'static>,
{
    Gather { state: State::Begin(futures.into_iter()), limit: usize::MAX }
}

/// The future of [`gather`].
#[must_use = "futures do nothing unless awaited"]
pub struct Gather<I>
where
    I: Iterator<Item: IntoFuture<IntoFuture: 'static, Output: 'static>>,
{
    state: State<I>,
    limit: usize,
}

enum State<I: Iterator<Item: IntoFuture>> {
    /// Not yet polled.
    Begin(I),
    Running(Run<I>),
    /// The output was given, or a panic passed through.
    Over,
}

type FutureOf<I> = <<I as Iterator>::Item as IntoFuture>::IntoFuture;
type OutputOf<I> = <<I as Iterator>::Item as IntoFuture>::Output;

/// A gather under way. Dropping it cancels what has not ended.
struct Run<I: Iterator<Item: IntoFuture>> {
    batch: Rc<Batch<FutureOf<I>>>,
    /// Set when the limit was reached, so that places are used more than once. Without
    /// it, the outputs wait in their places until the end.
    refill: Option<Refill<I>>,
}

struct Refill<I: Iterator<Item: IntoFuture>> {
    /// `None` once it has ended; it is not asked again.
    futures: Option<I>,
    /// By place: the input position of the child in it.
    positions: Vec<usize>,
    /// By input position.
    outputs: Vec<Option<OutputOf<I>>>,
}

impl<I> Gather<I>
where
    I: Iterator<Item: IntoFuture<IntoFuture: 'static, Output: 'static>>,
{
    /// Lets at most `n` children exist at a time. The others are taken from the iterator
    /// in order, as places get free.
    ///
    /// `limit(1)` runs them one after another. Memory is for `n` children and for the
    /// outputs, however many items the iterator has.
    ///
    /// # Panics
    /// When `n` is zero, since nothing could ever run; when the gather has begun.
    ///
    /// ```
    /// shirr::block_on(async {
    ///     let squares = shirr::gather((1..=4).map(|i| async move { i * i })).limit(2);
    ///     assert_eq!(squares.await, [1, 4, 9, 16]);
    /// });
    /// ```
    #[doc(alias = "Semaphore")]
    #[doc(alias = "buffered")]
    pub fn limit(mut self, n: usize) -> Self {
        assert!(n > 0, "a gather with limit(0) could never run a child; use 1 or more");
        assert!(matches!(self.state, State::Begin(_)), "a gather's limit must be set before its first poll");
        self.limit = n;
        self
    }
}

// Nothing in it is pinned: the children lie in the batch, and the iterator may move.
impl<I> Unpin for Gather<I> where I: Iterator<Item: IntoFuture<IntoFuture: 'static, Output: 'static>> {}

impl<I> Future for Gather<I>
where
    I: Iterator<Item: IntoFuture<IntoFuture: 'static, Output: 'static>>,
{
    type Output = Vec<OutputOf<I>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        // Taken out, so that a panic from here on leaves `Over` and drops the rest.
        let mut run = match std::mem::replace(&mut this.state, State::Over) {
            State::Begin(futures) => Run::begin(futures, this.limit),
            State::Running(run) => run,
            State::Over => panic!("a shirr gather was polled after it gave its output"),
        };
        let polled = run.poll(cx);
        if polled.is_pending() {
            this.state = State::Running(run);
        }
        polled
    }
}

impl<I> Run<I>
where
    I: Iterator<Item: IntoFuture<IntoFuture: 'static, Output: 'static>>,
{
    fn begin(mut futures: I, limit: usize) -> Self {
        let core = current("shirr::gather");
        let first = futures.by_ref().map(IntoFuture::into_future);
        let batch = Batch::start(Rc::clone(&core.tasks), first, limit);
        let refill = (batch.len() == limit).then(|| Refill {
            futures: Some(futures),
            positions: (0..limit).collect(),
            outputs: (0..limit).map(|_| None).collect(),
        });
        Self { batch, refill }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Vec<OutputOf<I>>> {
        self.batch.listen(cx.waker());
        if let Some(refill) = &mut self.refill {
            refill.next_children(&self.batch);
        }
        if let Some(error) = self.batch.take_failure() {
            self.batch.cancel(); // the siblings go before the caller hears of it
            raise(error);
        }
        if self.batch.running() > 0 {
            return Poll::Pending;
        }
        let every = "a gather's children have all ended well by now";
        self.batch.close();
        Poll::Ready(match &mut self.refill {
            Some(refill) => refill.outputs.drain(..).map(|output| output.expect(every)).collect(),
            None => (0..self.batch.len()).map(|place| self.batch.take_output(place).expect(every)).collect(),
        })
    }
}

impl<I: Iterator<Item: IntoFuture>> Drop for Run<I> {
    fn drop(&mut self) {
        self.batch.cancel();
    }
}

fn raise(error: JoinError) -> ! {
    if error.is_cancelled() {
        panic!("a shirr gather was polled after its runtime had ended");
    }
    resume_unwind(error.into_panic())
}

impl<I> Refill<I>
where
    I: Iterator<Item: IntoFuture<IntoFuture: 'static, Output: 'static>>,
{
    /// Keeps the outputs of the children that have ended, and puts the next into their places.
    fn next_children(&mut self, batch: &Rc<Batch<FutureOf<I>>>) {
        while let Some(place) = batch.pop_ended() {
            self.outputs[self.positions[place]] = batch.take_output(place);
            match self.futures.as_mut().and_then(Iterator::next) {
                Some(future) => {
                    self.positions[place] = self.outputs.len();
                    self.outputs.push(None);
                    batch.restart(place, future.into_future());
                }
                None => {
                    self.futures = None;
                    batch.report_the_last();
                }
            }
        }
    }
}

impl<I> fmt::Debug for Gather<I>
where
    I: Iterator<Item: IntoFuture<IntoFuture: 'static, Output: 'static>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Gather");
        if let State::Running(run) = &self.state {
            out.field("running", &run.batch.running());
        }
        out.finish_non_exhaustive()
    }
}
