//! `gather!` and `try_gather!`: futures of different types, tuples of outputs.

mod common;

use common::{Count, Drops, Gate, Trace, begin, caught, counted, panic_text, poll_once, run, text_of, turns};
use shirr::{gather, spawn, try_gather, yield_now};
use std::future::{pending, ready};
use std::rc::Rc;

/// Gives `output` after some turns.
async fn after<T>(n: usize, output: T) -> T {
    turns(n).await;
    output
}

#[test]
fn one_future_gives_a_tuple_of_one() {
    run(async || {
        assert_eq!(gather!(ready(1)).await, (1,));
        assert_eq!(gather!(ready(1),).await, (1,));
        assert_eq!(try_gather!(ready(Ok::<_, ()>(1))).await, Ok((1,)));
        assert_eq!(try_gather!(ready(Err::<(), _>(1)),).await, Err(1));
    });
}

#[test]
fn twelve_futures_that_end_in_reverse_give_outputs_in_their_order() {
    run(async || {
        let a = |n: usize| after(12 - n, n);
        let (one, .., twelve) =
            gather!(a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7), a(8), a(9), a(10), a(11)).await;
        assert_eq!((one, twelve), (0, 11));
        let t = |n: usize| after(12 - n, Ok::<_, ()>(n));
        let all = try_gather!(t(0), t(1), t(2), t(3), t(4), t(5), t(6), t(7), t(8), t(9), t(10), t(11),);
        let values = all.await.unwrap();
        assert_eq!((values.0, values.1, values.6, values.10, values.11), (0, 1, 6, 10, 11));
    });
}

#[test]
fn every_length_between_keeps_the_places() {
    run(async || {
        let a = |n: u8| ready(n);
        assert_eq!(gather!(a(0), a(1)).await, (0, 1));
        assert_eq!(gather!(a(0), a(1), a(2)).await, (0, 1, 2));
        assert_eq!(gather!(a(0), a(1), a(2), a(3)).await, (0, 1, 2, 3));
        assert_eq!(gather!(a(0), a(1), a(2), a(3), a(4)).await, (0, 1, 2, 3, 4));
        assert_eq!(gather!(a(0), a(1), a(2), a(3), a(4), a(5)).await, (0, 1, 2, 3, 4, 5));
        assert_eq!(gather!(a(0), a(1), a(2), a(3), a(4), a(5), a(6)).await, (0, 1, 2, 3, 4, 5, 6));
        assert_eq!(gather!(a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7)).await, (0, 1, 2, 3, 4, 5, 6, 7));
        let nine = gather!(a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7), a(8)).await;
        let ten = gather!(a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7), a(8), a(9)).await;
        let eleven = gather!(a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7), a(8), a(9), a(10)).await;
        assert_eq!(nine, (0, 1, 2, 3, 4, 5, 6, 7, 8));
        assert_eq!(ten, (0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
        assert_eq!(eleven, (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    });
}

/// Breaks if the number of futures has a bound, as it has where each length is a type of its own.
#[test]
fn more_than_twelve_futures_keep_their_places_too() {
    run(async || {
        let a = |n: u8| ready(n);
        #[rustfmt::skip]
        let many = gather!(
            a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7), a(8), a(9), a(10), a(11), a(12), a(13), a(14), a(15),
        ).await;
        assert_eq!((many.0, many.11, many.12, many.15), (0, 11, 12, 15));
    });
}

#[test]
fn types_may_differ_and_hold_an_rc() {
    run(async || {
        let shared = Rc::new(String::from("shared"));
        let held = Rc::clone(&shared);
        let length = async move {
            yield_now().await;
            held.len()
        };
        let (length, back, unit, task) =
            gather!(length, ready(Rc::clone(&shared)), yield_now(), spawn(async { 'x' })).await;
        assert_eq!((length, unit, task.unwrap()), (6, (), 'x'));
        assert!(Rc::ptr_eq(&back, &shared));
        let both = try_gather!(ready(Ok::<_, String>(Rc::clone(&shared))), ready(Ok(1_u8))).await.unwrap();
        assert!(Rc::ptr_eq(&both.0, &shared) && both.1 == 1);
        drop((back, both));
        assert_eq!(Rc::strong_count(&shared), 1);
    });
}

#[test]
fn the_futures_have_turns_of_their_own_in_their_order_and_none_before_it_is_awaited() {
    run(async || {
        let trace = Trace::default();
        let talks = |name: &'static str| {
            let trace = trace.clone();
            async move {
                for step in 0..2 {
                    trace.note(format!("{name}{step}"));
                    yield_now().await;
                }
            }
        };
        let both = gather!(talks("a"), talks("b"));
        yield_now().await;
        assert!(trace.take().is_empty());
        both.await;
        assert_eq!(trace.take(), ["a0", "b0", "a1", "b1"]);
    });
}

