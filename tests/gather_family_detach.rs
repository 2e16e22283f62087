//! `try_gather(..).detach_on_error()`: the caller has the error, the siblings run on.

mod common;

use common::{Count, Drops, Guard, Trace, begin, counted, ends, run, turns};
use shirr::{Runtime, spawn, try_gather};
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

type Child<T> = Pin<Box<dyn Future<Output = Result<T, &'static str>>>>;

fn waits<T: 'static>(guard: Guard) -> Child<T> {
    Box::pin(async move {
        let _guard = guard;
        pending().await
    })
}

/// Has a value, or else an error, after some turns.
fn ends_after<T: 'static>(after: usize, result: Result<T, &'static str>) -> Child<T> {
    Box::pin(async move {
        turns(after).await;
        result
    })
}

#[test]
fn siblings_of_an_error_run_on_in_their_own_order_while_the_caller_has_it() {
    run(async || {
        let trace = Trace::default();
        let sibling = |name: &'static str, after| -> Child<()> {
            let trace = trace.clone();
            Box::pin(async move {
                turns(after).await;
                trace.note(name);
                Ok(())
            })
        };
        let children = [sibling("late", 6), ends_after(1, Err("no")), sibling("soon", 4)];
        assert_eq!(try_gather(children).detach_on_error().await, Err("no"));
        trace.note("the caller");
        turns(10).await;
        assert_eq!(trace.take(), ["the caller", "soon", "late"]);
        assert_eq!(shirr::metrics().tasks, 1);
    });
}

#[test]
fn what_a_detached_sibling_gives_is_dropped_when_it_comes() {
    run(async || {
        for limit in [3, usize::MAX] {
            let (values, waiting) = (Drops::default(), Drops::default());
            let value = values.guard();
            let children = [waits(waiting.guard()), ends_after(1, Err("no")), ends_after(4, Ok(value))];
            let all = try_gather(children).limit(limit).detach_on_error();
            assert_eq!(all.await.err(), Some("no"));
            assert_eq!(values.count(), 0);
            turns(5).await;
            assert_eq!((values.count(), waiting.count()), (1, 0), "under a limit of {limit}");
        }
    });
}

#[test]
fn what_a_detached_sibling_in_the_macro_gives_is_dropped_when_it_comes() {
    run(async || {
        let (values, waiting) = (Drops::default(), Drops::default());
        let (value, guard) = (values.guard(), waiting.guard());
        let all =
            try_gather!(waits::<()>(guard), ends_after(1, Err::<(), _>("no")), ends_after(4, Ok(value)));
        assert_eq!(all.detach_on_error().await.err(), Some("no"));
        assert_eq!(values.count(), 0);
        turns(5).await;
        assert_eq!((values.count(), waiting.count()), (1, 0));
    });
}

#[test]
fn a_detached_siblings_panic_or_error_harms_nobody_and_wakes_nobody() {
    run(async || {
        let caller = Count::default();
        let panics: Child<()> = Box::pin(async {
            turns(3).await;
            panic!("nobody listens")
        });
        let children = [panics, ends_after(1, Err("first")), ends_after(3, Err("second"))];
        let task = spawn(counted(caller.clone(), async move {
            let error = try_gather(children).detach_on_error().await;
            turns(6).await;
            error
        }));
        assert_eq!(task.await.unwrap(), Err("first"));
        assert_eq!(caller.get(), 1 + 1 + 6);
        assert_eq!(shirr::metrics().tasks, 1);
    });
}

#[test]
fn dropped_before_the_error_it_cancels_all() {
    run(async || {
        let (drops, errors) = (Drops::default(), Count::default());
        let counter = errors.clone();
        let fails: Child<()> = Box::pin(async move {
            turns(3).await;
            counter.add(1);
            Err("never")
        });
        let mut all = try_gather([waits(drops.guard()), fails, waits(drops.guard())]).detach_on_error();
        assert!(begin(&mut all).await.is_pending());
        turns(1).await;
        drop(all);
        assert!(drops.count() == 2 && drops.none_alive());
        turns(5).await;
        assert_eq!((errors.get(), shirr::metrics().tasks), (0, 1));
    });
}

#[test]
fn children_that_a_limit_kept_waiting_do_not_start_after_the_error() {
    run(async || {
        let (started, ended) = (Count::default(), Count::default());
        let counts = (started.clone(), ended.clone());
        let child = move |i: usize| {
            counts.0.add(1);
            let ended = counts.1.clone();
            async move {
                turns(if i == 1 { 1 } else { 5 }).await;
                ended.add(1);
                if i == 1 { Err(i) } else { Ok(()) }
            }
        };
        let all = try_gather((0..).map(child)).limit(3).detach_on_error();
        assert_eq!(all.await, Err(1));
        assert_eq!((started.get(), ended.get()), (3, 1));
        turns(10).await;
        assert_eq!((started.get(), ended.get()), (3, 3));
    });
}

#[test]
fn detached_siblings_end_with_their_runtime_at_the_latest() {
    ends(|| {
        let (drops, runtime) = (Drops::default(), Runtime::new().unwrap());
        runtime.block_on(async {
            let children = [waits::<()>(drops.guard()), ends_after(1, Err("no")), waits(drops.guard())];
            assert!(try_gather(children).detach_on_error().await.is_err());
            turns(3).await;
        });
        assert_eq!(drops.count(), 0);
        drop(runtime);
        assert!(drops.count() == 2 && drops.none_alive());
    });
}

/// Counts its wakes.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn detached_siblings_keep_no_waker_of_the_caller_and_never_wake_it() {
    ends(|| {
        let (bell, drops, runtime) = (Arc::new(Bell::default()), Drops::default(), Runtime::new().unwrap());
        runtime.block_on(async {
            let waker = Waker::from(Arc::clone(&bell));
            let children = [waits::<()>(drops.guard()), ends_after(1, Err("no")), waits(drops.guard())];
            let mut all = try_gather(children).detach_on_error();
            let mut poll = || Pin::new(&mut all).poll(&mut Context::from_waker(&waker));
            assert!(poll().is_pending());
            turns(3).await;
            assert_eq!(poll(), Poll::Ready(Err("no")));
        });
        let kept = Arc::strong_count(&bell) - 1;
        drop(runtime);
        assert_eq!(drops.count(), 2);
        assert_eq!((bell.0.load(Ordering::Relaxed), kept), (1, 0), "wakes, and wakers kept");
    });
}
