//! Waiting for a moment.

use crate::reactor::Timer;
use crate::runtime::{no_runtime, now, try_current};
use crate::wake;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Where "for ever" ends.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// `duration` from `start` on, thirty years at most. A `start` so late that this has no name
/// is beyond what any clock here comes to, and as good as for ever itself.
pub(super) fn after(start: Instant, duration: Duration) -> Instant {
    start.checked_add(duration.min(FAR)).unwrap_or(start)
}

/// Waits for `duration`, counted from this call by the clock of the runtime that runs on
/// this thread, or by the system's with none.
///
/// `Duration::MAX` means for ever; whatever is longer than thirty years is taken as these. A
/// duration of zero gives way to other tasks once. Cancel safe: dropping the future removes
/// the timer.
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
    sleep_until(after(now(), duration))
}

/// Waits until `deadline`, an instant of the clock that [`now`](super::now) shows; one that
/// has passed gives way to other tasks once at most.
///
/// See [`sleep`] for panics and cancel safety.
///
/// ```
/// use shirr::time::{now, sleep_until};
/// use std::time::Duration;
///
/// shirr::block_on(async {
///     let deadline = now() + Duration::from_millis(5);
///     sleep_until(deadline).await;
///     assert!(now() >= deadline);
/// });
/// ```
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { deadline, timer: None }
}

/// The future of [`sleep`] and [`sleep_until`].
///
/// It is plain numbers, so it may be moved to another task, another runtime or another
/// thread; it waits where it is polled, by the clock of the runtime there.
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

    /// Gives it another deadline, also when it has ended: then it may be awaited again.
    ///
    /// A sleep that is pending in the runtime that runs on this thread stays so: it keeps its
    /// timer and wakes whom it would have woken, at the new time. Nothing is allocated, and
    /// the cost does not depend on how long it has waited. When it is pending in another
    /// runtime, or its own does not run now, whoever awaits it is woken there, and waits anew.
    /// A sleep may be reset through a `Pin` as well. It never panics.
    ///
    /// ```
    /// use shirr::time::{now, sleep};
    /// use std::time::Duration;
    ///
    /// # let runtime = shirr::Runtime::builder().paused().build()?;
    /// # runtime.block_on(async {
    /// let mut idle = sleep(Duration::from_secs(30));
    /// // Something has come in, so it counts from here again.
    /// idle.reset(now() + Duration::from_secs(30));
    /// idle.await;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn reset(&mut self, deadline: Instant) {
        self.deadline = deadline;
        let Some(timer) = self.timer else { return };
        let pending = match try_current().filter(|core| core.reactor.keeps(timer)) {
            Some(core) => core.reactor.reset_timer(timer, deadline),
            None => {
                let Timer { runtime, slot, serial } = timer;
                wake::send(runtime as usize, wake::Message::Fire { slot, serial });
                false
            }
        };
        self.timer = self.timer.filter(|_| pending);
    }

    /// The poll of whatever waits by a sleep; `what` is named if there is no runtime.
    #[inline]
    #[track_caller]
    pub(super) fn poll_for(&mut self, what: &str, cx: &mut Context<'_>) -> Poll<()> {
        match self.poll_here(cx) {
            Some(polled) => polled,
            None => no_runtime(what),
        }
    }

    /// `None` with no runtime on the thread.
    fn poll_here(&mut self, cx: &mut Context<'_>) -> Option<Poll<()>> {
        let core = try_current()?;
        if self.timer.is_some_and(|timer| !core.reactor.keeps(timer)) {
            self.withdraw();
        }
        let over = core.reactor.poll_timer(self.deadline, &mut self.timer, cx.waker());
        Some(if over { Poll::Ready(()) } else { Poll::Pending })
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

    #[inline]
    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_for("shirr::time::sleep", cx)
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.withdraw();
    }
}
