//! Foreign wakers that panic in their drop where no panic may come from: while a task
//! unwinds, and on the loop's own stack. And one that panics in its clone too late.

use crate::support::hooked::Hooks;
use crate::support::{event_poll, panic_of, poll_with, run};
use shirr::{gather, spawn, try_gather, unblock, yield_now};
use std::cell::RefCell;
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, mpsc};
use std::task::Waker;

/// A waker the first of whose clones to be dropped panics.
fn drop_bomb() -> (Arc<Hooks>, Waker) {
    let fuse = Mutex::new(1..=1);
    let panic = move || {
        let fused = fuse.lock().unwrap().next(); // unlocked before the panic
        assert!(fused.is_none(), "a waker panicked in Drop");
    };
    Hooks::new().at_drop(panic).waker()
}

/// Spawns a task that polls the future with such a waker and then panics with it in hand.
async fn unwinds_past<F: Future + 'static>(future: F) {
    let (_hooks, waker) = drop_bomb();
    let theirs = waker.clone();
    let task = spawn(async move {
        let mut future = Box::pin(future); // dropped before the waker
        assert!(poll_with(&mut future, &theirs).is_pending());
        panic!("the task's own");
    });
    assert_eq!(task.await.unwrap_err().to_string(), "task panicked: the task's own");
    drop(waker);
}

#[test]
fn a_task_may_unwind_past_a_gather_whose_listener_panics_in_its_drop() {
    run(|| async {
        unwinds_past(gather([pending::<()>()])).await;
        unwinds_past(try_gather([pending::<Result<(), ()>>()])).await;
    });
}

#[test]
fn a_task_may_unwind_past_an_unblock_whose_waker_panics_in_its_drop() {
    run(|| async {
        let (go, gone) = mpsc::channel::<()>();
        unwinds_past(unblock(move || gone.recv().is_err())).await;
        drop(go);
    });
}

#[test]
fn a_child_that_drops_its_own_gather_drops_its_parents_waker_and_ignores_a_panic() {
    run(|| async {
        type Own = Pin<Box<dyn Future<Output = Vec<()>>>>;
        let (_hooks, waker) = drop_bomb();
        let place: Rc<RefCell<Option<Own>>> = Rc::default();
        let theirs = Rc::clone(&place);
        let mut own: Own = Box::pin(gather([async move { drop(theirs.take()) }]));
        assert!(poll_with(&mut own, &waker).is_pending());
        place.replace(Some(own));
        event_poll().await;
        assert!(place.take().is_none(), "the child ran");
    });
}

#[test]
fn a_clone_that_panics_leaves_the_waker_that_was_there() {
    run(|| async {
        let mut task = spawn(yield_now());
        let (hooks, waker) = Hooks::new().waker();
        assert!(poll_with(&mut task, &waker).is_pending());
        let (_bomb, bomb) = Hooks::new().at_clone(|| panic!("a waker panicked in Clone")).waker();
        assert_eq!(panic_of(|| poll_with(&mut task, &bomb)), "a waker panicked in Clone");
        event_poll().await;
        assert_eq!(hooks.wakes(), 1);
        task.await.unwrap();
    });
}
