//! The clock that a test may hold: how it moves, and in which order things happen then. What
//! keeps it from moving is in `clock_stands.rs`.

use crate::common::source::{rust_files, tokens};
use crate::common::{Trace, begin, ends, panic_text, paused, turns};
use shirr::time::{advance, interval, now, pause, resume, sleep, sleep_until, stalled, timeout};
use shirr::{Runtime, gather, spawn};
use std::future::pending;
use std::thread;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A task that notes when its sleep ended, counted in seconds from `start`.
fn sleeper(trace: &Trace, start: Instant, seconds: u32) -> shirr::JoinHandle<()> {
    let trace = trace.clone();
    let nap = sleep(seconds * SECOND);
    spawn(async move {
        nap.await;
        trace.note(format!("{seconds} at {}", (now() - start).as_secs()));
    })
}

#[test]
fn held_from_the_start_it_stands_and_jumps_from_deadline_to_deadline() {
    paused(async || {
        let (trace, start) = (Trace::default(), now());
        turns(1_000).await;
        assert_eq!(now(), start);
        let handles = [30, 10, 20, 10].map(|seconds| sleeper(&trace, start, seconds));
        gather(handles).await;
        assert_eq!(trace.take(), ["10 at 10", "10 at 10", "20 at 20", "30 at 30"]);
        assert_eq!(now() - start, 30 * SECOND);
    });
}

#[test]
fn paused_in_the_middle_it_stands_where_it_was_and_then_goes_on_from_where_it_stands() {
    crate::common::run(async || {
        let before = Instant::now();
        assert!(now() >= before);
        pause();
        let held = now();
        assert!((before..=Instant::now()).contains(&held));
        thread::sleep(2 * MS);
        assert_eq!(now(), held);
        sleep(DAY).await;
        assert_eq!(now(), held + DAY);
        resume();
        let resumed = now();
        assert!(resumed >= held + DAY && resumed - (held + DAY) < 3600 * SECOND);
        sleep(2 * MS).await; // with the system's clock, a day ahead of it
        assert!(now() >= resumed + 2 * MS);
        pause();
        assert!(now() >= resumed + 2 * MS);
        assert_eq!(sleep(SECOND).deadline(), now() + SECOND);
    });
}

#[test]
fn it_stands_from_one_block_on_to_the_next_and_every_runtime_has_its_own() {
    ends(|| {
        let (held, other) = (Runtime::builder().paused().build().unwrap(), Runtime::new().unwrap());
        let start = held.block_on(async { now() });
        thread::sleep(2 * MS);
        held.block_on(async {
            assert_eq!(now(), start);
            sleep(DAY).await;
        });
        other.block_on(async {
            assert!(now() < start + DAY);
            assert!(panic_text(|| resume()).contains("not paused"));
        });
        assert!(now() < start + DAY, "outside, it is the system's");
        held.block_on(async { assert_eq!(now(), start + DAY) });
    });
}

#[test]
fn a_sleep_of_zero_gives_way_once_and_moves_no_time() {
    paused(async || {
        let (start, other) = (now(), spawn(async {}));
        sleep(Duration::ZERO).await;
        assert!(other.is_finished());
        sleep_until(start).await;
        sleep_until(start - MS).await;
        assert_eq!(now(), start);
        // Its time has come, so the event poll that finds it due need not move the clock either.
        let nap = spawn(sleep(Duration::ZERO));
        advance(Duration::ZERO).await;
        assert!(nap.is_finished());
        assert_eq!((now(), shirr::metrics().timers), (start, 0));
    });
}

#[test]
fn an_advance_fires_each_timer_at_its_own_time_and_those_made_on_the_way_among_them() {
    paused(async || {
        let (trace, start) = (Trace::default(), now());
        let (log, inner) = (trace.clone(), trace.clone());
        let chain = spawn(async move {
            // Each is made when the one before has fired, and falls between the others.
            for _ in 0..4 {
                sleep(3 * SECOND).await;
                inner.note(format!("chain at {}", (now() - start).as_secs()));
            }
        });
        let _others = [8, 4, 20].map(|seconds| sleeper(&trace, start, seconds));
        turns(1).await;
        advance(10 * SECOND).await;
        log.note("advanced");
        assert_eq!(now(), start + 10 * SECOND);
        chain.await.unwrap();
        let expected =
            ["chain at 3", "4 at 4", "chain at 6", "8 at 8", "chain at 9", "advanced", "chain at 12"];
        assert_eq!(trace.take(), expected);
    });
}

#[test]
fn an_advance_returns_when_all_that_its_timers_woke_have_come_to_rest() {
    paused(async || {
        let (trace, start) = (Trace::default(), now());
        let log = trace.clone();
        let first = sleeper(&trace, start, 5); // due at the very end
        drop(spawn(async move {
            first.await.unwrap();
            turns(300).await; // more than the loop takes between two event polls
            drop(spawn(async move { log.note("the last task of the chain") }));
        }));
        advance(5 * SECOND).await;
        trace.note("advanced");
        assert_eq!(trace.take(), ["5 at 5", "the last task of the chain", "advanced"]);
    });
}

#[test]
fn an_advance_stops_short_of_what_is_due_later_and_one_of_zero_lets_all_tasks_run() {
    paused(async || {
        let (start, nap) = (now(), spawn(sleep(SECOND)));
        advance(SECOND - Duration::from_nanos(1)).await;
        assert!(!nap.is_finished());
        advance(Duration::from_nanos(1)).await;
        assert!(nap.is_finished());
        let other = spawn(turns(500));
        advance(Duration::ZERO).await;
        assert!(other.is_finished());
        assert_eq!(now(), start + SECOND);
    });
}

