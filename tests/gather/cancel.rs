//! How a gather ends early: by drop, by abort, by a panic of its caller. What then goes with it
//! is in `table.rs`.

use crate::common::{Drops, Gate, Trace, begin, paused, registered, run, turns};
use crate::forms::{Child, for_every_form, waits};
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

/// Breaks if a child that was made has a turn after its whole is gone, or before it is awaited.
#[test]
fn dropped_or_aborted_before_the_children_began_no_body_runs() {
    for_every_form(async |form| {
        let (drops, trace, before) = (Drops::default(), Trace::default(), shirr::metrics().polls);
        let child = |()| -> Child<(), ()> {
            let (guard, trace) = (drops.guard(), trace.clone());
            Box::pin(async move {
                let _guard = guard;
                trace.note("ran");
                pending().await
            })
        };
        drop(form.of([(); 3].map(child)));
        assert_eq!(drops.count(), 3);
        let mut whole = form.of([(); 3].map(child));
        assert!(begin(&mut whole).await.is_pending());
        drop(whole);
        turns(3).await;
        assert_eq!(drops.count(), 6);
        let awaiting = spawn(form.of([(); 3].map(child)));
        awaiting.abort();
        assert!(awaiting.await.unwrap_err().is_cancelled());
        assert!(drops.count() == 9 && drops.none_alive() && trace.take().is_empty());
        assert!(shirr::metrics().polls - before <= 3 + 2, "no child may have had a turn");
    });
}

/// Breaks if the drop of a whole in a task that unwinds leaves children.
#[test]
fn a_panic_while_the_caller_unwinds_out_of_its_task_drops_the_children() {
    for_every_form(async |form| {
        let drops = Drops::default();
        let children = [(); 3].map(|()| waits::<(), ()>(drops.guard()));
        let awaiting = spawn(async move {
            let mut whole = form.of(children);
            assert!(begin(&mut whole).await.is_pending());
            yield_now().await;
            panic!("not the children's fault");
        });
        assert!(awaiting.await.unwrap_err().is_panic());
        assert!(drops.count() == 3 && drops.none_alive());
    });
}

/// Breaks if a cancelled child leaves its timer, or delays the timeout's end.
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

/// Breaks if a cancelled child leaves a source or a timer in the reactor.
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

/// Breaks if a wake goes by the slot alone, without the key's serial.
#[test]
fn a_late_wake_of_a_cancelled_child_polls_no_newcomer_in_its_slot() {
    run(async || {
        let (gate, before) = (Gate::default(), shirr::metrics());
        let mut all = gather([gate.clone().wait(), gate.clone().wait()]);
        assert!(begin(&mut all).await.is_pending());
        turns(1).await;
        drop(all);
        // Newcomers take the slots; the wakes that are still on their way are not for them.
        let (polls, counters) = (Rc::new(Cell::new(0)), gather_of_counters());
        let newcomers = spawn(counters(Rc::clone(&polls)));
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
