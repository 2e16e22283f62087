//! `as_completed`: each output when it comes, with its position.

use crate::common::{Count, Drops, Gate, Guard, caught, run, text_of, turns};
use shirr::{as_completed, yield_now};
use std::cell::Cell;
use std::future::{Future, pending, poll_fn, ready};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

type Child<T> = Pin<Box<dyn Future<Output = T>>>;

fn waits<T: 'static>(guard: Guard) -> Child<T> {
    Box::pin(async move {
        let _guard = guard;
        pending().await
    })
}

/// Polls `future` once as the task that runs, and drops it.
async fn give_up<F: Future>(future: F) -> Poll<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

/// Breaks if outputs are given in input order, or with a position of the order of their ends.
#[test]
fn outputs_come_in_the_order_of_their_ends_with_their_positions() {
    run(async || {
        let gates: [Gate; 4] = Default::default();
        let mut source = as_completed(gates.clone().map(Gate::wait));
        for position in [2, 0, 3, 1] {
            assert!(give_up(source.next()).await.is_pending());
            gates[position].open();
            assert_eq!(source.next().await, Some((position, ())));
        }
        assert_eq!(source.next().await, None);
    });
}

/// Breaks if of outputs that are there a later one is given first.
#[test]
fn children_that_end_in_one_pass_come_in_the_order_of_their_polls() {
    run(async || {
        let mut source = as_completed((0..100).map(ready));
        for i in 0..100 {
            assert_eq!(source.next().await, Some((i, i)));
        }
        assert_eq!(source.next().await, None);
    });
}

/// Breaks if a source that has no more waits, or panics when it is asked.
#[test]
fn after_the_last_it_gives_none_however_often_it_is_asked() {
    run(async || {
        let mut empty = as_completed([(); 0].map(|()| ready(())));
        let mut one = as_completed([ready(1)]).limit(1);
        assert_eq!(one.next().await, Some((0, 1)));
        for _ in 0..3 {
            assert_eq!(empty.next().await, None);
            assert_eq!(one.next().await, None);
        }
    });
}

/// Breaks if making it starts the children, or if they rest while no output is asked for.
#[test]
fn nothing_starts_before_next_and_all_run_on_between_two_calls() {
    run(async || {
        let started = Count::default();
        let child = |i: usize| {
            let started = started.clone();
            async move {
                started.add(1);
                turns(i).await;
                i
            }
        };
        let mut source = as_completed((0..5).map(child).collect::<Vec<_>>());
        turns(3).await;
        assert_eq!(started.get(), 0);
        assert_eq!(source.next().await, Some((0, 0)));
        turns(10).await;
        assert_eq!(shirr::metrics().tasks, 1, "all have ended, awaited or not");
        for i in 1..5 {
            assert_eq!(give_up(source.next()).await, Poll::Ready(Some((i, i))));
        }
    });
}

/// Breaks if its drop leaves a child or an output, or takes one that was given.
#[test]
fn dropping_it_cancels_the_rest_before_the_drop_returns() {
    run(async || {
        let (futures, outputs) = (Drops::default(), Drops::default());
        let output = |guard: Guard| -> Child<Guard> { Box::pin(ready(guard)) };
        let children = [
            waits(futures.guard()),
            output(outputs.guard()),
            output(outputs.guard()),
            waits(futures.guard()),
        ];
        let mut source = as_completed(children);
        let (position, taken) = source.next().await.unwrap();
        assert_eq!((position, outputs.count(), futures.count()), (1, 0, 0));
        drop(source);
        assert_eq!((outputs.count(), futures.count()), (1, 2));
        drop(taken);
        assert!(outputs.none_alive() && futures.none_alive());
        assert_eq!(shirr::metrics().tasks, 1);
    });
}

/// Breaks if an output is taken by a `next` that has not given it.
#[test]
fn a_next_that_is_given_up_loses_nothing() {
    run(async || {
        let mut source = as_completed((0..20).map(|i| async move {
            turns(i % 7).await;
            i
        }))
        .limit(6);
        let mut given = Vec::new();
        loop {
            match give_up(source.next()).await {
                Poll::Ready(Some((position, output))) => given.push((position, output)),
                Poll::Ready(None) => break,
                Poll::Pending => yield_now().await,
            }
        }
        given.sort_unstable();
        assert_eq!(given, (0..20).map(|i| (i, i)).collect::<Vec<_>>());
    });
}

/// Breaks if a panic overtakes outputs, or if a source that has failed goes on starting children
/// for the outputs that are asked for before the panic comes.
#[test]
fn outputs_that_came_before_a_panic_are_given_before_it_and_no_more_is_started() {
    run(async || {
        let (made, at_panic) = (Count::default(), Rc::new(Cell::new(0)));
        let child = |i: usize| {
            made.add(1);
            let (made, at_panic) = (made.clone(), Rc::clone(&at_panic));
            async move {
                if i == 2 {
                    at_panic.set(made.get());
                    panic!("no two");
                }
                i
            }
        };
        let mut source = as_completed((0..).map(child)).limit(3);
        assert_eq!(source.next().await, Some((0, 0)));
        assert_eq!(source.next().await, Some((1, 1)));
        let payload = caught(source.next()).await.unwrap_err();
        assert!(text_of(payload.as_ref()).contains("no two"));
        assert!(made.get() >= 3);
        assert_eq!(made.get(), at_panic.get());
    });
}

/// Breaks if children are started for outputs that were not taken, or if they are never dropped.
#[test]
fn under_a_limit_an_endless_iterator_gives_as_long_as_it_is_asked() {
    run(async || {
        let (alive, made, most) = (Drops::default(), Count::default(), Count::default());
        let child = {
            let (alive, made) = (alive.clone(), made.clone());
            move |i: usize| {
                made.add(1);
                let guard = alive.guard();
                async move {
                    let _guard = guard;
                    turns(i % 3).await;
                    i
                }
            }
        };
        let mut source = as_completed((0..).map(child)).limit(4);
        for given in 1..=10_000 {
            let (position, output) = source.next().await.unwrap();
            assert_eq!(position, output);
            // Taken from the iterator: those that were given, and four that run or wait to be given.
            assert!(made.get() <= given + 4);
            most.add((made.get() - alive.count()).saturating_sub(most.get()));
        }
        drop(source);
        assert_eq!((most.get(), alive.count()), (4, made.get()));
    });
}

/// Breaks if a child that has ended makes room before its output is taken.
#[test]
fn a_limit_that_the_caller_is_slow_to_empty_lets_no_more_start() {
    run(async || {
        let made = Count::default();
        let counter = made.clone();
        let mut source = as_completed((0..).map(move |i: usize| {
            counter.add(1);
            ready(i)
        }))
        .limit(3);
        assert_eq!(source.next().await, Some((0, 0)));
        turns(20).await;
        assert_eq!(made.get(), 4);
    });
}
