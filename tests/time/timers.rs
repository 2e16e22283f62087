//! Timers: never early, in order, gone when dropped.

use crate::common::shuffled::is_shuffled;
use crate::common::{Drops, Trace, begin, panic_text, paused, poll_once, run, turns};
use shirr::time::{Sleep, advance, now, pause, resume, sleep, sleep_until};
use shirr::{AbortHandle, JoinHandle, gather, metrics, spawn};
use std::cell::RefCell;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(600);

fn timers() -> usize {
    shirr::metrics().timers
}

#[test]
fn no_sleep_is_early_by_the_real_time() {
    run(async || {
        let child = |micros: u64| async move {
            let (start, wanted) = (Instant::now(), Duration::from_micros(micros));
            sleep(wanted).await;
            assert!(start.elapsed() >= wanted, "{:?} instead of {wanted:?}", start.elapsed());
        };
        // One at a time, then all at once; most of them not whole milliseconds.
        for micros in [1, 100, 999, 1_000, 1_001, 1_500, 2_000, 3_333, 4_999, 5_000] {
            child(micros).await;
        }
        gather((0..500).map(|i| child(1 + i * 10))).await;
    });
}

/// Breaks if the loop asks again and again until the deadline.
#[test]
fn a_sleep_is_waited_for_in_a_few_event_polls_also_on_a_clock_that_was_held() {
    for held in [false, true] {
        run(move || async move {
            if held {
                pause();
                advance(LONG).await;
                resume();
            }
            let before = metrics().event_polls;
            sleep(20 * MS).await;
            let event_polls = metrics().event_polls - before;
            assert!(event_polls < 50, "{event_polls} event polls");
        });
    }
}

#[test]
fn a_sleep_counts_from_the_call_and_not_from_the_first_poll() {
    let before = Instant::now();
    let late = sleep(LONG);
    assert!((before + LONG..=Instant::now() + LONG).contains(&late.deadline()));
    assert_eq!(sleep_until(before).deadline(), before);
}

#[test]
fn a_sleep_for_ever_neither_overflows_nor_ends_and_does_not_delay_others() {
    paused(async || {
        let mut endless = [sleep(Duration::MAX), sleep(Duration::MAX - MS), sleep(LONG * 1_000_000)];
        for one in &mut endless {
            assert!(begin(one).await.is_pending());
        }
        sleep(2 * MS).await;
        for one in &mut endless {
            assert!(begin(one).await.is_pending());
        }
        assert_eq!(timers(), 3);
    });
}

#[test]
fn timers_that_came_due_in_real_time_fire_in_the_order_of_their_deadlines_then_of_their_start() {
    if is_shuffled("order of wakes") {
        return;
    }
    run(async || {
        // Still to come when the timers start, also on a busy machine.
        let (trace, base) = (Trace::default(), Instant::now() + Duration::from_millis(500));
        let child = |(i, ms): (usize, u32)| {
            let trace = trace.clone();
            async move {
                sleep_until(base + ms * MS).await;
                trace.note(format!("{ms}:{i}"));
            }
        };
        let deadlines = [5, 3, 9, 3, 1, 9, 5, 3].into_iter().enumerate();
        let all = spawn(gather(deadlines.map(child).collect::<Vec<_>>()));
        turns(2).await;
        // A task that runs long: by its end all are due, and one event poll fires every one of them.
        thread::sleep((base + 10 * MS).saturating_duration_since(Instant::now()));
        all.await.unwrap();
        assert_eq!(trace.take(), ["1:4", "3:1", "3:3", "3:7", "5:0", "5:6", "9:2", "9:5"]);
    });
}

#[test]
fn a_hundred_thousand_timers_dropped_early_leave_none() {
    run(async || {
        let mut sleeps: Vec<Sleep> = (0..100_000).map(|i| sleep(LONG + i % 977 * MS)).collect();
        for one in &mut sleeps {
            assert!(begin(one).await.is_pending());
        }
        assert_eq!(timers(), 100_000);
        // From the middle outwards, so that they leave from everywhere in the order.
        let behind = sleeps.split_off(50_000);
        behind.into_iter().zip(sleeps.into_iter().rev()).for_each(drop);
        assert_eq!(timers(), 0);
    });
}

#[test]
fn a_sleep_that_was_never_polled_has_no_timer() {
    run(async || {
        let one = sleep(LONG);
        assert_eq!(timers(), 0);
        drop(one);
    });
}

#[test]
fn a_timer_dropped_after_it_fired_takes_no_newer_one_with_it() {
    paused(async || {
        let mut fired = sleep(MS);
        assert!(begin(&mut fired).await.is_pending());
        sleep(2 * MS).await;
        assert_eq!(timers(), 0);
        // The newcomer takes the slot that the fired one had.
        let mut newer = sleep(LONG);
        assert!(begin(&mut newer).await.is_pending());
        drop(fired);
        assert_eq!(timers(), 1);
    });
}

#[test]
fn of_timers_that_fire_together_the_first_task_may_end_the_others() {
    if is_shuffled("order of wakes") {
        return;
    }
    paused(async || {
        let (base, victims) = (now() + MS, Rc::new(RefCell::new(Vec::new())));
        let keys = Rc::clone(&victims);
        let killer = spawn(async move {
            sleep_until(base).await;
            keys.take().into_iter().for_each(AbortHandle::abort);
        });
        let sleepers: Vec<_> = (0..8).map(|_| spawn(sleep_until(base))).collect();
        *victims.borrow_mut() = sleepers.iter().map(JoinHandle::abort_handle).collect();
        turns(2).await;
        assert_eq!(timers(), 9);
        killer.await.unwrap();
        for sleeper in sleepers {
            assert!(sleeper.await.unwrap_err().is_cancelled());
        }
        assert_eq!(timers(), 0);
    });
}

#[test]
fn a_panic_beside_a_sleep_removes_its_timer() {
    run(async || {
        let drops = Drops::default();
        let guard = drops.guard();
        let task = spawn(async move {
            let _guard = guard;
            let mut one = sleep(LONG);
            assert!(begin(&mut one).await.is_pending());
            panic!("beside a sleep");
        });
        assert!(task.await.unwrap_err().is_panic());
        assert_eq!((drops.count(), timers()), (1, 0));
    });
}

#[test]
fn outside_a_runtime_it_panics_with_the_line_that_mends_it() {
    let mut one = sleep(MS); // making one needs no runtime
    let text = panic_text(|| poll_once(&mut one));
    assert!(text.contains("shirr::time::sleep") && text.contains("shirr::block_on(async"), "{text}");
}
