//! Foreign wakers that panic when they are cloned, woken or dropped. A poll with such a
//! waker gets the panic of its clone; all else is contained, and no other task's wake is lost.

use crate::support::hooked::Hooks;
use crate::support::{Drops, event_poll, in_time, panic_of, poll_with, run, tcp_pair};
use shirr::time::{Sleep, sleep};
use shirr::{Runtime, gather, spawn, unblock, yield_now};
use std::io::Write;
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Wake, Waker};
use std::thread;
use std::time::Duration;

const MOMENT: Duration = Duration::from_millis(1);

/// What a waker panics in.
#[derive(Clone, Copy, Debug)]
enum In {
    Clone,
    Wake,
    Drop,
}

/// A waker that panics there, but for so many times only.
fn bomb(place: In, times: usize) -> (Arc<Hooks>, Waker) {
    let fuse = Mutex::new(1..=times);
    let panic = move || {
        let fused = fuse.lock().unwrap().next(); // unlocked before the panic
        assert!(fused.is_none(), "a waker panicked in {place:?}");
    };
    match place {
        In::Clone => Hooks::new().at_clone(panic).waker(),
        In::Wake => Hooks::new().at_wake(panic).waker(),
        In::Drop => Hooks::new().at_drop(panic).waker(),
    }
}

#[test]
fn a_clone_that_panics_is_the_pollers_panic_and_harms_nothing_polled() {
    run(|| async {
        let (hooks, waker) = bomb(In::Clone, 5);
        let (stream, mut peer) = tcp_pair().await;
        let (go, gone) = mpsc::channel::<()>();
        let (mut task, mut timer) = (spawn(yield_now()), sleep(MOMENT));
        let mut blocking = unblock(move || gone.recv().is_err());
        let mut buf = [0; 1];
        let mut read = Box::pin(stream.read(&mut buf));
        let expected = "a waker panicked in Clone";
        assert_eq!(panic_of(|| poll_with(&mut task, &waker)), expected);
        assert_eq!(panic_of(|| poll_with(&mut timer, &waker)), expected);
        assert_eq!(panic_of(|| poll_with(&mut blocking, &waker)), expected);
        assert_eq!(panic_of(|| poll_with(&mut gather([yield_now()]), &waker)), expected);
        assert_eq!(panic_of(|| poll_with(&mut read, &waker)), expected);
        task.await.unwrap();
        timer.await;
        drop(go);
        assert!(blocking.await.unwrap());
        drop(read); // an `async fn` that has panicked cannot be polled again
        peer.write_all(b"x").unwrap();
        stream.read_exact(&mut buf).await.unwrap();
        assert_eq!(Arc::strong_count(&hooks), 2);
    });
}

/// Breaks if the old waker goes before the new one is there.
#[test]
fn after_a_clone_that_panics_the_waker_of_the_poll_before_is_woken() {
    run(|| async {
        let ((before, old), (_, new)) = (Hooks::new().waker(), bomb(In::Clone, 3));
        let (go, gone) = mpsc::channel::<()>();
        let (mut task, mut timer) = (spawn(yield_now()), sleep(MOMENT));
        let mut blocking = unblock(move || gone.recv().is_err());
        assert!(poll_with(&mut task, &old).is_pending());
        assert!(poll_with(&mut timer, &old).is_pending());
        assert!(poll_with(&mut blocking, &old).is_pending());
        let expected = "a waker panicked in Clone";
        assert_eq!(panic_of(|| poll_with(&mut task, &new)), expected);
        assert_eq!(panic_of(|| poll_with(&mut timer, &new)), expected);
        assert_eq!(panic_of(|| poll_with(&mut blocking, &new)), expected);
        drop(go);
        while before.wakes() < 3 {
            sleep(MOMENT).await;
        }
        assert!(task.is_finished() && blocking.await.unwrap());
    });
}

#[test]
fn a_joiners_wake_that_panics_does_not_reach_the_loop() {
    run(|| async {
        let (hooks, waker) = bomb(In::Wake, 2);
        let mut tasks = [spawn(async { 1 }), spawn(async { 2 })];
        for task in &mut tasks {
            assert!(poll_with(task, &waker).is_pending());
        }
        yield_now().await;
        assert_eq!((hooks.wakes(), Arc::strong_count(&hooks)), (2, 2));
        for (task, output) in tasks.into_iter().zip([1, 2]) {
            assert_eq!(task.await.unwrap(), output);
        }
    });
}

#[test]
fn a_timers_wake_that_panics_does_not_reach_the_loop_or_keep_other_timers_from_firing() {
    run(|| async {
        let (hooks, waker) = bomb(In::Wake, 2);
        let ends = [Drops::default(), Drops::default()];
        let wait = |drops: &Drops| {
            let guard = drops.guard();
            spawn(async move {
                sleep(MOMENT).await;
                drop(guard);
            })
        };
        let before = wait(&ends[0]);
        yield_now().await;
        let mut timer = sleep(MOMENT);
        assert!(poll_with(&mut timer, &waker).is_pending());
        let after = wait(&ends[1]);
        yield_now().await;
        thread::sleep(3 * MOMENT); // all three are due by now, in one event poll
        before.await.unwrap();
        after.await.unwrap();
        assert_eq!((hooks.wakes(), Arc::strong_count(&hooks)), (1, 2));
    });
}

