//! A panic of a child, of an iterator or of a drop: whom it reaches, and what it leaves.

mod common;

use common::{Count, Drops, Guard, begin, caught, panic_text, run, text_of, turns};
use shirr::{gather, spawn, yield_now};
use std::future::{Future, pending, ready};
use std::panic::panic_any;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Children of different bodies, for one gather.
type Child<T> = Pin<Box<dyn Future<Output = T>>>;

fn waits<T: 'static>(guard: Guard) -> Child<T> {
    Box::pin(async move {
        let _guard = guard;
        pending().await
    })
}

fn panics<T: 'static>(text: &'static str) -> Child<T> {
    Box::pin(async move {
        yield_now().await;
        panic!("{text}")
    })
}

#[test]
fn a_panic_resumes_in_the_awaiting_task_with_its_own_payload() {
    run(async || {
        let text = spawn(gather([panics::<()>("out of ink")])).await.unwrap_err();
        assert_eq!(text.to_string(), "task panicked: out of ink");
        let literal = spawn(gather([async { panic!("no ink") }])).await.unwrap_err();
        assert_eq!(literal.into_panic().downcast_ref::<&str>(), Some(&"no ink"));
        let number = spawn(gather([async { panic_any(7_i32) }])).await.unwrap_err();
        assert_eq!(number.to_string(), "task panicked with a value that is no text");
        assert_eq!(*number.into_panic().downcast::<i32>().unwrap(), 7);
    });
}

#[test]
fn the_siblings_are_dropped_before_the_caller_sees_the_panic() {
    run(async || {
        let drops = Drops::default();
        let children = [waits::<()>(drops.guard()), panics("boom"), waits(drops.guard())];
        let payload = caught(gather(children)).await.unwrap_err();
        assert!(drops.count() == 2 && drops.none_alive());
        assert_eq!(text_of(payload.as_ref()), "boom");
    });
}

#[test]
fn after_a_panic_the_runtime_and_the_next_gather_run_on() {
    run(async || {
        let bystander = spawn(async {
            turns(10).await;
            "ran on"
        });
        caught(gather([panics::<()>("boom")])).await.unwrap_err();
        assert_eq!(gather([ready(1), ready(2)]).await, [1, 2]);
        assert_eq!(bystander.await.unwrap(), "ran on");
        assert_eq!(shirr::metrics().tasks, 1);
    });
}

#[test]
fn outputs_that_were_there_before_the_panic_are_dropped_once() {
    run(async || {
        let drops = Drops::default();
        let done = |guard| Box::pin(async { guard }) as Child<Guard>;
        let children = [done(drops.guard()), panics("boom"), done(drops.guard())];
        assert!(caught(gather(children)).await.is_err());
        assert!(drops.count() == 2 && drops.none_alive());
    });
}

#[test]
fn of_two_panics_the_first_in_time_is_the_callers_and_the_other_child_is_dropped() {
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    run(async || {
        let dropped = Arc::new(AtomicUsize::new(0));
        let payload = Counted(Arc::clone(&dropped));
        let later: Child<()> = Box::pin(async {
            turns(2).await;
            panic_any(payload)
        });
        // Both would have panicked before the caller has its turn; after the first none runs.
        let first: Child<()> = Box::pin(async {
            turns(2).await;
            panic!("first")
        });
        let payload = caught(gather([first, later])).await.unwrap_err();
        assert_eq!(text_of(payload.as_ref()), "first");
        assert_eq!(dropped.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_payload_whose_own_drop_panics_does_not_end_the_loop() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a payload's drop");
        }
    }
    run(async || {
        let child = |i| async move { if i == 0 { panic!("first") } else { panic_any(Bomb) } };
        let payload = caught(gather((0..3).map(child))).await.unwrap_err();
        assert_eq!(text_of(payload.as_ref()), "first");
        assert_eq!(gather([ready(1)]).await, [1]);
    });
}

#[test]
fn a_finished_childs_drop_that_panics_is_that_childs_panic() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a future's drop");
        }
    }
    run(async || {
        let child = |i: usize| async move {
            let _bomb = (i == 1).then_some(Bomb);
            yield_now().await;
            i
        };
        let payload = caught(gather((0..3).map(child))).await.unwrap_err();
        assert_eq!(text_of(payload.as_ref()), "a future's drop");
        assert_eq!(shirr::metrics().tasks, 1);
    });
}

/// Gives children with guards, and panics instead of the one numbered `at`.
fn breaks(at: usize, drops: &Drops) -> impl Iterator<Item = Child<usize>> + 'static {
    let drops = drops.clone();
    (0..at + 5).map(move |i| {
        assert!(i < at, "no child {i}");
        let guard = drops.guard();
        Box::pin(async move {
            let _guard = guard;
            yield_now().await;
            if i == 0 { i } else { pending().await }
        }) as Child<usize>
    })
}

#[test]
fn an_iterator_that_panics_midway_drops_the_children_made_so_far() {
    run(async || {
        let drops = Drops::default();
        let payload = caught(gather(breaks(5, &drops))).await.unwrap_err();
        assert_eq!(text_of(payload.as_ref()), "no child 5");
        assert_eq!((drops.count(), shirr::metrics().tasks), (5, 1));
    });
}

#[test]
fn an_iterator_that_panics_midway_under_a_limit_drops_the_children_that_run() {
    run(async || {
        let drops = Drops::default();
        let payload = caught(gather(breaks(3, &drops)).limit(3)).await.unwrap_err();
        assert_eq!(text_of(payload.as_ref()), "no child 3");
        assert_eq!((drops.count(), shirr::metrics().tasks), (3, 1));
    });
}

#[test]
fn after_an_iterators_panic_the_gather_is_over() {
    run(async || {
        let mut all = gather(breaks(2, &Drops::default()));
        assert!(caught(&mut all).await.is_err());
        assert!(panic_text(|| common::poll_once(&mut all)).contains("earlier poll had panicked"));
    });
}

#[test]
fn an_iterator_whose_drop_panics_leaves_no_child_behind() {
    struct Iter(usize, Drops);
    impl Iterator for Iter {
        type Item = Child<()>;
        fn next(&mut self) -> Option<Self::Item> {
            self.0 = self.0.checked_sub(1)?;
            Some(waits(self.1.guard()))
        }
    }
    impl Drop for Iter {
        fn drop(&mut self) {
            panic!("an iterator's drop");
        }
    }
    run(async || {
        let drops = Drops::default();
        let payload = caught(gather(Iter(4, drops.clone()))).await.unwrap_err();
        assert_eq!(text_of(payload.as_ref()), "an iterator's drop");
        assert_eq!((drops.count(), shirr::metrics().tasks), (4, 1));
    });
}

#[test]
fn after_a_panic_under_a_limit_no_further_child_is_made() {
    run(async || {
        let made = Count::default();
        let child = |i: usize| {
            made.add(1);
            async move {
                yield_now().await;
                if i == 0 { panic!("boom") } else { pending::<()>().await }
            }
        };
        assert!(caught(gather((0..).map(child)).limit(2)).await.is_err());
        assert_eq!(made.get(), 2);
    });
}

#[test]
fn a_panic_is_not_lost_when_the_gather_is_polled_late() {
    run(async || {
        let mut all = gather([panics::<()>("boom"), Box::pin(pending())]);
        assert!(begin(&mut all).await.is_pending());
        turns(5).await; // the child panics here, while the gather is not awaited
        assert_eq!(text_of(caught(&mut all).await.unwrap_err().as_ref()), "boom");
    });
}
