//! What the macros make of a gather's output and of the cells.

use super::AnyChildren;
use crate::gather::branches::settled::{Settled, Within};
use crate::gather::branches::try_gather::TryGather;
use crate::gather::form::{Children, Form};
use crate::gather::plain::Gather;
use crate::task::JoinError;
use std::future::Future;

/// How each child ended, in input order.
pub(super) type Results = std::vec::IntoIter<Result<(), JoinError>>;

/// What the cells are read into: outputs, or results if they settle.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub enum Read<P, S> {
    Outputs(P),
    Results(S),
}

/// A gather of futures of any types.
pub trait Whole: Future + Unpin {
    fn limit(self, n: usize) -> Self;
    fn is_over(&self) -> bool;
}

/// What the whole gives, with the cells that `C` reads.
pub trait Reads<C>: Whole {
    type Tuple;

    fn read(ended: Self::Output, cells: C) -> Self::Tuple;
}

impl<I: Children, F: Form<I::Output>> Whole for Gather<I, F> {
    #[track_caller]
    fn limit(self, n: usize) -> Self {
        self.limit(n)
    }

    fn is_over(&self) -> bool {
        self.is_over()
    }
}

impl<I: Children> Whole for Within<I> {
    #[track_caller]
    fn limit(self, n: usize) -> Self {
        self.limit(n)
    }

    fn is_over(&self) -> bool {
        self.gather.is_over()
    }
}

impl<C: FnMut(Option<Results>) -> Read<P, S>, P, S> Reads<C> for Gather<AnyChildren<()>> {
    type Tuple = P;

    fn read(_: Vec<()>, mut cells: C) -> P {
        let Read::Outputs(outputs) = cells(None) else { unreachable!("no results were given") };
        outputs
    }
}

impl<C: FnMut(Option<Results>) -> Read<P, S>, P, S> Reads<C> for Settled<AnyChildren<()>> {
    type Tuple = S;

    fn read(ended: Self::Output, mut cells: C) -> S {
        let Read::Results(results) = cells(Some(ended.into_iter())) else {
            unreachable!("results were given")
        };
        results
    }
}

impl<C: FnMut(Option<Results>) -> Read<P, S>, P, S> Reads<C> for Within<AnyChildren<()>> {
    type Tuple = S;

    fn read(ended: Self::Output, cells: C) -> S {
        Settled::read(ended, cells)
    }
}

impl<C: FnMut() -> P, P, E: 'static> Reads<C> for TryGather<AnyChildren<Result<(), E>>> {
    type Tuple = Result<P, E>;

    fn read(ended: Self::Output, mut cells: C) -> Self::Tuple {
        if let Err(error) = ended {
            drop(cells); // the values that were there go before the caller has the error
            return Err(error);
        }
        Ok(cells())
    }
}
