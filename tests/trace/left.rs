//! How long a timer has to go, by the clock that the runtime goes by.

use crate::common::recorded::{delay, paused, plain, recording_runtime};
use crate::common::{begin, ends, turns};
use shirr::spawn;
use shirr::time::{now, pause, resume, sleep};
use shirr::trace::{Reason, waiting};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// What the task that was spawned first has to wait for its timer.
fn left() -> Duration {
    let list = waiting();
    let [Reason::Timer { left }] = list.tasks[1].reasons[..] else { panic!("{list}") };
    left
}

/// Breaks if the time since the recording began is left out, or counted the other way.
#[test]
fn a_timer_never_has_more_to_go_than_it_was_set_for() {
    ends(|| {
        let (_recorder, runtime) = recording_runtime(plain());
        runtime.block_on(async {
            let nap = spawn(sleep(HOUR));
            turns(1).await;
            assert!(left() <= HOUR, "{:?}", left());
            nap.abort();
        });
    });
}

/// Breaks if the clock is taken for one that still stands, or goes back.
#[test]
fn a_timer_has_less_to_go_when_a_clock_that_was_held_goes_again() {
    ends(|| {
        let (_recorder, runtime) = recording_runtime(plain());
        runtime.block_on(async {
            pause();
            let nap = spawn(sleep(HOUR));
            turns(1).await;
            assert_eq!(left(), HOUR);
            resume();
            delay(1).await;
            let first = left();
            delay(1).await;
            assert!(HOUR > first && first > left(), "{first:?}, {:?}", left());
            nap.abort();
        });
    });
}

/// Breaks if a timer that was reset is told with its old deadline.
#[test]
fn a_timer_that_was_reset_has_the_time_to_its_new_deadline_to_go() {
    ends(|| {
        let (_recorder, runtime) = recording_runtime(paused());
        runtime.block_on(async {
            let task = spawn(async {
                let mut nap = sleep(HOUR);
                assert!(begin(&mut nap).await.is_pending());
                nap.reset(now() + 2 * HOUR);
                nap.await;
            });
            turns(1).await;
            assert_eq!(left(), 2 * HOUR);
            task.abort();
        });
    });
}
