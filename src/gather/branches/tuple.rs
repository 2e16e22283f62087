//! `gather!` and `try_gather!`: futures of different types, giving tuples.
//!
//! The children of a batch have one type. So each of these futures goes into a box as one
//! without an output, and leaves what it gives in a cell; the gather holds the cells, and
//! reads them into a tuple at the end. A child that drops its own gather while it is polled finds
//! no cell, and what it gives is dropped. The `async` block that leaves an output holds its future
//! twice, once as captured and once as pinned: a few large futures of one type are better off
//! without the macro.
//!
//! Each macro peels one future off its list at a time, so the compiler's limit of recursion, 128
//! unless the caller raises it, is one for their number. Every `cell` that it names is another
//! variable, since names in a macro are told apart by the expansion they come from.

mod read;

pub use read::Read;

use super::settled::{Settled, Within};
use super::try_gather::{TryGather, try_gather};
use crate::gather::plain::{Gather, gather};
use crate::task::JoinError;
use crate::wake::ignore_panics;
use read::{Reads, Results, Whole};
use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// Awaits futures of different types at once; gives their outputs as a tuple.
///
/// There may be some hundred of them; more than that exceed the compiler's `recursion_limit`.
/// The rules are those of [`gather`](crate::gather()): own turns, drop cancels all, a panic goes on in
/// the caller after the siblings were dropped. Each future costs a box here, and a cell for its output. What the macro returns
/// has [`limit`](crate::Gather::limit), too, and [`settled`](crate::Gather::settled), which gives a tuple of `Result`s, and after that
/// [`within`](crate::Gather::within).
///
/// ```
/// use shirr::{gather, time::sleep};
/// use std::time::Duration;
///
/// shirr::block_on(async {
///     let name = async { String::from("shirr") };
///     let age = async {
///         sleep(Duration::from_millis(1)).await;
///         7
///     };
///     assert_eq!(gather!(name, age).await, (String::from("shirr"), 7));
///
///     let slow = sleep(Duration::from_secs(60));
///     let both = gather!(async { 1 }, slow).settled().within(Duration::from_millis(1)).await;
///     assert!(both.0.unwrap() == 1 && both.1.unwrap_err().is_cancelled());
/// });
/// ```
#[macro_export]
macro_rules! gather {
    ($($future:expr),+ $(,)?) => { $crate::gather!(@ [] [] $($future),+) };
    (@ [$($cell:ident)*] [$($child:ident)*]) => {
        $crate::GatherTuple::new([$($child),*], move |results| match results {
            ::core::option::Option::None => $crate::__Read::Outputs(($($cell.output(),)*)),
            ::core::option::Option::Some(mut results) => {
                $crate::__Read::Results(($($cell.result(&mut results),)*))
            }
        })
    };
    (@ [$($cell:ident)*] [$($child:ident)*] $next:expr $(, $rest:expr)*) => {{
        let (child, cell) = $crate::__child($next);
        $crate::gather!(@ [$($cell)* cell] [$($child)* child] $($rest),*)
    }};
}

/// Awaits futures of different types at once; gives their values as a tuple, or the first
/// error in time.
///
/// The futures give `Result`s with one error type. The rules are those of
/// [`try_gather`](crate::try_gather()).
///
/// ```
/// shirr::block_on(async {
///     let both = shirr::try_gather!(async { Ok::<_, String>(1) }, async { Ok("two") }).await;
///     assert_eq!(both, Ok((1, "two")));
/// });
/// ```
#[macro_export]
macro_rules! try_gather {
    ($($future:expr),+ $(,)?) => { $crate::try_gather!(@ [] [] $($future),+) };
    (@ [$($cell:ident)*] [$($child:ident)*]) => {
        $crate::TryGatherTuple::trying([$($child),*], move || ($($cell.output(),)*))
    };
    (@ [$($cell:ident)*] [$($child:ident)*] $next:expr $(, $rest:expr)*) => {{
        let (child, cell) = $crate::__try_child($next);
        $crate::try_gather!(@ [$($cell)* cell] [$($child)* child] $($rest),*)
    }};
}

type BoxedChild<T> = Pin<Box<dyn Future<Output = T>>>;
type BoxedChildren<T> = std::vec::IntoIter<BoxedChild<T>>;

/// Where a child leaves what it gives. A drop that panics does not keep the others from being
/// dropped.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub struct Left<T>(Rc<Cell<Option<T>>>);

