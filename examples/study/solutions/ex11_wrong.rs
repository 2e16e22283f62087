//! Exercise 11, wrong: the others run on after a panic, and the caller hears of it when they have ended.

use crate::gather::form::{Form, Rule, raise};
use crate::gather::plain::Gather;
use crate::task::JoinError;
use std::future::Future;

/// Runs all futures at once; returns the first value, or all errors in input order.
pub fn first_ok<I, T, E>(futures: I) -> Gather<I::IntoIter, FirstOk>
where
    I: IntoIterator,
    I::Item: Future<Output = Result<T, E>> + 'static,
    T: 'static,
    E: 'static,
{
    Gather::new(futures.into_iter())
}

/// The first value in time.
#[derive(Debug)]
pub enum FirstOk {}

impl<T: 'static, E: 'static> Rule<Result<T, E>> for FirstOk {
    fn stops(result: &Result<Result<T, E>, JoinError>) -> bool {
        matches!(result, Ok(Ok(_)))
    }
}

impl<T: 'static, E: 'static> Form<Result<T, E>> for FirstOk {
    type Output = Result<T, Vec<E>>;

    fn all(results: impl Iterator<Item = Result<Result<T, E>, JoinError>>) -> Self::Output {
        let error = |result| match result {
            Ok(Err(error)) => error,
            Ok(Ok(_)) => unreachable!("a value would have ended the gather"),
            Err(panic) => raise(panic),
        };
        Err(results.map(error).collect())
    }

    fn stopped(output: Result<T, E>) -> Self::Output {
        output.map_err(|_| unreachable!("an error does not end a gather"))
    }
}
