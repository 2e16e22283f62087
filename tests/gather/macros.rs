//! `gather!` and `try_gather!`: futures of different types, tuples of outputs.

use crate::common::{Count, run, turns};
use shirr::{gather, spawn, try_gather, yield_now};
use std::future::ready;
use std::rc::Rc;

/// Gives `output` after some turns.
async fn after<T>(n: usize, output: T) -> T {
    turns(n).await;
    output
}

/// Breaks if one future's output comes bare.
#[test]
fn one_future_gives_a_tuple_of_one() {
    run(async || {
        assert_eq!(gather!(ready(1)).await, (1,));
        assert_eq!(gather!(ready(1),).await, (1,));
        assert_eq!(try_gather!(ready(Ok::<_, ()>(1))).await, Ok((1,)));
        assert_eq!(try_gather!(ready(Err::<(), _>(1)),).await, Err(1));
    });
}

/// Breaks if an output lies in another one's cell.
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

/// Breaks if the number of futures has a bound, as it has where each length is a type of its own.
#[test]
fn more_than_twelve_futures_keep_their_order_too() {
    run(async || {
        let a = |n: u8| ready(n);
        #[rustfmt::skip]
        let many = gather!(
            a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7), a(8), a(9), a(10), a(11), a(12), a(13), a(14), a(15),
        ).await;
        assert_eq!((many.0, many.11, many.12, many.15), (0, 11, 12, 15));
    });
}

/// Breaks if the futures have to be of one type or `Send`, or if an output is kept.
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

/// Breaks if the macro's limit is not that of the gather inside.
#[test]
fn under_a_limit_no_more_run_at_a_time_and_the_order_is_kept() {
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
    });
}

/// Breaks if a macro's future cannot be another one's child, or an error is not the first.
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
