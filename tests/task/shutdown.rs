//! The end of a runtime: what its drops may still do, what they are told, and that a runtime
//! may end inside another one or with its thread.

use crate::support::{Drops, Log, Probe, in_time, on_drop, panic_of, poll_once};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{sleep, timeout};
use shirr::{JoinHandle, Runtime, gather, metrics, spawn, unblock, yield_now};
use std::cell::RefCell;
use std::future::pending;
use std::io::Read;
use std::rc::Rc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// A runtime with one parked task, which runs `at_drop` in the midst of the shutdown.
fn doomed(at_drop: impl FnOnce() + 'static) -> Runtime {
    let runtime = Runtime::new().unwrap();
    let held = on_drop(at_drop);
    drop(runtime.spawn(async move {
        pending::<()>().await;
        drop(held);
    }));
    runtime.block_on(yield_now());
    runtime
}

fn at_shutdown(at_drop: impl FnOnce() + 'static) {
    drop(doomed(at_drop));
}

#[test]
fn a_task_spawned_at_shutdown_is_dropped_and_its_handle_says_cancelled() {
    in_time(|| {
        let (drops, place) = (Drops::default(), Rc::new(RefCell::new(None)));
        let (guard, count, handle) = (drops.guard(), drops.clone(), Rc::clone(&place));
        at_shutdown(move || {
            let task = spawn(async move { drop(guard) });
            assert!(task.is_finished());
            assert_eq!(count.count(), 1);
            handle.replace(Some(task));
        });
        let handle: JoinHandle<()> = place.take().expect("the drop came to its end");
        assert!(shirr::block_on(handle).unwrap_err().is_cancelled());
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn a_socket_opened_at_shutdown_works_and_may_outlive_its_runtime() {
    in_time(|| {
        let place = Rc::new(RefCell::new(None));
        let set = Rc::clone(&place);
        at_shutdown(move || {
            let mut bind = Box::pin(TcpListener::bind("127.0.0.1:0"));
            let Poll::Ready(Ok(listener)) = poll_once(&mut bind) else { panic!("binding does not wait") };
            set.replace(Some(listener));
        });
        let listener: TcpListener = place.take().expect("the drop came to its end");
        let peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let accepted: std::io::Result<(TcpStream, _)> = shirr::block_on(listener.accept());
        let (stream, _) = accepted.expect("what need not wait can be done");
        drop(stream);
        assert_eq!({ peer }.read(&mut [0; 1]).unwrap(), 0);
        let error = shirr::block_on(listener.accept()).unwrap_err();
        assert!(error.to_string().contains("outside the runtime in which it was opened"), "{error}");
    });
}

#[test]
fn block_on_at_shutdown_is_a_clear_panic_that_harms_no_task() {
    in_time(|| {
        let log = Log::default();
        let inner = log.clone();
        at_shutdown(move || {
            inner.add(panic_of(|| shirr::block_on(async {})));
            shirr::block_on(async {}); // this one is not caught here
        });
        let text = log.take().concat();
        assert!(text.contains("block_on or run_ready was called inside a shirr runtime"), "{text}");
        assert_eq!(shirr::block_on(async { 7 }), 7);
    });
}

#[test]
fn timers_gathers_and_closures_begun_at_shutdown_leave_nothing_running() {
    in_time(|| {
        let drops = Drops::default();
        let (log, guard, child) = (Log::default(), drops.guard(), drops.guard());
        let inner = log.clone();
        at_shutdown(move || {
            let mut timer = sleep(HOUR);
            assert!(poll_once(&mut timer).is_pending());
            drop(timer);
            assert_eq!(metrics().timers, 0);
            let _ = poll_once(&mut unblock(move || drop(guard)));
            let children = [async move {
                pending::<()>().await;
                drop(child);
            }];
            inner.add(panic_of(|| poll_once(&mut gather(children))));
        });
        let text = log.take().concat();
        assert!(text.contains("a shirr gather was polled after its runtime had ended"), "{text}");
        while drops.count() < 2 {
            thread::yield_now(); // the closure may have been begun by then
        }
    });
}

#[test]
fn a_drop_at_shutdown_may_abort_wake_and_await_the_tasks_after_it() {
    in_time(|| {
        let (runtime, log) = (Runtime::new().unwrap(), Log::default());
        let later: Rc<RefCell<Option<JoinHandle<()>>>> = Rc::default();
        let (probe, told, awaited) = (Probe::default(), log.clone(), Rc::clone(&later));
        let waking = probe.clone();
        let held = on_drop(move || {
            let mut task = awaited.take().unwrap();
            waking.wake();
            task.abort();
            assert!(poll_once(&mut task).is_pending());
            told.add("first");
        });
        let first = runtime.spawn(async move {
            pending::<()>().await;
            drop(held);
        });
        let (future, end) = (probe.future(), log.at_drop("second"));
        later.replace(Some(runtime.spawn(async move {
            future.await;
            drop(end);
        })));
        runtime.block_on(yield_now());
        drop(runtime);
        assert_eq!(log.take(), ["first", "second"]);
        assert!(first.is_finished());
        assert_eq!(probe.polls(), 1);
    });
}

#[test]
fn a_handle_polled_from_outside_is_woken_when_its_runtime_ends() {
    in_time(|| {
        let inner = Runtime::new().unwrap();
        let (hooks, waker) = crate::support::hooked::Hooks::new().waker();
        let mut task = inner.spawn(pending::<()>());
        inner.block_on(async { assert!(crate::support::poll_with(&mut task, &waker).is_pending()) });
        drop(inner);
        assert_eq!(hooks.wakes(), 1);
        assert!(shirr::block_on(task).unwrap_err().is_cancelled());
    });
}

#[test]
fn a_runtime_may_be_dropped_inside_another_runtimes_task() {
    in_time(|| {
        let (outer, log) = (Runtime::new().unwrap(), Log::default());
        let (probe, drops) = (Probe::default(), Drops::default());
        let waiting = outer.spawn(probe.future());
        let (told, guard) = (log.clone(), drops.guard());
        let inner = doomed(move || {
            probe.open(); // a task of the outer runtime
            let task = spawn(async move { drop(guard) }); // in the one that ends
            assert!(task.is_finished());
            told.add("inner");
        });
        outer.block_on(async {
            yield_now().await;
            drop(inner);
            log.add("outer");
            spawn(async {}).await.unwrap(); // in the outer one again
            timeout(HOUR, waiting).await.unwrap().unwrap();
        });
        assert_eq!(log.take(), ["inner", "outer"]);
        assert_eq!(drops.count(), 1);
    });
}
