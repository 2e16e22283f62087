//! Giving way.

use crate::wake::budget;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Lets every task that is ready now have its turn before the caller goes on.
///
/// Returns after one further turn of the caller, asyncio's `sleep(0)`. It needs no shirr
/// runtime. Cancel safe.
///
/// ```
/// shirr::block_on(async {
///     let other = shirr::spawn(async { 1 });
///     shirr::yield_now().await;
///     assert!(other.is_finished());
/// });
/// ```
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// The future of [`yield_now`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref(); // first, as it may panic
        self.yielded = true;
        Poll::Pending
    }
}

/// Counts one step of the task, and gives way when it has taken 128 in this turn.
///
/// It is for loops over what is ready without waiting and shirr does not know: a channel of
/// another crate, a buffer that is parsed. What shirr gives counts by itself, against the same
/// budget ([`spawn`](crate::spawn) has the rule). Until the budget is spent it returns at once,
/// for the price of an addition; without a shirr runtime always. tokio has it by the same name.
/// Cancel safe.
///
/// Without it such a loop keeps its turn, and a bounded queue that it fills stays full, however
/// fast its reader is: the reader has had no turn. So wait for room instead of calling a full
/// queue slowness; a reader is slow when time has passed and it has taken nothing.
///
/// ```
/// use std::collections::VecDeque;
///
/// async fn drain(mut lines: VecDeque<String>) -> usize {
///     let mut length = 0;
///     while let Some(line) = lines.pop_front() {
///         length += line.len();
///         shirr::consume_budget().await;
///     }
///     length
/// }
///
/// shirr::block_on(async {
///     let other = shirr::spawn(async { 1 });
///     assert_eq!(drain(vec![String::from("line"); 1_000].into()).await, 4_000);
///     assert!(other.is_finished()); // it had its turn meanwhile
/// });
/// ```
pub async fn consume_budget() {
    let mut was_refused = false; // and has given way then: it is not refused again
    poll_fn(|cx| {
        if was_refused {
            return Poll::Ready(());
        }
        was_refused = true;
        budget::poll_step(cx)
    })
    .await;
}
