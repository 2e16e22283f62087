//! `gather(..).settled()`: every result at its position, and `within` a time.

use crate::common::{
    Count, Drops, Gate, Guard, begin, counted, panic_text, paused, poll_once, registered, run, turns,
};
use crate::forms::Given;
use shirr::time::{now, sleep};
use shirr::{gather, spawn, yield_now};
use std::future::{Future, pending, ready};
use std::pin::Pin;
use std::time::Duration;

type Child<T> = Pin<Box<dyn Future<Output = T>>>;

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(600);

fn waits<T: 'static>(guard: Guard) -> Child<T> {
    Box::pin(async move {
        let _guard = guard;
        pending().await
    })
}

/// Breaks if a result is lost or moved when its child's slot goes to the next one.
#[test]
fn ok_err_ok_and_a_panic_are_results_in_input_order_after_the_last() {
    for limit in [1, 2, 4, usize::MAX] {
        run(move || async move {
            let child = |i: usize| async move {
                turns(8 - 2 * i).await;
                assert_ne!(i, 3, "no three");
                if i == 1 { Err("one") } else { Ok(i) }
            };
            let words = Given::Each(gather((0..4).map(child)).settled().limit(limit).await).words();
            assert_eq!(words[..3], ["0", "err \"one\"", "2"], "limit {limit}");
            let text = &words[3];
            assert!(text.starts_with("task panicked:") && text.contains("no three"), "{text}");
        });
    }
}

/// Breaks if a settled gather wakes its parent for a child's panic.
#[test]
fn a_panic_neither_ends_nor_wakes_the_whole() {
    run(async || {
        let (caller, gate) = (Count::default(), Gate::default());
        let children: [Child<()>; 3] = [
            Box::pin(async { panic!("first") }),
            Box::pin(gate.clone().wait()),
            Box::pin(async {
                turns(2).await;
                panic!("second")
            }),
        ];
        let all = spawn(counted(caller.clone(), gather(children).settled()));
        turns(6).await;
        assert_eq!((caller.get(), all.is_finished()), (1, false));
        gate.open();
        let results = all.await.unwrap();
        assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(caller.get(), 2);
    });
}

/// Breaks if the time's end loses results, or leaves a child or its timer.
#[test]
fn within_keeps_what_has_ended_and_drops_what_has_not_before_the_caller_sees_it() {
    paused(async || {
        let (drops, start) = (Drops::default(), now());
        let fails: Child<Result<(), &str>> = Box::pin(ready(Err("no")));
        let panics: Child<Result<(), &str>> = Box::pin(async { panic!("boom") });
        let ends: Child<Result<(), &str>> = Box::pin(async {
            yield_now().await;
            Ok(())
        });
        let children = [waits(drops.guard()), fails, panics, ends, waits(drops.guard())];
        let mut all = gather(children).settled().within(SHORT);
        let results = (&mut all).await;
        assert_eq!(now() - start, SHORT);
        assert!(panic_text(|| poll_once(&mut all)).contains("after it gave its output"));
        assert!(drops.count() == 2 && drops.none_alive());
        let cut = "task was cancelled";
        assert_eq!(Given::Each(results).words(), [cut, "err \"no\"", "task panicked: boom", "()", cut]);
        assert_eq!(registered(), (0, 0));
        assert_eq!(shirr::metrics().tasks, 1);
    });
}

/// Breaks if a limit must come before the time.
#[test]
fn a_limit_may_be_set_after_the_time_too() {
    paused(async || {
        let all = gather([sleep(LONG / 2), sleep(SHORT / 2), sleep(SHORT)]).settled().within(SHORT).limit(1);
        assert_eq!(all.await.len(), 1);
        let text = panic_text(|| gather([ready(())]).settled().within(SHORT).limit(0));
        assert!(text.contains("limit(0)"));
    });
}

/// Breaks if the time begins when the future is made.
#[test]
fn within_counts_from_the_first_poll_and_never_ends_early() {
    paused(async || {
        let all = gather([pending::<()>()]).settled().within(SHORT);
        sleep(SHORT).await;
        let start = now();
        assert_eq!(all.await.len(), 1);
        assert_eq!(now() - start, SHORT);
    });
}

/// Breaks if the timer stays until the gather is dropped, or is waited for.
#[test]
fn when_all_kept_the_time_its_timer_goes_although_the_gather_is_kept() {
    run(async || {
        let mut all = gather((0..3).map(turns)).settled().within(LONG);
        assert!((&mut all).await.iter().all(Result::is_ok));
        assert_eq!(registered(), (0, 0));
    });
}

/// Breaks if a time of zero cuts off what had its turn.
#[test]
fn within_no_time_keeps_children_that_were_ready_at_once() {
    run(async || {
        let drops = Drops::default();
        let children: [Child<()>; 2] = [Box::pin(ready(())), waits(drops.guard())];
        let results = gather(children).settled().within(Duration::ZERO).await;
        assert!(results[0].is_ok() && results[1].as_ref().unwrap_err().is_cancelled());
        assert!(drops.count() == 1 && drops.none_alive());
    });
}

/// Breaks if the longest duration overflows.
#[test]
fn within_for_ever_is_as_good_as_without() {
    paused(async || {
        let results = gather((0..3).map(turns)).settled().within(Duration::MAX).await;
        assert!(results.iter().all(Result::is_ok));
    });
}

/// Breaks if children that were never started have results, or are started at the end.
#[test]
fn within_under_a_limit_gives_results_of_those_that_were_started() {
    paused(async || {
        let (drops, made) = (Drops::default(), Count::default());
        let counts = (drops.clone(), made.clone());
        let children = (0..).map(move |i: usize| -> Child<usize> {
            counts.1.add(1);
            if i % 3 == 2 { waits(counts.0.guard()) } else { Box::pin(ready(i)) }
        });
        // Two run at a time, and the third child of every three stays: six begin, or fewer
        // on a machine so busy that the time is over first.
        let results = gather(children).settled().limit(2).within(SHORT).await;
        assert!((2..=6).contains(&results.len()) && results.len() == made.get());
        for (i, result) in results.iter().enumerate() {
            match result {
                Ok(output) => assert_eq!(*output, i),
                Err(error) => assert!(error.is_cancelled()),
            }
        }
        assert_eq!((results[0].is_ok(), drops.none_alive(), shirr::metrics().tasks), (true, true, 1));
    });
}

/// Breaks if the drop leaves the timer or a child.
#[test]
fn dropped_within_its_time_it_cancels_all_and_takes_its_timer_along() {
    run(async || {
        let drops = Drops::default();
        let mut all = gather([waits::<()>(drops.guard()), waits(drops.guard())]).settled().within(LONG);
        assert!(begin(&mut all).await.is_pending());
        yield_now().await;
        assert_eq!(registered(), (1, 0));
        drop(all);
        assert!(drops.count() == 2 && drops.none_alive());
        assert_eq!((registered(), shirr::metrics().tasks), ((0, 0), 1));
    });
}
