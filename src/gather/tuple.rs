//! `gather!` and `try_gather!`: futures of different types, giving tuples.
//!
//! The children of a batch have one type. So each of these futures goes into a box as one
//! without an output, which leaves what it gives in a cell of a tuple that the gather holds;
//! if that is gone, because the child was detached from it, what it gives is dropped. The
//! `async` block that does so holds its future twice (DESIGN.md, decision 9): a few large
//! futures of one type are better off without the macro.

use super::plain::{Gather, gather};
use super::try_gather::{TryGather, try_gather};
use crate::wake::quietly;
use sealed::Cells;
use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

type Child<T> = Pin<Box<dyn Future<Output = T>>>;
type Children<T> = std::vec::IntoIter<Child<T>>;

/// Awaits one to twelve futures of different types at once; gives their outputs as a tuple.
///
/// The rules are those of [`gather`](crate::gather()): own turns, drop cancels all, a panic goes on in
/// the caller after the siblings were dropped. Each future costs a box here.
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
/// });
/// ```
#[macro_export]
macro_rules! gather {
    ($($future:expr),+ $(,)?) => {
        $crate::GatherTuple::new(($($future,)+))
    };
}

/// Awaits one to twelve futures of different types at once; gives their values as a tuple,
/// or the first error in time.
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
    ($($future:expr),+ $(,)?) => {
        $crate::TryGatherTuple::new(($($future,)+))
    };
}

/// One to twelve futures, as a tuple: what [`gather!`](crate::gather!) is made for.
pub trait Tuple: sealed::Tuple {}

impl<T: sealed::Tuple> Tuple for T {}

/// One to twelve futures of `Result`s with one error type, as a tuple: what
/// [`try_gather!`](crate::try_gather!) is made for.
pub trait TryTuple: sealed::TryTuple {}

impl<T: sealed::TryTuple> TryTuple for T {}

mod sealed {
    use super::Child;
    use std::rc::Rc;

    /// Where the children leave what they give.
    pub trait Cells: Default {
        type Values;
        /// Only after all children have ended.
        fn take(&self) -> Option<Self::Values>;
        fn clear(&self);
    }

    pub trait Tuple {
        type Cells: Cells;
        fn split(self, cells: &Rc<Self::Cells>) -> Vec<Child<()>>;
    }

    pub trait TryTuple {
        type Cells: Cells;
        type Error;
        fn split(self, cells: &Rc<Self::Cells>) -> Vec<Child<Result<(), Self::Error>>>;
    }
}

/// The future of [`gather!`](crate::gather!).
#[must_use = "futures do nothing unless awaited"]
pub struct GatherTuple<T: Tuple> {
    gather: Gather<Children<()>>,
    cells: Rc<T::Cells>,
}

impl<T: Tuple> GatherTuple<T> {
    /// What the macro expands to.
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn new(futures: T) -> Self {
        let cells = Rc::default();
        Self { gather: gather(futures.split(&cells)), cells }
    }

    /// See [`Gather::limit`](crate::Gather::limit).
    ///
    /// # Panics
    /// When `n` is zero; when the gather has begun.
    #[track_caller]
    pub fn limit(mut self, n: usize) -> Self {
        self.gather.set_limit(n);
        self
    }
}

impl<T: Tuple> Future for GatherTuple<T> {
    type Output = <T::Cells as Cells>::Values;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(Pin::new(&mut self.gather).poll(cx));
        Poll::Ready(self.cells.take().expect("every child has left its output"))
    }
}

/// The future of [`try_gather!`](crate::try_gather!).
#[must_use = "futures do nothing unless awaited"]
pub struct TryGatherTuple<T: TryTuple<Error: 'static>> {
    gather: TryGather<Children<Result<(), T::Error>>>,
    cells: Rc<T::Cells>,
}

impl<T: TryTuple<Error: 'static>> TryGatherTuple<T> {
    /// What the macro expands to.
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn new(futures: T) -> Self {
        let cells = Rc::default();
        Self { gather: try_gather(futures.split(&cells)), cells }
    }

    /// See [`Gather::limit`](crate::Gather::limit).
    ///
    /// # Panics
    /// When `n` is zero; when the gather has begun.
    #[track_caller]
    pub fn limit(mut self, n: usize) -> Self {
        self.gather.set_limit(n);
        self
    }

    /// See [`TryGather::detach_on_error`](crate::TryGather::detach_on_error).
    ///
    /// # Panics
    /// When the gather has begun.
    #[track_caller]
    pub fn detach_on_error(mut self) -> Self {
        self.gather.set_detach();
        self
    }
}

