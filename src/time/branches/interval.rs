//! Waiting again and again.

use crate::runtime::now;
use crate::time::sleep::{Sleep, after, sleep_until};
use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// A tick that comes no later than this is on time: no timer is exact, and a tick counted as
/// missed for a millisecond would shift the ones after it.
const ON_TIME: Duration = Duration::from_millis(5);

/// Ticks at once, and then every `period`. A tick that is due comes at the first poll that asks
/// for it; after 128 of these in a turn the task gives way ([`spawn`](crate::spawn)).
///
/// The period counts from tick to tick, not from the end of what is done in between; what
/// happens when that takes longer is for
/// [`set_missed_tick_behavior`](Interval::set_missed_tick_behavior) to say.
///
/// # Panics
/// When `period` is zero.
///
/// ```
/// use shirr::time::{interval, now};
/// use std::time::Duration;
///
/// # let runtime = shirr::Runtime::builder().paused().build()?;
/// # runtime.block_on(async {
/// let (start, second) = (now(), Duration::from_secs(1));
/// let mut every_second = interval(second);
/// assert_eq!(every_second.tick().await, start);
/// assert_eq!(every_second.tick().await, start + second);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    interval_at(now(), period)
}

/// Ticks at `start`, an instant of this runtime's clock, and then every `period`. At once
/// if `start` has passed. See [`interval`].
///
/// # Panics
/// When `period` is zero.
///
/// ```
/// use shirr::time::{interval_at, now};
/// use std::time::Duration;
///
/// # let runtime = shirr::Runtime::builder().paused().build()?;
/// # runtime.block_on(async {
/// let (start, second) = (now(), Duration::from_secs(1));
/// let mut later = interval_at(start + second, second);
/// assert_eq!(later.tick().await, start + second);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    assert!(
        !period.is_zero(),
        "a shirr interval needs a period above zero; with zero it would tick without end"
    );
    Interval { next: sleep_until(start), period, behavior: MissedTickBehavior::default() }
}

/// What an [`Interval`] does when a tick is awaited more than five milliseconds after its
/// time. The names and what they mean are tokio's.
///
/// With a period of 10 ms, and ticks awaited at 0 ms, at 25 ms and from then on at once, they
/// come at:
///
/// ```text
/// Burst   0   25 25 30 40 50   all of them, the late ones at once
/// Delay   0   25    35 45 55   a period after the late one, and so on from there
/// Skip    0   25    30 40 50   the next multiple of the period
/// ```
///
/// ```
/// use shirr::time::{MissedTickBehavior, interval, now, sleep};
/// use std::time::Duration;
///
/// # let runtime = shirr::Runtime::builder().paused().build()?;
/// # runtime.block_on(async {
/// let (start, ms) = (now(), Duration::from_millis(1));
/// let mut ticks = interval(10 * ms);
/// ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
/// ticks.tick().await;
/// sleep(25 * ms).await;
/// assert_eq!(ticks.tick().await, start + 10 * ms); // late
/// assert_eq!(ticks.tick().await, start + 30 * ms); // the one of 20 ms is left out
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissedTickBehavior {
    /// Makes up for every tick missed, without waiting, until it is on time again.
    #[default]
    Burst,
    /// Counts the period from the late tick.
    Delay,
    /// Leaves out the ticks missed, and goes on in the old step.
    Skip,
}

impl MissedTickBehavior {
    /// When the tick after the one of `due` is, which came late, at `now`.
    fn next(self, due: Instant, now: Instant, period: Duration) -> Instant {
        match self {
            Self::Burst => after(due, period),
            Self::Delay => after(now, period),
            Self::Skip => {
                // In nanoseconds, of which 64 bits count 584 years of being late.
                let beyond = (now - due).as_nanos() % period.as_nanos();
                after(now, period - Duration::from_nanos(beyond as u64))
            }
        }
    }
}

/// A clock that ticks, made by [`interval`] or [`interval_at`].
///
/// Plain numbers, as [`Sleep`] is. While a tick is awaited it has one timer, which goes when
/// the interval is dropped.
#[derive(Debug)]
pub struct Interval {
    next: Sleep,
    period: Duration,
    behavior: MissedTickBehavior,
}

impl Interval {
    /// Waits for the next tick, and returns the instant for which that was due; it comes
    /// then or a little later.
    ///
    /// Cancel safe: dropped early, the tick is still to come, and its timer stays with the
    /// interval until then.
    ///
    /// # Panics
    /// When awaited with no shirr runtime on the thread.
    pub async fn tick(&mut self) -> Instant {
        poll_fn(|cx| self.poll_tick(cx)).await
    }

    /// [`tick`](Self::tick) as a poll, for an implementation of a trait. The waker of the latest
    /// poll is woken.
    ///
    /// # Panics
    /// When it has to wait with no shirr runtime on the thread.
    #[track_caller]
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        ready!(self.next.poll_for("shirr::time::interval", cx));
        let due = self.next.deadline();
        self.next.reset(self.after_tick(due));
        Poll::Ready(due)
    }

    /// When the tick after the one of `due` is. It reads the clock where that matters: when the
    /// loop last did may be long ago, and then the late tick would seem to be on time.
    fn after_tick(&self, due: Instant) -> Instant {
        if self.behavior == MissedTickBehavior::Burst {
            return after(due, self.period);
        }
        let now = now();
        let late = now.saturating_duration_since(due) > ON_TIME;
        let behavior = if late { self.behavior } else { MissedTickBehavior::Burst };
        behavior.next(due, now, self.period)
    }

    /// Has the next tick come a period from now, by the clock of the runtime that runs on this
    /// thread. A task that awaits the tick goes on waiting for it.
    ///
    /// This and its like are tokio's, by the same names. The ticks after the next one count from
    /// that.
    ///
    /// ```
    /// use shirr::time::{interval, now, sleep};
    /// use std::time::Duration;
    ///
    /// # let runtime = shirr::Runtime::builder().paused().build()?;
    /// # runtime.block_on(async {
    /// let (start, second) = (now(), Duration::from_secs(1));
    /// let mut beat = interval(10 * second);
    /// beat.tick().await;
    /// sleep(4 * second).await;
    /// beat.reset(); // the peer has said something, so no beat is needed yet
    /// assert_eq!(beat.tick().await, start + 14 * second);
    /// beat.reset_after(second);
    /// assert_eq!(beat.tick().await, start + 15 * second);
    /// assert_eq!(beat.tick().await, start + 25 * second);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn reset(&mut self) {
        self.reset_after(self.period);
    }

    /// [`reset`](Self::reset) to now: the next tick is due.
    pub fn reset_immediately(&mut self) {
        self.reset_at(now());
    }

    /// [`reset`](Self::reset) to `duration` from now, thirty years at most.
    pub fn reset_after(&mut self, duration: Duration) {
        self.reset_at(after(now(), duration));
    }

    /// [`reset`](Self::reset) to `deadline`. If that has passed, the next tick is due, and late.
    pub fn reset_at(&mut self, deadline: Instant) {
        self.next.reset(deadline);
    }

    /// The time from tick to tick.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// What it does about ticks that were missed; `Burst` if not set.
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.behavior
    }

    /// Sets what it does about ticks that were missed, from the next one on.
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.behavior = behavior;
    }
}
