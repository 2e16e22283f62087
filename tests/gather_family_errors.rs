//! What an error does in `try_gather`: which one, when, and what is gone by then.

mod common;

use common::{Count, Drops, Gate, Guard, Trace, begin, counted, run, turns};
use shirr::{TryGather, spawn, try_gather, yield_now};
use std::cell::RefCell;
use std::future::{Future, pending, ready};
use std::pin::Pin;
use std::rc::Rc;

type Child<T, E> = Pin<Box<dyn Future<Output = Result<T, E>>>>;

/// Never ends; the guard says when it is dropped.
fn waits<T: 'static, E: 'static>(guard: Guard) -> Child<T, E> {
    Box::pin(async move {
        let _guard = guard;
        pending().await
    })
}

/// Fails with `error` after some turns.
fn fails<T: 'static, E: 'static>(after: usize, error: E) -> Child<T, E> {
    Box::pin(async move {
        turns(after).await;
        Err(error)
    })
}

#[test]
fn without_an_error_the_values_come_in_input_order() {
    run(async || {
        let child = |i: usize| async move {
            turns(7 * i % 5).await;
            Ok::<_, ()>(i)
        };
        let values = Ok((0..5).collect());
        assert_eq!(try_gather((0..5).map(child)).await, values);
        assert_eq!(try_gather((0..5).map(child)).limit(2).await, values);
        assert_eq!(try_gather([(); 0].map(|()| ready(Ok::<(), ()>(())))).await, Ok(vec![]));
    });
}

#[test]
fn the_first_error_in_time_wins_at_its_time_with_others_pending() {
    run(async || {
        let gates: [Gate; 3] = Default::default();
        let children = [0, 1, 2].map(|i: usize| {
            let gate = gates[i].clone();
            async move {
                gate.wait().await;
                Err::<(), _>(i)
            }
        });
        let all = spawn(try_gather(children));
        turns(2).await;
        assert!(!all.is_finished());
        gates[2].open();
        gates[1].open();
        turns(2).await;
        assert!(all.is_finished());
        assert_eq!(all.await.unwrap(), Err(2));
    });
}

#[test]
fn a_tie_goes_to_the_child_that_was_polled_first() {
    run(async || {
        assert_eq!(try_gather((0..3).map(|i| ready(Err::<(), _>(i)))).await, Err(0));
        assert_eq!(try_gather((0..3).map(|i| fails::<(), _>(2, i))).await, Err(0));
        assert_eq!(try_gather((0..3).map(|i| fails::<(), _>(2, i))).limit(3).await, Err(0));
    });
}

/// A pending first child, and `n - 1` others of which the last fails.
fn one_failing_among(n: usize, drops: &Drops) -> impl Iterator<Item = Child<(), usize>> + use<> {
    let drops = drops.clone();
    (0..n).map(move |i| if i == n - 1 { fails(1, i) } else { waits(drops.guard()) })
}

#[test]
fn an_error_behind_a_pending_first_child_is_seen_for_every_number_of_children() {
    for n in [2, 30, 31, 100, 1000] {
        run(move || async move {
            for limit in [n, usize::MAX] {
                let drops = Drops::default();
                let all = try_gather(one_failing_among(n, &drops)).limit(limit);
                assert_eq!(all.await, Err(n - 1), "for n = {n}, limit {limit}");
                assert_eq!((drops.count(), shirr::metrics().tasks), (n - 1, 1));
            }
        });
    }
}

#[test]
fn the_error_is_moved_not_cloned() {
    #[derive(Debug)]
    struct Unique(Rc<RefCell<Vec<u8>>>);
    run(async || {
        let shared = Rc::new(RefCell::new(vec![]));
        let error = Unique(Rc::clone(&shared));
        let child = fails::<(), _>(1, error);
        let Unique(back) = try_gather([child, Box::pin(pending())]).await.unwrap_err();
        assert!(Rc::ptr_eq(&shared, &back));
        assert_eq!(Rc::strong_count(&shared), 2);
    });
}

#[test]
fn siblings_are_dropped_before_the_caller_sees_the_error_and_do_nothing_any_more() {
    run(async || {
        let (drops, trace) = (Drops::default(), Trace::default());
        let sibling = |guard: Guard| -> Child<(), &str> {
            let trace = trace.clone();
            Box::pin(async move {
                let _guard = guard;
                turns(4).await; // one that was queued before the caller still has that turn
                trace.note("a side effect");
                Ok(())
            })
        };
        let children = [sibling(drops.guard()), fails(1, "no"), sibling(drops.guard())];
        let mut all = try_gather(children);
        assert_eq!((&mut all).await, Err("no"));
        assert!(drops.count() == 2 && drops.none_alive());
        turns(5).await;
        assert!(trace.take().is_empty());
    });
}

