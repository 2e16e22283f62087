//! Waiting for a moment.

use crate::reactor::Timer;
use crate::runtime::{current, try_current};
use crate::wake;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Where "for ever" ends: a deadline beyond what the clock can say is put here.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// Waits for `duration`, counted from this call.
///
/// `Duration::MAX` means for ever, and is taken as thirty years. A duration of zero gives
/// way to other tasks once. Cancel safe: dropping the future removes the timer.
///
/// # Panics
/// When awaited with no shirr runtime on the thread.
///
/// ```
/// use std::time::{Duration, Instant};
///
/// shirr::block_on(async {
///     let start = Instant::now();
///     shirr::time::sleep(Duration::from_millis(5)).await;
///     assert!(start.elapsed() >= Duration::from_millis(5));
/// });
/// ```
pub fn sleep(duration: Duration) -> Sleep {
    let now = Instant::now();
    sleep_until(now.checked_add(duration).unwrap_or(now + FAR))
}

/// Waits until `deadline`; one that has passed gives way to other tasks once at most.
///
/// See [`sleep`] for panics and cancel safety.
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { deadline, timer: None }
}

/// The future of [`sleep`] and [`sleep_until`].
///
/// It is plain numbers, so it may be moved to another task, another runtime or another
/// thread; it waits where it is polled.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep {
    deadline: Instant,
    /// The timer that some runtime has for it.
    timer: Option<Timer>,
}

impl Sleep {
    /// When it ends.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Takes its timer out of wherever it is: at once if that runtime runs on this thread,
    /// else with that runtime's next look at its inbox (I8).
    fn withdraw(&mut self) {
        let Some(timer) = self.timer.take() else { return };
        match try_current().filter(|core| core.reactor.keeps(timer)) {
            Some(core) => core.reactor.remove_timer(timer),
            None => {
                let Timer { runtime, slot, serial } = timer;
                wake::send(runtime as usize, wake::Message::Forget { slot, serial });
            }
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let core = current("shirr::time::sleep");
        if self.timer.is_some_and(|timer| !core.reactor.keeps(timer)) {
            self.withdraw();
        }
        let deadline = self.deadline;
        let over = core.reactor.poll_timer(deadline, &mut self.timer, cx.waker());
        if over { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.withdraw();
    }
}
