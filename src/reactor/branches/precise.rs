//! When to end a wait, to the microsecond: a timer of the kernel's (`timerfd`).
//!
//! It is a descriptor that becomes readable when its time has come, and the poll waits for
//! it as for a socket. It is never read: an edge is reported each time, and setting it anew
//! makes it unreadable again.

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::time::{self, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use std::cell::Cell;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// The alarm's token; no source's slot can have this number, so its event concerns no socket.
const ALARM: Token = Token(usize::MAX - 1);

const ZERO: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

#[derive(Debug)]
pub(crate) struct Alarm {
    timer: OwnedFd,
    /// When it rings, or last rang, by the system's clock.
    set: Cell<Option<Instant>>,
}

impl Alarm {
    /// # Errors
    /// When the process is out of descriptors.
    pub(crate) fn new(registry: &Registry) -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = time::timerfd_create(TimerfdClockId::Monotonic, flags)?;
        registry.register(&mut SourceFd(&timer.as_raw_fd()), ALARM, Interest::READABLE)?;
        Ok(Self { timer, set: Cell::new(None) })
    }

    /// Has a wait that begins `now` end at `deadline`, and returns what is left for the wait
    /// itself to count: nothing, unless it need not wait.
    ///
    /// An alarm that rings earlier stays: it may belong to a timeout that was dropped, and to
    /// wait once more after it costs less than to set it for every wait.
    pub(crate) fn set(&self, now: Instant, deadline: Instant) -> Option<Duration> {
        let left = deadline.saturating_duration_since(now);
        if left.is_zero() {
            return Some(left);
        }
        let rings_by_then = self.set.get().is_some_and(|set| now < set && set <= deadline);
        if !rings_by_then {
            if self.start(left).is_err() {
                return Some(left); // then as coarsely as without it
            }
            self.set.set(Some(deadline));
        }
        None
    }

    /// Counted from this moment, which is later than `now`: it may ring later than the
    /// deadline by what lies between, and never earlier.
    fn start(&self, left: Duration) -> io::Result<()> {
        let seconds = left.as_secs().try_into().unwrap_or(i64::MAX);
        let it_value = Timespec { tv_sec: seconds, tv_nsec: left.subsec_nanos().into() };
        let once = Itimerspec { it_interval: ZERO, it_value };
        time::timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const LONG: Duration = Duration::from_secs(5);

    /// Whether the alarm ends a wait that would last long.
    fn rings(poll: &mut mio::Poll) -> bool {
        let mut events = mio::Events::with_capacity(4);
        poll.poll(&mut events, Some(LONG)).unwrap();
        events.iter().any(|event| event.token() == ALARM)
    }

    fn alarm() -> (mio::Poll, Alarm, Instant) {
        let poll = mio::Poll::new().unwrap();
        let alarm = Alarm::new(poll.registry()).unwrap();
        (poll, alarm, Instant::now())
    }

    #[test]
    fn in_real_time_it_rings_each_time_it_is_set_and_never_early() {
        let (mut poll, alarm, _) = alarm();
        for micros in [1, 50, 999, 1_000, 2_500] {
            let now = Instant::now();
            let deadline = now + Duration::from_micros(micros);
            assert_eq!(alarm.set(now, deadline), None);
            assert!(rings(&mut poll) && Instant::now() >= deadline);
        }
    }

    #[test]
    fn in_real_time_a_nearer_deadline_sets_it_anew_and_a_farther_one_leaves_it() {
        let (mut poll, alarm, now) = alarm();
        assert_eq!(alarm.set(now, now + 1_000 * LONG), None);
        assert_eq!(alarm.set(now, now + 2 * MS), None);
        assert_eq!(alarm.set(now, now + 3 * MS), None);
        assert_eq!(alarm.set.get(), Some(now + 2 * MS));
        assert!(rings(&mut poll) && Instant::now() >= now + 2 * MS);
        let now = Instant::now();
        assert_eq!(alarm.set(now, now + MS), None);
        assert!(rings(&mut poll), "it was not set again after it rang");
    }

    #[test]
    fn a_wait_that_need_not_wait_leaves_it_unset() {
        let (_poll, alarm, now) = alarm();
        let before = alarm.set.get();
        assert_eq!(alarm.set(now, now), Some(Duration::ZERO));
        assert_eq!(alarm.set(now, now - MS), Some(Duration::ZERO));
        assert_eq!(alarm.set.get(), before);
        let left = time::timerfd_gettime(&alarm.timer).unwrap().it_value;
        assert_eq!((left.tv_sec, left.tv_nsec), (0, 0));
    }
}
