//! Exercise 11 (src/gather): `first_ok`, as a form of shirr's own gather.
//!
//! Not solved yet.
//!
//! Awaits futures side by side, as tasks. The first that gives `Ok` is the answer: the others are
//! dropped before the caller has it. If none does, the errors are the answer, in input order. A child
//! that panics ends the whole, as in the other forms. Dropped, it drops all children. Here it waits until
//! all have ended, and takes the first value in input order.
//!
//! The check copies `src/`, and puts this file there as `src/gather/branches/first_ok.rs`. You may write
//! that file yourself instead, and name it where `try_gather` is named: in `branches/mod.rs`, in
//! `src/gather/mod.rs`, in `src/lib.rs`. Then the check takes yours.
//!
//! Hint: read `form.rs` and `branches/try_gather.rs` in `src/gather/`. Who drops the others, and when, is
//! written already, in `run.rs`: the form says which result stops the gather.
//!
//! Check: `cargo test -p study --test ex11 -- --ignored`

use crate::gather::form::{Form, Rule};
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

/// The first value, or all errors.
#[derive(Debug)]
pub enum FirstOk {}

impl<T: 'static, E: 'static> Rule<Result<T, E>> for FirstOk {
    fn stops(result: &Result<Result<T, E>, JoinError>) -> bool {
        result.is_err()
    }
}

impl<T: 'static, E: 'static> Form<Result<T, E>> for FirstOk {
    type Output = Result<T, Vec<E>>;

    fn all(results: impl Iterator<Item = Result<Result<T, E>, JoinError>>) -> Self::Output {
        let mut errors = Vec::new();
        for result in results {
            match result {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) => errors.push(error),
                Err(_) => unreachable!("a panic would have ended the gather"),
            }
        }
        Err(errors)
    }
}
