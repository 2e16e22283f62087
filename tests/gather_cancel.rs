//! How a gather ends early: by drop, by abort, by the end of its runtime.

mod common;

use common::{Drops, Gate, Trace, begin, paused, registered, run, turns, waiting, waits};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{now, sleep, timeout};
use shirr::{gather, spawn, yield_now};
use std::cell::Cell;
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(600);

#[test]
fn dropping_it_drops_every_pending_child_before_the_drop_returns() {
    run(async || {
        let drops = Drops::default();
        let mut all = gather(waiting(16, &drops));
        assert!(begin(&mut all).await.is_pending());
        turns(2).await;
        assert_eq!((drops.count(), shirr::metrics().tasks), (0, 17));
        drop(all);
        assert_eq!((drops.count(), shirr::metrics().tasks), (16, 1));
    });
}

#[test]
fn dropped_before_the_first_poll_or_before_the_children_began_no_body_runs() {
    run(async || {
        let (drops, trace) = (Drops::default(), Trace::default());
        let child = |_| {
            let (guard, trace) = (drops.guard(), trace.clone());
            async move {
                trace.note("ran");
                waits(guard).await
            }
        };
        drop(gather((0..4).map(child).collect::<Vec<_>>()));
        assert_eq!(drops.count(), 4);
        let mut all = gather((0..4).map(child));
        assert!(begin(&mut all).await.is_pending());
        drop(all);
        turns(3).await;
        assert_eq!(drops.count(), 8);
        assert!(trace.take().is_empty());
    });
}

#[test]
fn aborting_the_awaiting_task_ends_the_children_before_its_handle_says_cancelled() {
    run(async || {
        let drops = Drops::default();
        let awaiting = spawn(gather(waiting(16, &drops)));
        turns(2).await;
        awaiting.abort();
        assert!(awaiting.await.unwrap_err().is_cancelled());
        assert!(drops.count() == 16 && drops.none_alive());
    });
}

#[test]
fn aborted_before_its_first_poll_no_body_runs_and_every_guard_is_dropped() {
    run(async || {
        let drops = Drops::default();
        let before = shirr::metrics().polls;
        let awaiting = spawn(gather(waiting(16, &drops)));
        awaiting.abort();
        assert!(awaiting.await.unwrap_err().is_cancelled());
        assert!(drops.count() == 16 && drops.none_alive());
        assert!(shirr::metrics().polls - before <= 2, "no child may have had a turn");
    });
}

#[test]
fn half_done_finished_outputs_and_unfinished_futures_are_dropped_once_each() {
    run(async || {
        let (outputs, futures) = (Drops::default(), Drops::default());
        let child = |i: usize| {
            let (output, future) = (outputs.guard(), futures.guard());
            async move {
                let _future = future;
                if i % 2 == 0 { output } else { pending().await }
            }
        };
        let mut all = gather((0..10).map(child));
        assert!(begin(&mut all).await.is_pending());
        turns(2).await;
        assert_eq!((outputs.count(), futures.count()), (0, 5));
        drop(all);
        assert_eq!((outputs.count(), futures.count()), (10, 10));
    });
}

#[test]
fn a_timeout_around_it_elapses_on_time_and_leaves_no_child_and_no_timer() {
    paused(async || {
        let (drops, start) = (Drops::default(), now());
        let child = |seconds: f64| {
            let guard = drops.guard();
            async move {
                let _guard = guard;
                sleep(Duration::from_secs_f64(seconds)).await;
            }
        };
        let all = gather([0.005, 600.0, 600.0].map(child));
        timeout(Duration::from_millis(20), all).await.unwrap_err();
        assert_eq!(now() - start, Duration::from_millis(20));
        assert_eq!((drops.count(), registered()), (3, (0, 0)));
    });
}

#[test]
fn children_that_wait_on_sockets_and_timers_leave_nothing_registered() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let child = |i: u32| async move {
            if i % 2 == 0 {
                return sleep(LONG).await;
            }
            let stream = TcpStream::connect(addr).await.unwrap();
            timeout(LONG, stream.read(&mut [0; 8])).await.unwrap().unwrap();
        };
        let mut all = gather((0..16).map(child));
        assert!(begin(&mut all).await.is_pending());
        let mut peers = Vec::new();
        while peers.len() < 8 {
            peers.push(listener.accept().await.unwrap().0);
        }
        // The last connection may be accepted here before its own end has heard of it.
        while registered() != (16, 1 + 8 + 8) {
            sleep(Duration::from_millis(1)).await;
        }
        drop(all);
        assert_eq!(registered(), (0, 1 + 8));
        drop((listener, peers));
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn a_panic_while_the_caller_unwinds_out_of_its_task_drops_the_children() {
    run(async || {
        let drops = Drops::default();
        let children = waiting(4, &drops);
        let awaiting = spawn(async move {
            let mut all = gather(children);
            assert!(begin(&mut all).await.is_pending());
            yield_now().await;
            panic!("not the children's fault");
        });
        assert!(awaiting.await.unwrap_err().is_panic());
        assert!(drops.count() == 4 && drops.none_alive());
    });
}

#[test]
fn a_gathered_task_that_is_aborted_is_an_error_in_its_place_alone() {
    run(async || {
        let gate = Gate::default();
        let tasks: Vec<_> = (0..3).map(|_| spawn(gate.clone().wait())).collect();
        let key = tasks[1].abort_handle();
        let all = spawn(gather(tasks));
        turns(3).await;
        key.abort();
        turns(3).await;
        assert!(!all.is_finished());
        gate.open();
        let results = all.await.unwrap();
        assert!(results[0].is_ok() && results[2].is_ok());
        assert!(results[1].as_ref().unwrap_err().is_cancelled());
    });
}

#[test]
fn a_late_wake_of_a_cancelled_child_reaches_nobody() {
    run(async || {
        let (gate, before) = (Gate::default(), shirr::metrics());
        let mut all = gather([gate.clone().wait(), gate.clone().wait()]);
        assert!(begin(&mut all).await.is_pending());
        turns(1).await;
        drop(all);
        // Newcomers take the slots; the wakes that are still on their way are not for them.
        let (polls, tenants) = (Rc::new(Cell::new(0)), gather_of_counters());
        let newcomers = spawn(tenants(Rc::clone(&polls)));
        turns(2).await;
        assert_eq!(polls.get(), 2);
        gate.open();
        turns(2).await;
        assert_eq!((polls.get(), shirr::metrics().wakes_stale - before.wakes_stale), (2, 2));
        newcomers.abort();
        assert!(newcomers.await.unwrap_err().is_cancelled());
    });
}

/// Makes a gather of two children that count their polls and never end.
fn gather_of_counters() -> impl Fn(Rc<Cell<usize>>) -> Pin<Box<dyn Future<Output = ()>>> {
    |polls| {
        let child = move |_| {
            let polls = Rc::clone(&polls);
            poll_fn(move |_| {
                polls.set(polls.get() + 1);
                Poll::<()>::Pending
            })
        };
        Box::pin(async move { drop(gather((0..2).map(child)).await) })
    }
}