impl<T: TryTuple<Error: 'static>> Future for TryGatherTuple<T> {
    type Output = Result<<T::Cells as Cells>::Values, T::Error>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Err(error) = ready!(Pin::new(&mut self.gather).poll(cx)) {
            self.cells.clear(); // the values that were there go before the caller hears of it
            self.cells = Rc::default(); // and a detached sibling finds nobody to leave its own to
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(self.cells.take().expect("every child has left its value")))
    }
}

impl<T: Tuple> Drop for GatherTuple<T> {
    fn drop(&mut self) {
        self.cells.clear();
    }
}

impl<T: TryTuple<Error: 'static>> Drop for TryGatherTuple<T> {
    fn drop(&mut self) {
        self.cells.clear();
    }
}

impl<T: Tuple> fmt::Debug for GatherTuple<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.gather.fmt(f)
    }
}

impl<T: TryTuple<Error: 'static>> fmt::Debug for TryGatherTuple<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.gather.fmt(f)
    }
}

/// A child that has `leave` put what its future gives into its cell.
fn child<F: Future + 'static, C: 'static>(
    future: F,
    cells: &Rc<C>,
    leave: impl FnOnce(&C, F::Output) + 'static,
) -> Child<()> {
    let cells = Rc::downgrade(cells);
    Box::pin(async move {
        let output = future.await;
        if let Some(cells) = cells.upgrade() {
            leave(&cells, output);
        }
    })
}

/// The same for a value; an error is the child's own output.
fn try_child<T, E, C: 'static>(
    future: impl Future<Output = Result<T, E>> + 'static,
    cells: &Rc<C>,
    leave: impl FnOnce(&C, T) + 'static,
) -> Child<Result<(), E>> {
    let cells = Rc::downgrade(cells);
    Box::pin(async move {
        let value = future.await?;
        if let Some(cells) = cells.upgrade() {
            leave(&cells, value);
        }
        Ok(())
    })
}

fn clear<T>(cell: &Cell<Option<T>>) {
    quietly(|| drop(cell.take()));
}

// The `async` blocks stand outside: within, each would be checked under the bounds of all
// twelve futures, which made up a third of the time in which this crate was checked.
macro_rules! tuple {
    ($($future:ident $value:ident $n:tt),+) => {
        impl<$($value),+> Cells for ($(Cell<Option<$value>>,)+) {
            type Values = ($($value,)+);

            fn take(&self) -> Option<Self::Values> {
                Some(($(self.$n.take()?,)+))
            }

            fn clear(&self) {
                $(clear(&self.$n);)+
            }
        }

        impl<$($future),+> sealed::Tuple for ($($future,)+)
        where
            $($future: Future<Output: 'static> + 'static,)+
        {
            type Cells = ($(Cell<Option<$future::Output>>,)+);

            fn split(self, cells: &Rc<Self::Cells>) -> Vec<Child<()>> {
                vec![$(child(self.$n, cells, |cells, output| cells.$n.set(Some(output)))),+]
            }
        }

        impl<$($future, $value,)+ Failure> sealed::TryTuple for ($($future,)+)
        where
            $($future: Future<Output = Result<$value, Failure>> + 'static, $value: 'static,)+
            Failure: 'static,
        {
            type Cells = ($(Cell<Option<$value>>,)+);
            type Error = Failure;

            fn split(self, cells: &Rc<Self::Cells>) -> Vec<Child<Result<(), Failure>>> {
                vec![$(try_child(self.$n, cells, |cells, value| cells.$n.set(Some(value)))),+]
            }
        }
    };
}

tuple!(A T 0);
tuple!(A T 0, B U 1);
tuple!(A T 0, B U 1, C V 2);
tuple!(A T 0, B U 1, C V 2, D W 3);
tuple!(A T 0, B U 1, C V 2, D W 3, E X 4);
tuple!(A T 0, B U 1, C V 2, D W 3, E X 4, F Y 5);
tuple!(A T 0, B U 1, C V 2, D W 3, E X 4, F Y 5, G Z 6);
tuple!(A T 0, B U 1, C V 2, D W 3, E X 4, F Y 5, G Z 6, H T7 7);
tuple!(A T 0, B U 1, C V 2, D W 3, E X 4, F Y 5, G Z 6, H T7 7, I T8 8);
tuple!(A T 0, B U 1, C V 2, D W 3, E X 4, F Y 5, G Z 6, H T7 7, I T8 8, J T9 9);
tuple!(A T 0, B U 1, C V 2, D W 3, E X 4, F Y 5, G Z 6, H T7 7, I T8 8, J T9 9, K T10 10);
tuple!(A T 0, B U 1, C V 2, D W 3, E X 4, F Y 5, G Z 6, H T7 7, I T8 8, J T9 9, K T10 10, L T11 11);
