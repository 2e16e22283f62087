//! User code may do anything from anywhere: from a first poll, from a `Drop`, from a foreign
//! waker, while the runtime ends, to its own task and to its own gather.

use crate::support::hooked::Hooks;
use crate::support::{
    Drops, Probe, assert_nothing_left, event_poll, in_time, on_drop, poll_once, poll_with, run,
};
use shirr::{AbortHandle, JoinError, JoinHandle, Runtime, gather, metrics, spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::panic::panic_any;
use std::pin::Pin;
use std::rc::Rc;

/// Waits for ever and holds `held` meanwhile.
async fn hold<T>(held: T) {
    pending::<()>().await;
    drop(held);
}

/// A place for what a task is to find later, such as its own handle.
type Place<T> = Rc<RefCell<Option<T>>>;

/// The same place twice: to put something in, and for the task to take it out.
fn place<T>() -> (Place<T>, Place<T>) {
    let place = Place::default();
    (Rc::clone(&place), place)
}

fn spawn_chain(length: usize) -> Pin<Box<dyn Future<Output = usize>>> {
    Box::pin(async move {
        match length {
            0 => 0,
            _ => spawn(spawn_chain(length - 1)).await.unwrap() + 1,
        }
    })
}

#[test]
fn a_task_may_spawn_on_its_first_poll() {
    run(|| async { assert_eq!(spawn(spawn_chain(1_000)).await.unwrap(), 1_000) });
}

#[test]
fn a_drop_may_spawn_abort_and_wake() {
    run(|| async {
        let (probe, ran) = (Probe::default(), Rc::new(Cell::new(false)));
        let (waiting, victim) = (spawn(probe.future()), spawn(pending::<()>()));
        yield_now().await;
        let (open, abort, run) = (probe.clone(), victim.abort_handle(), Rc::clone(&ran));
        let task = spawn(hold(on_drop(move || {
            drop(spawn(async move { run.set(true) }));
            abort.abort();
            open.open();
        })));
        yield_now().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        waiting.await.unwrap();
        assert!(victim.await.unwrap_err().is_cancelled());
        assert!(ran.get());
    });
}

#[test]
fn tasks_may_abort_each_other_in_their_drops() {
    run(|| async {
        let (first_place, first_key) = place::<AbortHandle>();
        let drops = Drops::default();
        let (one, other) = (drops.guard(), drops.guard());
        let second = spawn(hold(on_drop(move || {
            first_key.take().unwrap().abort();
            drop(one);
        })));
        let second_key = second.abort_handle();
        let first = spawn(hold(on_drop(move || {
            second_key.abort();
            drop(other);
        })));
        first_place.replace(Some(first.abort_handle()));
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        assert!(second.await.unwrap_err().is_cancelled());
        assert_eq!(drops.count(), 2);
    });
}

#[test]
fn a_task_that_aborts_itself_and_waits_is_cancelled() {
    run(|| async {
        let (set, key) = place::<AbortHandle>();
        let drops = Drops::default();
        let guard = drops.guard();
        let task = spawn(async move {
            key.take().unwrap().abort();
            hold(guard).await;
        });
        set.replace(Some(task.abort_handle()));
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn a_task_that_aborts_itself_and_ends_has_ended() {
    run(|| async {
        let (set, key) = place::<AbortHandle>();
        let task = spawn(async move {
            let key = key.take().unwrap();
            let _again = on_drop(move || key.abort());
            key.abort();
            7
        });
        set.replace(Some(task.abort_handle()));
        assert_eq!(task.await.unwrap(), 7);
    });
}

#[test]
fn a_task_may_drop_its_own_handle() {
    run(|| async {
        let (set, handle) = place::<JoinHandle<_>>();
        let drops = Drops::default();
        let (future, output) = (drops.guard(), drops.guard());
        set.replace(Some(spawn(async move {
            drop(handle.take());
            yield_now().await;
            drop(future);
            output
        })));
        event_poll().await;
        assert_eq!((drops.count(), metrics().tasks), (2, 1));
    });
}

#[test]
fn a_task_may_hold_its_own_handle_to_its_end() {
    run(|| async {
        let (set, handle) = place::<JoinHandle<_>>();
        let drops = Drops::default();
        let guard = drops.guard();
        set.replace(Some(spawn(async move {
            let _handle = handle.take();
            guard
        })));
        yield_now().await;
        assert_eq!((drops.count(), metrics().tasks), (1, 1));
    });
}

/// A task that awaits its own handle, and a key to end it.
fn ouroboros(runtime: &Runtime, drops: &Drops) -> AbortHandle {
    let (set, handle) = place::<JoinHandle<()>>();
    let guard = drops.guard();
    let task = runtime.spawn(async move {
        let own: JoinHandle<()> = handle.take().unwrap();
        let ended: Result<(), JoinError> = own.await;
        drop((ended, guard));
    });
    let key = task.abort_handle();
    set.replace(Some(task));
    key
}

#[test]
fn a_task_that_awaits_itself_ends_by_abort_or_with_its_runtime() {
    in_time(|| {
        let (runtime, drops) = (Runtime::new().unwrap(), Drops::default());
        let key = ouroboros(&runtime, &drops);
        runtime.block_on(async {
            event_poll().await;
            key.abort();
            event_poll().await;
        });
        assert_eq!(drops.count(), 1);
        assert_nothing_left(&runtime);
        ouroboros(&runtime, &drops);
        runtime.block_on(event_poll());
        drop(runtime);
        assert_eq!(drops.count(), 2);
    });
}

thread_local! {
    static HANDLE: RefCell<Option<JoinHandle<crate::support::Guard>>> = const { RefCell::new(None) };
}

#[test]
fn a_joiners_waker_may_drop_the_handle_that_it_is_told_of() {
    run(|| async {
        let drops = Drops::default();
        let output = drops.guard();
        let (hooks, waker) = Hooks::new().at_wake(|| drop(HANDLE.take())).waker();
        let mut task = spawn(async move { output });
        assert!(poll_with(&mut task, &waker).is_pending());
        HANDLE.set(Some(task));
        yield_now().await;
        assert_eq!((hooks.wakes(), drops.count(), metrics().tasks), (1, 1, 1));
    });
}

#[test]
fn a_joiners_waker_may_spawn_and_abort_when_cloned_woken_and_dropped() {
    run(|| async {
        let mut task = spawn(hold(()));
        let key = task.abort_handle();
        let meddle = move || {
            key.abort(); // the very task
            spawn(hold(())).abort();
        };
        let (hooks, waker) = Hooks::new().at_clone(meddle).at_wake(meddle).at_drop(meddle).waker();
        assert!(poll_with(&mut task, &waker).is_pending());
        yield_now().await;
        assert_eq!(hooks.wakes(), 1);
        assert!(task.await.unwrap_err().is_cancelled());
        drop(waker);
        event_poll().await;
        assert_eq!(metrics().tasks, 1);
    });
}

type Child = Pin<Box<dyn Future<Output = ()>>>;

/// A gather of `first`, one child that drops the gather and then does what `end` says, and
/// one that waits. Returns how many of the last two are dropped at once, and at the end.
async fn dropped_by_its_child<F: Future + Unpin + 'static>(
    first: Child,
    end: impl Future<Output = ()> + 'static,
    whole: impl FnOnce([Child; 3]) -> F,
) -> (usize, usize) {
    let (set, found) = place();
    let (drops, at_once) = (Drops::default(), Rc::new(Cell::new(0)));
    let (own, count, seen) = (drops.guard(), drops.clone(), Rc::clone(&at_once));
    let dropper = async move {
        drop(found.take());
        seen.set(count.count());
        end.await;
        drop(own);
    };
    let mut children = whole([first, Box::pin(dropper), Box::pin(hold(drops.guard()))]);
    assert!(poll_once(&mut children).is_pending());
    set.replace(Some(children));
    event_poll().await;
    (at_once.get(), drops.count())
}

#[test]
fn a_gather_may_be_dropped_from_inside_one_of_its_children() {
    run(|| async {
        let waits = || Box::pin(pending());
        assert_eq!(dropped_by_its_child(waits(), async {}, gather).await, (1, 2));
        assert_eq!(dropped_by_its_child(waits(), pending(), gather).await, (1, 2));
        assert_eq!(dropped_by_its_child(waits(), yield_now(), gather).await, (1, 2));
        assert_eq!(dropped_by_its_child(waits(), async { panic!("child") }, gather).await, (1, 2));
        assert_eq!(metrics().tasks, 1);
    });
}

/// A payload whose drop panics.
struct BadPayload;

impl Drop for BadPayload {
    fn drop(&mut self) {
        panic!("a payload's drop panicked");
    }
}

#[test]
fn a_failure_that_a_dropped_gather_never_received_is_dropped_without_harm() {
    run(|| async {
        let fails = Box::pin(async { panic_any(BadPayload) });
        // Settled, since after a failure no child of another gather runs that could drop it.
        let settled = |children| gather(children).settled();
        assert_eq!(dropped_by_its_child(fails, async {}, settled).await, (1, 2));
        assert_eq!(metrics().tasks, 1);
    });
}

#[test]
fn a_gather_may_be_dropped_from_the_drop_of_one_of_its_children() {
    run(|| async {
        let (set, found) = place();
        let drops = Drops::default();
        let (one, two) = (drops.guard(), drops.guard());
        let again = on_drop(move || drop(found.take()));
        let children: Vec<Child> = vec![Box::pin(hold((again, one))), Box::pin(hold(two))];
        let mut outer = gather(children);
        assert!(poll_once(&mut outer).is_pending());
        let inner: Vec<Child> = vec![Box::pin(hold(drops.guard()))];
        let mut inner = gather(inner);
        assert!(poll_once(&mut inner).is_pending());
        set.replace(Some(inner));
        drop(outer);
        assert_eq!(drops.count(), 3);
    });
}
