//! What makes one form of gather differ from another: which result of a child ends the
//! whole before its time. A rule is a type without values, so that asking costs nothing.

use crate::task::JoinError;

pub(super) trait Rule<T>: 'static {
    fn stops(result: &Result<T, JoinError>) -> bool;
}

/// A child without an output ends the whole: `gather` and `as_completed`. (`settled` is a plan
/// under which nothing does.)
pub(super) enum Output {}

impl<T> Rule<T> for Output {
    fn stops(result: &Result<T, JoinError>) -> bool {
        result.is_err()
    }
}

/// An error ends the whole, and so does a child without an output: `try_gather`.
pub(super) enum Value {}

impl<T, E> Rule<Result<T, E>> for Value {
    fn stops(result: &Result<Result<T, E>, JoinError>) -> bool {
        !matches!(result, Ok(Ok(_)))
    }
}
