//! `gather!` and `try_gather!`: futures of different types, giving tuples.
//!
//! The children of a batch have one type. So each of these futures goes into an allocation of its
//! own, which two hold: the child polls it and gives no output; the gather has the other half, of
//! which its output is taken into a tuple at the end.
//!
//! Each macro peels one future off its list at a time, so the compiler's limit of recursion, 128
//! unless the caller raises it, is one for their number. Every `cell` that it names is another
//! variable, since names in a macro are told apart by the expansion they come from.

mod child;
mod read;

pub use child::{child, try_child};
pub use read::Read;

use super::settled::{Settled, Within};
use super::try_gather::{TryGather, try_gather};
use crate::gather::plain::{Gather, gather};
use child::AnyChild;
use read::{Reads, Results, Whole};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// Awaits futures of different types at once; gives their outputs as a tuple.
///
/// There may be some hundred of them; more than that exceed the compiler's `recursion_limit`.
/// The rules are those of [`gather`](crate::gather()): own turns, drop cancels all, a panic goes on in
/// the caller after the siblings were dropped. Each future costs an allocation here, which goes when the whole has ended. What the macro returns
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
        $crate::TryGatherTuple::trying([$($child),*], move || ($($cell.value(),)*))
    };
    (@ [$($cell:ident)*] [$($child:ident)*] $next:expr $(, $rest:expr)*) => {{
        let (child, cell) = $crate::__try_child($next);
        $crate::try_gather!(@ [$($cell)* cell] [$($child)* child] $($rest),*)
    }};
}

type AnyChildren<T> = std::vec::IntoIter<AnyChild<T>>;

/// The future of [`gather!`](crate::gather!) and, with other parameters, of
/// [`try_gather!`](crate::try_gather!); `C` reads the cells.
#[must_use = "futures do nothing unless awaited"]
pub struct GatherTuple<C, G = Gather<AnyChildren<()>>> {
    /// `None` once the whole has ended.
    cells: Option<C>,
    gather: G,
}

/// The future of [`try_gather!`](crate::try_gather!).
pub type TryGatherTuple<C, E> = GatherTuple<C, TryGather<AnyChildren<Result<(), E>>>>;

impl<C> GatherTuple<C> {
    #[doc(hidden)]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn new<const N: usize, P, S>(children: [AnyChild<()>; N], cells: C) -> Self
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
    pub fn settled(self) -> GatherTuple<C, Settled<AnyChildren<()>>> {
        GatherTuple { gather: self.gather.settled(), cells: self.cells }
    }
}

impl<C> GatherTuple<C, Settled<AnyChildren<()>>> {
    /// See [`Gather::within`](crate::Gather::within). The result of a child that was not started is
    /// a cancelled [`JoinError`](crate::JoinError), too.
    pub fn within(self, duration: Duration) -> GatherTuple<C, Within<AnyChildren<()>>> {
        GatherTuple { gather: self.gather.within(duration), cells: self.cells }
    }
}

impl<C, E: 'static> TryGatherTuple<C, E> {
    #[doc(hidden)]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn trying<const N: usize>(children: [AnyChild<Result<(), E>>; N], cells: C) -> Self {
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
