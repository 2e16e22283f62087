//! `try_gather`: every child's value, or the first error.

use crate::gather::form::{Form, Rule};
use crate::gather::plain::Gather;
use crate::task::JoinError;
use std::future::Future;

/// Runs all futures at once; returns their values in input order, or the first error.
///
/// The first error *in time* is returned as soon as it comes, however many children before
/// it are pending; a tie goes to the child that was polled first, whichever that is. The siblings
/// have been dropped by then, and none of them was polled after the error. asyncio's `gather`
/// lets them run on: so do children that are handles of tasks, as in the second example, then
/// also when the gather is dropped or a child panics.
///
/// The error is moved, not cloned. Values of children that ended before it are dropped.
/// Everything else is as with [`gather`](crate::gather::gather()), also a child's panic, and what
/// it says of handles: dropping one leaves its task running.
///
/// Cancel safety: dropping it cancels every child that has not ended, and loses the values
/// of those that have.
///
/// # Panics
/// See [`gather`](crate::gather::gather()).
///
/// ```
/// use shirr::try_gather;
///
/// shirr::block_on(async {
///     let parse = |text: &'static str| async move { text.parse::<u8>() };
///     assert_eq!(try_gather([parse("1"), parse("2")]).await, Ok(vec![1, 2]));
///     assert!(try_gather([parse("1"), parse("many")]).await.is_err());
/// });
/// ```
///
/// The output of a handle is the task's own in a `Result` of the handle's, so `try_gather` over
/// handles stops at a panic or an abort, and takes an error that a task returns for a value. One
/// `async` block makes both the child's error:
///
/// ```
/// use shirr::{spawn, try_gather};
/// use std::error::Error;
///
/// shirr::block_on(async {
///     let tasks = ["1", "many"].map(|text| spawn(async move { text.parse::<u8>() }));
///     let values = try_gather(tasks.map(|task| async { Ok::<_, Box<dyn Error>>(task.await??) }));
///     assert_eq!(values.await.unwrap_err().to_string(), "invalid digit found in string");
/// });
/// ```
#[doc(alias = "try_join_all")]
#[cfg_attr(feature = "trace", track_caller)]
pub fn try_gather<I, T, E>(futures: I) -> TryGather<I::IntoIter>
where
    I: IntoIterator,
    I::Item: Future<Output = Result<T, E>> + 'static,
    T: 'static,
    E: 'static,
{
    Gather::new(futures.into_iter())
}

/// The future of [`try_gather`].
pub type TryGather<I> = Gather<I, Values>;

/// The values in input order, or the first error.
#[derive(Debug)]
pub enum Values {}

impl<T: 'static, E: 'static> Rule<Result<T, E>> for Values {
    fn stops(result: &Result<Result<T, E>, JoinError>) -> bool {
        !matches!(result, Ok(Ok(_)))
    }
}

impl<T: 'static, E: 'static> Form<Result<T, E>> for Values {
    type Output = Result<Vec<T>, E>;

    fn all(results: impl Iterator<Item = Result<Result<T, E>, JoinError>>) -> Self::Output {
        let value = |result| match result {
            Ok(Ok(value)) => value,
            _ => unreachable!("an error would have ended the gather"),
        };
        Ok(results.map(value).collect())
    }

    fn stopped(output: Result<T, E>) -> Self::Output {
        output.map(|_| unreachable!("a value does not end a gather"))
    }
}
