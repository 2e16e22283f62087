//! Many futures awaited as one.
//!
//! [`gather()`] is asyncio's combinator in Rust's terms, and the others are its forms. The
//! children lie side by side in one [`mod@batch`]; each has a slot in the slab of tasks, a key
//! and turns of its own. So the loop runs them like any task, and a wake of one child polls
//! that child and no other. The gather itself is asleep meanwhile,
//! and is woken when there is something for it to do: when the last child has ended, or
//! one has ended the whole, or, under a limit, when there is room for the next.
//!
//! What happens to the other children when one fails is told where users read it, at
//! [`gather()`].

mod batch;
mod branches;
mod form;
mod plain;
mod run;

#[cfg(feature = "futures")]
pub(crate) use branches::OneByOne;
pub use branches::{
    AsCompleted, AsCompletedSettled, GatherTuple, Read, Settled, TryGather, TryGatherTuple, Within,
    as_completed, child, try_child, try_gather,
};
pub use plain::{Gather, gather};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::{block_on, metrics, spawn};
    use crate::wake::MAX_SLOTS;
    use std::future::{Future, pending};
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::pin::pin;
    use std::task::{Context, Waker};

    /// Whether `f` was refused for want of room.
    fn is_refused<T>(f: impl FnOnce() -> T) -> bool {
        let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else { return false };
        payload.downcast_ref::<String>().is_some_and(|text| text.contains("tasks and no more"))
    }

    #[test]
    fn a_full_runtime_refuses_more_and_loses_nothing_of_what_it_has() {
        block_on(async {
            let rest = MAX_SLOTS - 1; // the root has a slot, too
            let tasks: Vec<_> = (1..rest).map(|i| spawn(async move { i })).collect();
            let mut two = pin!(gather([pending::<()>(), pending()]));
            assert!(is_refused(|| two.as_mut().poll(&mut Context::from_waker(Waker::noop()))));
            let last = spawn(async { 0 });
            assert!(is_refused(|| spawn(pending::<()>())));
            assert_eq!(metrics().tasks, MAX_SLOTS);
            assert_eq!(last.await.unwrap(), 0);
            for (task, i) in tasks.into_iter().zip(1..) {
                assert_eq!(task.await.unwrap(), i);
            }
            assert_eq!(metrics().tasks, 1);
        });
    }
}
