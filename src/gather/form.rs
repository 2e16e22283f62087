//! What makes one form of gather differ from another. A form is a type without values, so
//! that asking it costs nothing.

use crate::task::JoinError;
use std::future::Future;
use std::panic::resume_unwind;

/// The futures of a gather. The bounds of children are stated here, once.
pub trait Children: Iterator<Item = Self::Child> {
    /// One of the futures.
    type Child: Future<Output = Self::Output> + 'static;
    /// What it gives.
    type Output: 'static;
}

impl<I: Iterator<Item: Future<Output: 'static> + 'static>> Children for I {
    type Child = I::Item;
    type Output = <I::Item as Future>::Output;
}

/// Which result of a child ends the gather before its time, and when the parent is woken.
pub trait Rule<T>: 'static {
    /// The parent takes each result when it comes, and not all together.
    const ONE_BY_ONE: bool = false;

    fn stops(result: &Result<T, JoinError>) -> bool;
}

/// What the gather gives in the end.
pub trait Form<T>: Rule<T> {
    type Output;

    /// When all children have ended, from their results in input order.
    fn all(results: impl Iterator<Item = Result<T, JoinError>>) -> Self::Output;

    /// When a child's output stopped it.
    fn stopped(_: T) -> Self::Output {
        unreachable!("no output stops this form of gather")
    }
}

/// [`gather`](super::gather()): the outputs in input order. A child without one, because it
/// panicked, ends the gather.
#[derive(Debug)]
pub enum Outputs {}

impl<T> Rule<T> for Outputs {
    fn stops(result: &Result<T, JoinError>) -> bool {
        result.is_err()
    }
}

impl<T> Form<T> for Outputs {
    type Output = Vec<T>;

    fn all(results: impl Iterator<Item = Result<T, JoinError>>) -> Vec<T> {
        results.map(|result| result.unwrap_or_else(|error| raise(error))).collect()
    }
}

/// Goes on with the panic of a child in the task that awaits it.
pub(super) fn raise(error: JoinError) -> ! {
    if error.is_cancelled() {
        panic!("a shirr gather was polled after its runtime had ended");
    }
    resume_unwind(error.into_panic())
}
