//! Giving up in time.

use super::sleep::{Sleep, sleep, sleep_until};
use crate::task::{Stage, View};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// Awaits `future` for `duration` at most, counted from when it first has to wait.
///
/// Returns its output, or [`Elapsed`] when the time is over first. Either way the future
/// has been dropped when this returns, so what it held is free and what it awaited is
/// cancelled. Output and deadline at the same moment: the output wins.
///
/// That is the end of its first poll. As with asyncio's `wait_for`, and unlike with tokio's
/// `timeout`, what lies between this call and the first poll does not count: a timeout that
/// waits for its turn in a [`gather`](crate::gather()) with a limit has all its time left. A
/// future that is ready at once costs neither a look at the clock nor a timer.
///
/// The future is boxed nowhere and polled in place, before the clock is asked. A future
/// that computes without awaiting cannot be interrupted.
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
    Stage::Future(future.into_future(), Limit::Lasting(duration))
}

/// How long a timeout waits: a time that has not begun, or is running.
enum Limit {
    Lasting(Duration),
    Running(Sleep),
}

impl Limit {
    /// Begins the time when this is the first poll, and says whether it is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Lasting(duration) => {
                let mut running = sleep(*duration);
                let over = Pin::new(&mut running).poll(cx);
                *self = Self::Running(running);
                over
            }
            Self::Running(sleep) => Pin::new(sleep).poll(cx),
        }
    }
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
    Stage::Future(future.into_future(), Limit::Running(sleep_until(deadline)))
}

/// The stage's `beside` is the clock.
impl<F: Future> Future for Stage<F, Limit> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let View::Future(future, limit) = self.as_mut().view() else {
            panic!("a shirr timeout was polled after it gave its output");
        };
        let output = match future.poll(cx) {
            Poll::Ready(output) => Ok(output),
            Poll::Pending => {
                ready!(limit.poll(cx));
                Err(Elapsed(()))
            }
        };
        self.set(Stage::Done(None)); // what the future held is free before the caller goes on
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
