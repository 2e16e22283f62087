//! Giving way.

use std::future::Future;
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