#[test]
fn an_advance_dropped_on_the_way_leaves_the_clock_there_and_another_may_follow() {
    paused(async || {
        let (start, minute) = (now(), 60 * SECOND);
        let traveller = spawn(advance(minute));
        sleep(10 * SECOND).await; // fires on the way
        traveller.abort();
        assert!(traveller.await.unwrap_err().is_cancelled());
        assert_eq!(now(), start + 10 * SECOND);
        let mut done = Box::pin(advance(SECOND));
        (&mut done).await;
        advance(SECOND).await; // though the one before is still there
        assert_eq!(now(), start + 12 * SECOND);
    });
}

#[test]
fn four_hundred_days_with_timers_from_a_millisecond_to_a_year_pass_in_order() {
    let real = Instant::now();
    paused(async || {
        let (trace, start) = (crate::common::Count::default(), now());
        let year = 365 * DAY;
        // From 1 ms in steps of a thousandth up to a year, made in no particular order.
        let mut deadlines: Vec<Duration> = std::iter::successors(Some(MS), |d| Some(*d * 1_003 / 1_000 + MS))
            .take_while(|d| *d < year)
            .collect();
        deadlines.push(year);
        let last = deadlines.len();
        assert!(last > 4_000);
        let mut order: Vec<usize> = (0..last).collect();
        order.sort_by_key(|i| i * 7_919 % last);
        for i in order {
            let (count, deadline) = (trace.clone(), start + deadlines[i]);
            drop(spawn(async move {
                sleep_until(deadline).await;
                assert_eq!(now(), deadline);
                assert_eq!(count.get(), i, "out of order");
                count.add(1);
            }));
        }
        advance(400 * DAY).await;
        assert_eq!((trace.get(), now() - start), (last, 400 * DAY));
        assert_eq!(shirr::metrics().timers, 0);
    });
    assert!(real.elapsed() < 5 * SECOND, "{:?} of real time", real.elapsed());
}

#[test]
fn what_is_asked_of_a_clock_in_the_wrong_state_is_refused_with_the_reason() {
    crate::common::run(async || {
        assert!(
            panic_text(resume).contains("shirr::time::resume was called, but the runtime's clock is not")
        );
        let text = crate::common::text_of(crate::common::caught(advance(MS)).await.unwrap_err().as_ref());
        assert!(text.contains("not paused") && text.contains("shirr::time::pause()"), "{text}");
        pause();
        assert!(panic_text(pause).contains("paused already"));
        let text =
            crate::common::text_of(crate::common::caught(advance(Duration::MAX)).await.unwrap_err().as_ref());
        assert!(text.contains("cannot go as far"), "{text}");
        let mut one = advance(SECOND);
        assert!(begin(&mut one).await.is_pending());
        let text = crate::common::text_of(crate::common::caught(advance(MS)).await.unwrap_err().as_ref());
        assert!(text.contains("another one is under way"), "{text}");
        assert!(panic_text(resume).contains("while a shirr::time::advance is under way"));
        one.await;
        resume();
    });
}

#[test]
fn outside_a_runtime_its_functions_panic_with_the_line_that_mends_it() {
    let panics = [
        ("shirr::time::pause", panic_text(pause)),
        ("shirr::time::resume", panic_text(resume)),
        ("shirr::time::stalled", panic_text(stalled)),
        ("shirr::time::advance", panic_text(|| crate::common::poll_once(&mut advance(MS)))),
        (
            "shirr::time::interval",
            panic_text(|| crate::common::poll_once(&mut Box::pin(interval(MS).tick()))),
        ),
    ];
    for (name, text) in panics {
        assert!(text.contains(name) && text.contains("shirr::block_on(async"), "{text}");
    }
}

#[test]
fn a_sleep_of_another_thread_is_no_part_of_this_clock_and_goes_by_the_one_it_is_polled_in() {
    ends(|| {
        let held = Runtime::builder().paused().build().unwrap();
        let mut nap = sleep(DAY);
        held.block_on(async { assert!(begin(&mut nap).await.is_pending()) });
        thread::spawn(move || {
            shirr::block_on(async {
                nap.reset(now() + MS); // takes it out of the other runtime
                nap.await;
            });
        })
        .join()
        .unwrap();
        held.block_on(async {
            let start = now();
            let hang = timeout(2 * DAY, pending::<()>());
            assert!(hang.await.is_err());
            assert_eq!((now(), shirr::metrics().timers), (start + 2 * DAY, 0));
        });
    });
}

#[test]
fn the_systems_clock_is_read_in_one_place_only() {
    let reads = |(file, source): (String, String)| {
        let code = tokens(source.split("#[cfg(test)]").next().unwrap());
        let now = code.windows(3).filter(|w| w[0].is("Instant") && w[1].is("::") && w[2].is("now"));
        let elapsed = code.windows(2).filter(|w| w[0].is(".") && w[1].is("elapsed"));
        (file, now.count() + elapsed.count())
    };
    // What is recorded has the system's time, a search begins and ends by it, and no task waits by it.
    let waits = |file: &str| !["trace/", "choice/", "explore/"].iter().any(|layer| file.starts_with(layer));
    let files = rust_files("src").into_iter().filter(|(file, _)| waits(file));
    let reads: Vec<_> = files.map(reads).filter(|(_, reads)| *reads > 0).collect();
    assert_eq!(reads, [("reactor/branches/clock.rs".to_owned(), 1)]);
}