#[test]
fn the_caller_is_woken_once() {
    run(async || {
        let caller = Count::default();
        counted(caller.clone(), gather!(turns(1), turns(5), turns(9))).await;
        assert_eq!(caller.get(), 2);
    });
}

#[test]
fn the_first_error_in_time_drops_the_others_before_the_caller_sees_it() {
    run(async || {
        let (drops, gate) = (Drops::default(), Gate::default());
        let (first, value) = (drops.guard(), drops.guard());
        let waits = async move {
            let _guard = first;
            pending::<Result<(), &str>>().await
        };
        let fails = async {
            gate.wait().await;
            Err::<u8, _>("later")
        };
        let all = try_gather!(waits, fails, after(2, Err::<String, _>("first")), ready(Ok(value)));
        assert_eq!(all.await.err(), Some("first"));
        assert!(drops.count() == 2 && drops.none_alive());
    });
}

#[test]
fn values_that_were_there_are_dropped_before_the_caller_sees_the_error() {
    run(async || {
        let drops = Drops::default();
        let value = drops.guard();
        let mut all = try_gather!(ready(Ok(value)), after(2, Err::<(), _>("no")));
        assert_eq!((&mut all).await.err(), Some("no"));
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn a_panic_drops_the_others_then_resumes_in_the_caller() {
    run(async || {
        let drops = Drops::default();
        let (future, output) = (drops.guard(), drops.guard());
        let waits = async move {
            let _guard = future;
            pending::<()>().await
        };
        async fn panics() -> u8 {
            yield_now().await;
            panic!("boom")
        }
        let all = gather!(waits, ready(output), panics());
        let Err(payload) = caught(all).await else { panic!("it should have panicked") };
        assert_eq!(text_of(payload.as_ref()), "boom");
        assert!(drops.count() == 2 && drops.none_alive());
    });
}

#[test]
fn under_a_limit_no_more_exist_at_a_time_and_the_places_are_kept() {
    run(async || {
        let (alive, most) = (Count::default(), Count::default());
        let task = |n: usize| {
            let (alive, most) = (alive.clone(), most.clone());
            async move {
                alive.add(1);
                most.add(alive.get().saturating_sub(most.get()));
                turns(5 - n).await;
                alive.sub(1);
                n
            }
        };
        assert_eq!(gather!(task(0), task(1), task(2), task(3)).limit(2).await, (0, 1, 2, 3));
        assert_eq!(most.get(), 2);
        let fallible = |n| after(n, Ok::<_, ()>(n));
        assert_eq!(try_gather!(fallible(0), fallible(2), fallible(1)).limit(1).await, Ok((0, 2, 1)));
        assert!(panic_text(|| gather!(ready(1)).limit(0)).contains("limit(0)"));
    });
}

#[test]
fn dropping_it_drops_futures_and_outputs_at_once() {
    run(async || {
        let (futures, outputs) = (Drops::default(), Drops::default());
        let (guard, output) = (futures.guard(), outputs.guard());
        let waits = async move {
            let _guard = guard;
            pending::<u8>().await
        };
        let mut both = gather!(waits, ready(output));
        assert!(begin(&mut both).await.is_pending());
        turns(1).await;
        assert_eq!((futures.count(), outputs.count()), (0, 0));
        drop(both);
        assert_eq!((futures.count(), outputs.count()), (1, 1));
        assert_eq!(shirr::metrics().tasks, 1);
    });
}

#[test]
fn polled_after_its_output_it_panics_with_a_text() {
    run(async || {
        let (mut plain, mut fallible) = (gather!(ready(1)), try_gather!(ready(Ok::<_, ()>(1))));
        (&mut plain).await;
        assert_eq!((&mut fallible).await, Ok((1,)));
        assert!(panic_text(|| poll_once(&mut plain)).contains("after it gave its output"));
        assert!(panic_text(|| poll_once(&mut fallible)).contains("after it gave its output"));
    });
}

#[test]
fn a_question_mark_takes_the_error_and_macros_nest() {
    async fn sum(third: &'static str) -> Result<u32, std::num::ParseIntError> {
        let parse = async |text: &'static str| text.parse::<u32>();
        let inner = try_gather!(parse("1"), parse("2"));
        let ((a, b), (c,)) = try_gather!(inner, try_gather!(parse(third))).await?;
        Ok(a + b + c)
    }
    run(async || {
        assert_eq!(sum("3").await, Ok(6));
        assert!(sum("three").await.is_err());
    });
}
