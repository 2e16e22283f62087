//! Panics of tasks: in a poll, in the drop of a future, of an output or of a payload. Each
//! ends its own task at most; the loop and the other tasks go on, and nothing leaks.
//! Panics of foreign wakers are in `panics_of_wakers.rs`.

use crate::support::{
    Drops, Guard, Probe, assert_nothing_left, event_poll, in_time, on_drop, panic_of, poll_once, run,
};
use shirr::{Runtime, gather, metrics, spawn, yield_now};
use std::future::{pending, poll_fn};
use std::panic::{panic_any, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll};

/// A value whose drop panics, after the guard in it is dropped.
fn bomb(guard: Guard) -> impl Sized + use<> {
    on_drop(move || {
        drop(guard);
        panic!("a drop panicked");
    })
}

/// A payload whose drop panics.
struct BadPayload(#[expect(dead_code, reason = "only its drop counts")] Guard);

impl Drop for BadPayload {
    fn drop(&mut self) {
        panic!("a payload's drop panicked");
    }
}

#[test]
fn a_panic_in_a_poll_ends_its_task_alone() {
    run(|| async {
        let drops = Drops::default();
        let (guard, probe) = (drops.guard(), Probe::default());
        let bystander = spawn(probe.future());
        let task = spawn(async move {
            let _guard = guard;
            yield_now().await;
            panic!("out of ink");
        });
        let error = task.await.unwrap_err();
        assert!(error.is_panic() && !error.is_cancelled());
        assert_eq!(drops.count(), 1, "the future was dropped");
        probe.open();
        bystander.await.unwrap();
        assert_eq!(spawn(async { 7 }).await.unwrap(), 7);
    });
}

#[test]
fn a_join_error_says_what_the_panic_said() {
    run(|| async {
        let number = 42;
        let text = spawn(async { panic!("a text") }).await.unwrap_err();
        let string = spawn(async move { panic!("number {number}") }).await.unwrap_err();
        let other = spawn(async { panic_any(42_i32) }).await.unwrap_err();
        assert_eq!(text.to_string(), "task panicked: a text");
        assert_eq!(string.to_string(), "task panicked: number 42");
        assert_eq!(other.to_string(), "task panicked with a value that is no text");
        assert_eq!(format!("{text:?}"), "JoinError::Panic(\"a text\")");
        assert_eq!(format!("{other:?}"), "JoinError::Panic(..)");
        assert_eq!(text.into_panic().downcast_ref(), Some(&"a text"));
        assert_eq!(string.into_panic().downcast_ref(), Some(&String::from("number 42")));
        assert_eq!(other.into_panic().downcast_ref(), Some(&42_i32));
    });
}

#[test]
fn a_cancelled_task_has_no_panic_to_hand_out() {
    run(|| async {
        let task = spawn(pending::<()>());
        task.abort();
        let error = task.await.unwrap_err();
        assert_eq!(error.to_string(), "task was cancelled");
        assert_eq!(format!("{error:?}"), "JoinError::Cancelled");
        let text = panic_of(|| error.into_panic());
        assert_eq!(text, "a cancelled task has no panic to hand out");
    });
}

#[test]
fn a_panic_can_go_on_in_the_task_that_awaits() {
    run(|| async {
        let error = spawn(async { panic!("travels") }).await.unwrap_err();
        let again = spawn(async { resume_unwind(error.into_panic()) }).await;
        let error: shirr::JoinError = again.map(|never: ()| never).unwrap_err();
        assert_eq!(error.to_string(), "task panicked: travels");
    });
}

#[test]
fn a_panic_in_the_drop_of_an_ended_future_is_its_tasks_panic() {
    run(|| async {
        let drops = Drops::default();
        let (held, mut output) = (bomb(drops.guard()), Some(drops.guard()));
        let task = spawn(poll_fn(move |_| {
            let _held = &held; // dropped with the closure, which is the future
            Poll::Ready(output.take())
        }));
        let error = task.await.unwrap_err();
        assert_eq!(error.to_string(), "task panicked: a drop panicked");
        assert_eq!(drops.count(), 2, "the output was dropped as well");
    });
}

#[test]
fn a_panic_in_the_drop_of_an_aborted_future_is_its_tasks_panic() {
    run(|| async {
        let drops = Drops::default();
        let held = bomb(drops.guard());
        let task = spawn(async move {
            pending::<()>().await;
            drop(held);
        });
        yield_now().await;
        task.abort();
        assert_eq!(task.await.unwrap_err().to_string(), "task panicked: a drop panicked");
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn panics_in_drops_at_shutdown_keep_no_task_from_being_dropped() {
    in_time(|| {
        let (runtime, drops) = (Runtime::new().unwrap(), Drops::default());
        let park = || {
            let held = bomb(drops.guard());
            runtime.spawn(async move {
                pending::<()>().await;
                drop(held);
            })
        };
        let tasks: Vec<_> = (0..10).map(|_| park()).collect();
        drop(park());
        runtime.block_on(yield_now());
        drop(runtime);
        assert_eq!(drops.count(), 11);
        assert!(tasks.into_iter().all(|task| shirr::block_on(task).unwrap_err().is_panic()));
    });
}

/// Holds a lock that it never gives back.
struct Locked(#[expect(dead_code, reason = "only its drop counts")] MutexGuard<'static, ()>);

impl Future for Locked {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        panic!("while it holds a lock")
    }
}

/// Dropped after the unwinding, the guard would not know of the panic.
#[test]
fn a_lock_that_a_future_holds_when_its_poll_panics_is_poisoned() {
    static LOCK: Mutex<()> = Mutex::new(());
    run(|| async {
        let task = spawn(Locked(LOCK.lock().unwrap()));
        assert!(task.await.unwrap_err().is_panic());
        assert!(LOCK.is_poisoned());
        LOCK.clear_poison();
        let children = gather([Locked(LOCK.lock().unwrap())]).settled().await;
        assert!(children[0].as_ref().unwrap_err().is_panic());
        assert!(LOCK.is_poisoned());
    });
}

/// Its poll panics, and then its drop.
struct Twice(#[expect(dead_code, reason = "only its drop counts")] Guard);

impl Future for Twice {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        panic!("the poll")
    }
}

impl Drop for Twice {
    fn drop(&mut self) {
        panic!("the drop");
    }
}

#[test]
fn of_a_poll_and_a_drop_that_panic_the_poll_is_told() {
    run(|| async {
        let drops = Drops::default();
        let error = spawn(Twice(drops.guard())).await.unwrap_err();
        assert_eq!((error.to_string().as_str(), drops.count()), ("task panicked: the poll", 1));
    });
}

#[test]
fn a_panic_in_the_drop_of_an_unwanted_output_is_contained() {
    run(|| async {
        let drops = Drops::default();
        let (detached, unwanted) = (bomb(drops.guard()), bomb(drops.guard()));
        drop(spawn(async move { detached }));
        let task = spawn(async move { unwanted });
        yield_now().await;
        assert_eq!(drops.count(), 1);
        drop(task);
        assert_eq!((drops.count(), metrics().tasks), (2, 1));
        assert_eq!(spawn(async { 7 }).await.unwrap(), 7);
    });
}

#[test]
fn a_payload_whose_drop_panics_is_contained() {
    run(|| async {
        let drops = Drops::default();
        let throw = || {
            let guard = drops.guard();
            spawn(async move { panic_any(BadPayload(guard)) })
        };
        drop::<shirr::JoinHandle<()>>(throw()); // detached before its end
        yield_now().await;
        assert_eq!(drops.count(), 1);
        let ended: shirr::JoinHandle<()> = throw();
        yield_now().await;
        drop(ended); // detached after it
        assert_eq!(drops.count(), 2);
        let error = { throw() as shirr::JoinHandle<()> }.await.unwrap_err();
        assert_eq!(panic_of(|| drop(error)), "a payload's drop panicked"); // ours to drop
        assert_eq!((drops.count(), metrics().tasks), (3, 1));
    });
}

#[test]
fn the_roots_panic_passes_through_and_the_runtime_stays_good() {
    in_time(|| {
        let (runtime, probe, drops) = (Runtime::new().unwrap(), Probe::default(), Drops::default());
        let task = runtime.spawn(probe.future());
        let guard = drops.guard();
        let text = panic_of(|| {
            runtime.block_on(async move {
                let _guard = guard;
                yield_now().await;
                panic!("root");
            })
        });
        assert_eq!((text.as_str(), drops.count()), ("root", 1));
        assert_eq!(runtime.metrics().tasks, 1, "the root slot is free again");
        probe.open();
        runtime.block_on(task).unwrap();
        assert_nothing_left(&runtime);
    });
}

#[test]
fn a_panic_in_the_drop_of_the_root_passes_through_and_the_runtime_stays_good() {
    in_time(|| {
        let (runtime, drops) = (Runtime::new().unwrap(), Drops::default());
        let held = bomb(drops.guard());
        let root = poll_fn(move |_| {
            let _held = &held; // dropped with the closure, which is the future
            Poll::Ready(())
        });
        assert_eq!(panic_of(|| runtime.block_on(root)), "a drop panicked");
        assert_nothing_left(&runtime);
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn panicking_drops_are_contained_while_the_roots_panic_ends_the_runtime() {
    in_time(|| {
        let drops = Drops::default();
        let held = bomb(drops.guard());
        let text = panic_of(|| {
            shirr::block_on(async move {
                drop(spawn(async move {
                    pending::<()>().await;
                    drop(held);
                }));
                yield_now().await;
                panic!("root");
            })
        });
        assert_eq!((text.as_str(), drops.count()), ("root", 1));
    });
}

#[test]
fn tasks_may_be_spawned_and_awaited_while_another_unwinds() {
    run(|| async {
        let probe = Probe::default();
        let waiting = spawn(probe.future());
        yield_now().await;
        let task = spawn(async move {
            let _at_unwind = on_drop(move || {
                assert!(std::thread::panicking());
                drop(spawn(async move { probe.open() }));
                assert!(poll_once(&mut spawn(async {})).is_pending());
            });
            panic!("unwind");
        });
        assert!(task.await.unwrap_err().is_panic());
        waiting.await.unwrap();
        event_poll().await;
    });
}

#[test]
fn nothing_leaks_through_a_thousand_panics() {
    run(|| async {
        let shared = Rc::new(());
        let throw = |i: usize| {
            let shared = Rc::clone(&shared);
            spawn(async move {
                let _held = Rc::clone(&shared);
                if i % 2 == 0 {
                    yield_now().await;
                }
                resume_unwind(Box::new(i)); // a panic without its report
            })
        };
        let tasks: Vec<shirr::JoinHandle<()>> = (0..1_000).map(throw).collect();
        let errors = gather(tasks).await;
        assert!(errors.iter().all(Result::is_err));
        assert_eq!(Rc::strong_count(&shared), 1);
    });
}
