//! What makes one form of gather differ from another. A form is a type without values, so
//! that asking it costs nothing.

use super::collect::raise;
use crate::task::JoinError;

/// Which result of a child ends the whole before its time, and when the caller is to hear.
pub trait Rule<T>: 'static {
    /// Each result is given when it comes, and not all together.
    const ONE_BY_ONE: bool = false;

    fn stops(result: &Result<T, JoinError>) -> bool;
}

/// What the results of all children become.
pub trait Form<T>: Rule<T> {
    /// What is kept of one.
    type Kept;
    type Output;

    fn keep(result: Result<T, JoinError>) -> Self::Kept;

    /// Of all results, or of the one that stopped the whole.
    fn output(all: Result<Vec<Self::Kept>, T>) -> Self::Output;
}

/// [`gather`](super::gather()): the outputs in input order. A child without one, because it
/// panicked, ends the whole.
#[derive(Debug)]
pub enum Outputs {}

impl<T> Rule<T> for Outputs {
    fn stops(result: &Result<T, JoinError>) -> bool {
        result.is_err()
    }
}

impl<T> Form<T> for Outputs {
    type Kept = T;
    type Output = Vec<T>;

    fn keep(result: Result<T, JoinError>) -> T {
        result.unwrap_or_else(|error| raise(error))
    }

    fn output(all: Result<Vec<T>, T>) -> Vec<T> {
        all.unwrap_or_else(|_| unreachable!("an output does not end a gather"))
    }
}