impl<T> Left<T> {
    fn new() -> (Self, Weak<Cell<Option<T>>>) {
        let cell = Rc::default();
        let weak = Rc::downgrade(&cell);
        (Self(cell), weak)
    }

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

impl<T> Drop for Left<T> {
    fn drop(&mut self) {
        ignore_panics(|| drop(self.0.take()));
    }
}

fn leave<T>(cell: &Weak<Cell<Option<T>>>, value: T) {
    if let Some(cell) = cell.upgrade() {
        cell.set(Some(value));
    }
}

/// What [`gather!`](crate::gather!) makes of a future.
#[doc(hidden)]
pub fn child<F: Future<Output: 'static> + 'static>(future: F) -> (BoxedChild<()>, Left<F::Output>) {
    let (left, cell) = Left::new();
    (Box::pin(async move { leave(&cell, future.await) }), left)
}

/// The same for a value; an error is the child's own output.
#[doc(hidden)]
pub fn try_child<T: 'static, E>(
    future: impl Future<Output = Result<T, E>> + 'static,
) -> (BoxedChild<Result<(), E>>, Left<T>) {
    let (left, cell) = Left::new();
    let child = async move {
        leave(&cell, future.await?);
        Ok(())
    };
    (Box::pin(child), left)
}

/// The future of [`gather!`](crate::gather!) and, with other parameters, of
/// [`try_gather!`](crate::try_gather!); `C` reads the cells.
#[must_use = "futures do nothing unless awaited"]
pub struct GatherTuple<C, G = Gather<BoxedChildren<()>>> {
    /// `None` once the whole has ended.
    cells: Option<C>,
    gather: G,
}

/// The future of [`try_gather!`](crate::try_gather!).
pub type TryGatherTuple<C, E> = GatherTuple<C, TryGather<BoxedChildren<Result<(), E>>>>;

impl<C> GatherTuple<C> {
    #[doc(hidden)]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn new<const N: usize, P, S>(children: [BoxedChild<()>; N], cells: C) -> Self
    where
        C: FnMut(Option<Results>) -> Read<P, S>,
    {
        Self { gather: gather(Vec::from(children)), cells: Some(cells) }
    }

    /// See [`Gather::settled`](crate::Gather::settled).
    ///
    /// # Panics
    /// When the gather has begun.
    #[track_caller]
    pub fn settled(self) -> GatherTuple<C, Settled<BoxedChildren<()>>> {
        GatherTuple { gather: self.gather.settled(), cells: self.cells }
    }
}

impl<C> GatherTuple<C, Settled<BoxedChildren<()>>> {
    /// See [`Gather::within`](crate::Gather::within). The result of a child that was not started is
    /// a cancelled [`JoinError`], too.
    pub fn within(self, duration: Duration) -> GatherTuple<C, Within<BoxedChildren<()>>> {
        GatherTuple { gather: self.gather.within(duration), cells: self.cells }
    }
}

impl<C, E: 'static> TryGatherTuple<C, E> {
    #[doc(hidden)]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn trying<const N: usize>(children: [BoxedChild<Result<(), E>>; N], cells: C) -> Self {
        Self { gather: try_gather(Vec::from(children)), cells: Some(cells) }
    }
}

impl<C, G: Whole> GatherTuple<C, G> {
    /// See [`Gather::limit`](crate::Gather::limit).
    ///
    /// # Panics
    /// When `n` is zero; when the gather has begun.
    #[track_caller]
    pub fn limit(mut self, n: usize) -> Self {
        self.gather = self.gather.limit(n);
        self
    }
}

/// Drops the cells when a panic has ended the gather. After one that only says that it was polled
/// in the wrong runtime, it may go on.
struct OverWithCells<'a, C, G: Whole>(&'a mut GatherTuple<C, G>);

impl<C, G: Whole> Drop for OverWithCells<'_, C, G> {
    fn drop(&mut self) {
        if self.0.gather.is_over() {
            self.0.cells = None;
        }
    }
}

// The cells are closed over, not pinned.
impl<C, G: Unpin> Unpin for GatherTuple<C, G> {}

impl<C, G: Reads<C>> Future for GatherTuple<C, G> {
    type Output = G::Tuple;

    /// With the panic of a child, what the others left goes before the caller has the panic.
    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<G::Tuple> {
        let this = OverWithCells(&mut *self);
        let ended = ready!(Pin::new(&mut this.0.gather).poll(cx));
        let cells = this.0.cells.take().expect("a gather gives its output once");
        Poll::Ready(G::read(ended, cells))
    }
}

impl<C, G: fmt::Debug> fmt::Debug for GatherTuple<C, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.gather.fmt(f)
    }
}
