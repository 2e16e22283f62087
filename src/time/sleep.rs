//! Waiting for a moment.

use crate::reactor::Timer;
use crate::runtime::{current, now, try_current};
use crate::wake::{self, budget};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
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
/// `Duration::MAX` means for ever; what is longer than thirty years is taken as these. It
/// gives way to other tasks once at least, also with a duration of zero, as asyncio's
/// `sleep(0)` does. Cancel safe: dropping the future removes the timer.
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
    Sleep { deadline: after(now(), duration), phase: Phase::New(First::Waits) }
}

/// Waits until `deadline`, an instant of the clock that [`now`](super::now) shows.
///
/// A deadline that has passed, or is now, does not wait: the first poll reads the clock and
/// is ready. It counts as a step of its task, and after 128 of these the task gives way
/// ([`spawn`](crate::spawn)). See [`sleep`] for panics and cancel safety.
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
    Sleep { deadline, phase: Phase::New(First::Asks) }
}

/// The future of [`sleep`] and [`sleep_until`].
///
/// It is plain numbers, so it may be moved to another task, another runtime or another
/// thread; it waits where it is polled, by the clock of the runtime there.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep {
    pub(super) deadline: Instant,
    pub(super) phase: Phase,
}

#[derive(Debug)]
pub(super) enum Phase {
    /// It has no timer.
    New(First),
    /// Some runtime has this timer for it, or had it until it fired.
    Pending(Timer),
}

/// What the first poll does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum First {
    /// It makes a timer, even if the deadline has passed.
    Waits,
    /// It asks the clock, and makes a timer if the deadline lies ahead.
    Asks,
    /// The same, but the task's budget was spent when it asked before: it has given way.
    WasRefused,
}

impl Sleep {
    /// When it ends.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The poll of what waits by a sleep; `what` is named if there is no runtime. The clock tells
    /// at the first poll whether the deadline has passed, and the timer from then on.
    #[track_caller]
    pub(super) fn poll_for(&mut self, what: &str, cx: &mut Context<'_>) -> Poll<()> {
        let reactor = &current(what).reactor;
        if let Phase::Pending(timer) = &mut self.phase {
            if reactor.keeps(*timer) {
                ready!(reactor.poll_timer(self.deadline, timer, cx.waker()));
                self.phase = Phase::New(First::Asks);
                return Poll::Ready(());
            }
            self.withdraw();
        }
        match self.phase {
            Phase::New(first) if first != First::Waits && self.deadline <= reactor.clock().now() => {
                self.poll_passed(first, cx)
            }
            _ => {
                self.phase = Phase::Pending(reactor.set_timer(self.deadline, cx.waker()));
                Poll::Pending
            }
        }
    }

    /// A deadline that has passed is a step of its task. Refused once and not again: what is
    /// polled before it may take all steps of every turn.
    fn poll_passed(&mut self, first: First, cx: &Context<'_>) -> Poll<()> {
        if first == First::Asks {
            self.phase = Phase::New(First::WasRefused);
            ready!(budget::poll_step(cx));
        }
        self.phase = Phase::New(First::Asks);
        Poll::Ready(())
    }

    /// Takes its timer out of the runtime that has it: at once if that runs on this thread,
    /// else by a message, which fires the timer (I8): a wake too many does no harm.
    pub(super) fn withdraw(&mut self) {
        let Phase::Pending(timer) = self.phase else { return };
        self.phase = Phase::New(First::Asks);
        match try_current().filter(|core| core.reactor.keeps(timer)) {
            Some(core) => core.reactor.remove_timer(timer),
            None => {
                let (slot, serial) = (timer.slot(), timer.serial);
                wake::send(timer.runtime(), wake::Message::Fire { slot, serial });
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