/// A value that is there, then an error; the gather is awaited in place.
async fn values_left_at_the_error(
    form: impl FnOnce(Vec<Child<Guard, ()>>) -> TryGather<std::vec::IntoIter<Child<Guard, ()>>>,
) -> usize {
    let drops = Drops::default();
    let guard = drops.guard();
    let mut all = form(vec![Box::pin(async { Ok(guard) }), fails(3, ())]);
    assert!((&mut all).await.is_err());
    1 - drops.count()
}

#[test]
fn values_that_were_there_are_dropped_before_the_caller_sees_the_error() {
    run(async || {
        assert_eq!(values_left_at_the_error(try_gather).await, 0);
    });
}

#[test]
fn values_that_were_there_under_a_limit_are_dropped_before_the_caller_sees_the_error() {
    run(async || {
        assert_eq!(values_left_at_the_error(|children| try_gather(children).limit(2)).await, 0);
        assert_eq!(values_left_at_the_error(|children| try_gather(children).limit(1)).await, 0);
    });
}

#[test]
fn a_second_error_is_dropped_in_silence_and_wakes_nobody() {
    run(async || {
        let (drops, caller) = (Drops::default(), Count::default());
        let error = |guard: Guard, after| fails::<(), _>(after, (after, guard));
        // Both come in one pass, then one that would have come in the next.
        let children = [error(drops.guard(), 2), error(drops.guard(), 2), error(drops.guard(), 3)];
        let task = spawn(counted(caller.clone(), async move {
            let (after, _guard) = try_gather(children).await.unwrap_err();
            turns(5).await;
            after
        }));
        assert_eq!(task.await.unwrap(), 2);
        assert_eq!(drops.count(), 3);
        assert_eq!(caller.get(), 1 + 1 + 5, "polls: to begin, at the error, and five turns");
    });
}

#[test]
fn a_panic_after_the_error_is_dropped_in_silence() {
    run(async || {
        let panics: Child<(), &str> = Box::pin(async {
            yield_now().await;
            panic!("too late")
        });
        assert_eq!(try_gather([fails(1, "first"), panics]).await, Err("first"));
    });
}

#[test]
fn an_error_that_came_while_nobody_awaited_is_given_at_the_next_poll() {
    run(async || {
        let drops = Drops::default();
        let mut all = try_gather([waits::<(), _>(drops.guard()), fails(1, "kept")]);
        assert!(begin(&mut all).await.is_pending());
        turns(5).await;
        assert_eq!(drops.count(), 0, "the siblings live until the caller takes the error");
        assert_eq!(all.await, Err("kept"));
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn an_inner_error_climbs_through_nested_gathers_unchanged() {
    run(async || {
        let (drops, error) = (Drops::default(), Rc::new("deep"));
        let guards = [(); 3].map(|()| drops.guard());
        let [a, b, c] = guards;
        let inner = try_gather([waits::<(), _>(a), fails(2, Rc::clone(&error))]);
        let middle: Child<Vec<()>, _> = Box::pin(async move {
            let _guard = b;
            inner.await
        });
        let outer = try_gather([waits(c), middle]).await;
        assert!(Rc::ptr_eq(&outer.unwrap_err(), &error));
        assert!(drops.count() == 3 && drops.none_alive());
    });
}

#[test]
fn after_an_error_under_a_limit_no_further_child_is_made() {
    run(async || {
        let made = Count::default();
        let counter = made.clone();
        let child = move |i: usize| {
            counter.add(1);
            if i == 3 { fails::<(), _>(1, i) } else { Box::pin(ready(Ok(()))) }
        };
        let mut all = try_gather((0..).map(child)).limit(2);
        assert_eq!((&mut all).await, Err(3));
        assert!(made.get() <= 5, "{} children were made", made.get());
        let before = made.get();
        turns(3).await;
        assert_eq!(made.get(), before);
    });
}

#[test]
fn a_handle_whose_task_was_aborted_is_an_error_and_the_other_tasks_are_detached() {
    run(async || {
        let done = Count::default();
        let task = |i: usize| {
            let done = done.clone();
            spawn(async move {
                turns(4).await;
                done.add(1);
                i
            })
        };
        let handles = [task(0), task(1), task(2)];
        handles[1].abort();
        assert!(try_gather(handles).await.unwrap_err().is_cancelled());
        turns(6).await;
        assert_eq!((done.get(), shirr::metrics().tasks), (2, 1));
    });
}