#[test]
fn a_readers_wake_that_panics_does_not_reach_the_loop_or_keep_other_readers_from_reading() {
    run(|| async {
        let (hooks, waker) = bomb(In::Wake, 2);
        let (stream, mut peer) = tcp_pair().await;
        let stream = Rc::new(stream);
        let mut buf = [0; 1];
        let mut read = pin!(stream.read(&mut buf));
        assert!(poll_with(&mut read, &waker).is_pending());
        let other = Rc::clone(&stream);
        let other = spawn(async move { other.read_exact(&mut [0; 1]).await });
        yield_now().await;
        peer.write_all(b"x").unwrap();
        other.await.unwrap().unwrap();
        assert_eq!((hooks.wakes(), Arc::strong_count(&hooks)), (1, 2));
    });
}

#[test]
fn a_gathers_wake_that_panics_does_not_reach_the_loop() {
    run(|| async {
        let (hooks, waker) = bomb(In::Wake, 2);
        let mut all = gather([yield_now(), yield_now()]);
        let mut some = gather([yield_now(), yield_now()]).limit(1);
        assert!(poll_with(&mut all, &waker).is_pending());
        assert!(poll_with(&mut some, &waker).is_pending());
        event_poll().await;
        assert_eq!(hooks.wakes(), 2);
        assert_eq!((all.await.len(), some.await.len()), (2, 2));
        assert_eq!(Arc::strong_count(&hooks), 2);
    });
}

#[test]
fn a_wake_that_panics_on_a_helper_thread_does_not_end_the_helper() {
    in_time(|| {
        let runtime = Runtime::builder().helper_threads(1).build().unwrap();
        let (hooks, waker) = bomb(In::Wake, 2);
        runtime.block_on(async {
            let (go, gone) = mpsc::channel::<()>();
            let mut first = unblock(move || gone.recv().is_err());
            assert!(poll_with(&mut first, &waker).is_pending());
            drop(go);
            assert_eq!(unblock(|| 7).await.unwrap(), 7);
            assert_eq!(hooks.wakes(), 1);
            assert!(first.await.unwrap());
        });
    });
}

/// A waker of the usual kind.
struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker panicked");
    }
}

#[test]
fn a_wake_made_of_an_arc_may_panic_as_well() {
    run(|| async {
        let arc = Arc::new(Panics);
        let mut task = spawn(yield_now());
        assert!(poll_with(&mut task, &Waker::from(Arc::clone(&arc))).is_pending());
        event_poll().await;
        assert_eq!(Arc::strong_count(&arc), 1);
        task.await.unwrap();
    });
}

#[test]
fn a_drop_that_panics_when_a_handle_is_dropped_is_contained() {
    run(|| async {
        let (hooks, waker) = bomb(In::Drop, 1);
        let mut task = spawn(yield_now());
        assert!(poll_with(&mut task, &waker).is_pending());
        drop(task);
        assert_eq!(Arc::strong_count(&hooks), 2);
        event_poll().await;
    });
}

#[test]
fn a_drop_that_panics_when_another_waker_takes_its_place_is_the_pollers_panic() {
    run(|| async {
        let (hooks, waker) = bomb(In::Drop, 2);
        let (mut task, mut timer) = (spawn(yield_now()), sleep(MOMENT));
        assert!(poll_with(&mut task, &waker).is_pending());
        assert!(poll_with(&mut timer, &waker).is_pending());
        let expected = "a waker panicked in Drop";
        assert_eq!(panic_of(|| poll_with(&mut task, Waker::noop())), expected);
        assert_eq!(panic_of(|| poll_with(&mut timer, Waker::noop())), expected);
        assert_eq!(Arc::strong_count(&hooks), 2);
        task.await.unwrap();
        timer.await;
    });
}

/// A sleep that is dropped on another thread is fired by the loop, which is one wake too many.
/// Breaks if that is called outside of `ignore_panics`, or its timer stays.
#[test]
fn a_wake_that_panics_when_a_sleep_is_dropped_from_afar_does_not_reach_the_loop() {
    in_time(|| {
        let runtime = Runtime::new().unwrap();
        let (hooks, waker) = bomb(In::Wake, 1);
        let mut timer: Sleep = sleep(Duration::from_secs(3600));
        runtime.block_on(async { assert!(poll_with(&mut timer, &waker).is_pending()) });
        thread::spawn(move || drop(timer)).join().unwrap();
        runtime.block_on(event_poll());
        assert_eq!((runtime.metrics().timers, Arc::strong_count(&hooks)), (0, 2));
    });
}

#[test]
fn a_drop_that_panics_while_its_task_unwinds_from_a_socket_wait_ends_that_task_alone() {
    run(|| async {
        let (hooks, waker) = bomb(In::Drop, 1);
        let (stream, _peer) = tcp_pair().await;
        let theirs = waker.clone(); // the first to be dropped is the wait's clone of it
        let task = spawn(async move {
            let mut buf = [0; 1];
            let mut read = Box::pin(stream.read(&mut buf));
            assert!(poll_with(&mut read, &theirs).is_pending());
            panic!("the task's own");
        });
        assert_eq!(task.await.unwrap_err().to_string(), "task panicked: the task's own");
        drop(waker);
        assert_eq!(Arc::strong_count(&hooks), 1, "a waker is left");
    });
}

/// Noted before the wake, it would be over before any task had a turn.
#[test]
fn a_yield_whose_wake_panicked_has_still_to_give_way() {
    let (_hooks, waker) = bomb(In::Wake, 1);
    let mut giving_way = yield_now();
    assert_eq!(panic_of(|| poll_with(&mut giving_way, &waker)), "a waker panicked in Wake");
    assert!(poll_with(&mut giving_way, &waker).is_pending());
    assert!(poll_with(&mut giving_way, &waker).is_ready());
}
