//! Giving up in time.

use super::sleep::{Sleep, sleep, sleep_until};
use crate::runtime::now;
use crate::task::MaybeDone;
use std::cell::RefCell;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// Awaits `future` for `duration` at most, counted from when it first has to wait, which is
/// the end of its first poll.
///
/// Returns its output, or [`Elapsed`] when the time is over first. Either way the future
/// has been dropped when this returns, so what it held is free and what it awaited is
/// cancelled. An output that is there when the timeout is polled wins, however late that
/// poll is. If at the deadline itself another task is to make the output, the two are woken at
/// the same moment, and their order in the queue, which is not promised, decides: the output wins
/// only if its maker is polled first.
///
/// As with asyncio's `wait_for`, and unlike with tokio's
/// `timeout`, what lies between this call and the first poll does not count: a timeout that
/// waits for its turn in a [`gather`](crate::gather()) with a limit has all its time left. A
/// future that is ready at once costs neither a reading of the clock nor a timer.
///
/// The future is not boxed, and it is polled before the clock is asked. A future
/// that computes without awaiting cannot be interrupted. On a paused clock
/// ([`pause`](super::pause)) the time is not over while the future waits for a socket or a
/// helper, unless a test moves the clock.
///
/// Cancel safety: as that of `future`; the timer is removed.
///
/// # Panics
/// When the future has to wait and no shirr runtime is on the thread.
///
/// ```
/// use shirr::time::{sleep, timeout};
/// use std::time::Duration;
///
/// shirr::block_on(async {
///     let slow = timeout(Duration::from_millis(5), sleep(Duration::from_secs(5))).await;
///     assert!(slow.is_err());
/// });
/// ```
pub fn timeout<F>(duration: Duration, future: F) -> impl Future<Output = Result<F::Output, Elapsed>>
where
    F: IntoFuture,
{
    MaybeDone::new(future.into_future(), RefCell::new(Limit::Lasting(duration)))
}

/// Awaits `future` until `deadline` at most, an instant of this runtime's clock
/// ([`now`](super::now)).
///
/// As [`timeout`] in all else. One deadline may bound several steps, which then have the
/// time together. A deadline that has passed takes an output that is there and waits for
/// none.
///
/// ```
/// use shirr::time::{now, sleep, timeout_at};
/// use std::time::Duration;
///
/// shirr::block_on(async {
///     let deadline = now() + Duration::from_millis(5);
///     assert!(timeout_at(deadline, async { 1 }).await.is_ok());
///     assert!(timeout_at(deadline, sleep(Duration::from_secs(5))).await.is_err());
/// });
/// ```
pub fn timeout_at<F>(deadline: Instant, future: F) -> impl Future<Output = Result<F::Output, Elapsed>>
where
    F: IntoFuture,
{
    MaybeDone::new(future.into_future(), RefCell::new(Limit::Running(sleep_until(deadline))))
}

/// How long a timeout waits.
#[derive(Default)]
enum Limit {
    /// The time has not begun.
    Lasting(Duration),
    Running(Sleep),
    #[default]
    Over,
}

impl Limit {
    /// Begins the time when this is the first poll, and says whether it is over.
    #[track_caller]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match *self {
            Self::Lasting(Duration::ZERO) => *self = Self::Running(sleep_until(now())),
            Self::Lasting(duration) => *self = Self::Running(sleep(duration)),
            _ => {}
        }
        match self {
            Self::Running(sleep) => sleep.poll_for("shirr::time::timeout", cx),
            _ => Poll::Ready(()),
        }
    }
}

/// Beside the future is its limit, borrowed while foreign wakers may be cloned;
/// no other code can ask for it.
impl<F: Future> Future for MaybeDone<F, RefCell<Limit>> {
    type Output = Result<F::Output, Elapsed>;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.as_ref();
        let polled = this.poll_bare(cx).expect("a shirr timeout was polled after it gave its output");
        let output = match polled {
            Poll::Ready(output) => Ok(output),
            Poll::Pending => {
                ready!(this.beside.borrow_mut().poll(cx));
                Err(Elapsed(()))
            }
        };
        drop(this.beside.take()); // its timer, although the timeout may be kept
        this.set(None); // what the future held is free before the caller goes on
        Poll::Ready(output)
    }
}

/// The time given to [`timeout`] or [`timeout_at`] was over before the future's end.
///
/// `?` turns it into an [`io::Error`] of kind [`TimedOut`](io::ErrorKind::TimedOut).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadline has elapsed")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(elapsed: Elapsed) -> Self {
        Self::new(io::ErrorKind::TimedOut, elapsed)
    }
}
