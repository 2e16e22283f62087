//! What the invariants promise is what the events show of programs with sockets, threads,
//! held clocks, and runtimes that are entered twice or dropped with work left.

use crate::common::checker::{Clock, Rules};
use crate::common::recorded::{MS, Recording, delay, panics, paused, plain, recorded, recording_runtime};
use crate::common::{Drops, begin, ends, turns, waiting, waits};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{advance, pause, resume, sleep, timeout};
use shirr::trace::{Actor, Answer, Effect, What};
use shirr::{gather, spawn, unblock, yield_now};
use std::future::{pending, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

/// Sends everything back until the other end has closed.
async fn echo(stream: TcpStream) -> io::Result<()> {
    let mut buf = [0; 1024];
    loop {
        let n = stream.read(&mut buf).await?;
        if n == 0 {
            return Ok(());
        }
        stream.write_all(&buf[..n]).await?;
    }
}

/// Echoes on so many connections, each in a task of its own that is detached.
async fn serve(listener: TcpListener, connections: usize) {
    for _ in 0..connections {
        drop(spawn(echo(listener.accept().await.unwrap().0)));
    }
}

/// Writes in one task and reads in another, since either may have to wait for the other end.
async fn ask(addr: SocketAddr, size: usize) {
    let stream = Rc::new(TcpStream::connect(addr).await.unwrap());
    let (to, mut back) = (Rc::clone(&stream), vec![0; size]);
    let writes = spawn(async move { to.write_all(&vec![7; size]).await });
    stream.read_exact(&mut back).await.unwrap();
    writes.await.unwrap().unwrap();
}

#[test]
fn many_connections_echo() {
    let seen = recorded(plain(), || async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let server = spawn(serve(listener, 40));
        gather((0..40).map(|i| ask(addr, if i % 8 == 0 { 1 << 20 } else { 100 }))).await;
        server.await.unwrap();
    });
    let tried = |answer| move |what: &What| matches!(what, What::Tried { answer: a, .. } if *a == answer);
    assert!(seen.has(tried(Answer::Done)) && seen.has(tried(Answer::WouldBlock)));
    assert!(seen.count(|what| matches!(what, What::SourceAdded { .. })) == 81);
    assert!(seen.woken_by(|by| matches!(by, Actor::Source(_))));
}

#[test]
fn several_tasks_wait_for_one_socket_and_all_are_woken() {
    let seen = recorded(plain(), || async {
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let addr = listener.local_addr().unwrap();
        let accept = |listener: Rc<TcpListener>| async move { drop(listener.accept().await.unwrap()) };
        let all: Vec<_> = (0..3).map(|_| spawn(accept(Rc::clone(&listener)))).collect();
        assert!(timeout(MS, listener.accept()).await.is_err());
        all[0].abort();
        for _ in 0..2 {
            drop(TcpStream::connect(addr).await.unwrap());
        }
        for task in all.into_iter().skip(1) {
            task.await.unwrap();
        }
    });
    assert!(seen.has(|what| matches!(what, What::WaitingNoMore { .. })));
}

#[test]
fn a_task_that_always_has_bytes_gives_way_and_the_loop_polls_for_events() {
    let seen = recorded(plain(), || async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (far, _) = listener.accept().await.unwrap();
        far.write_all(&[7; 600]).await.unwrap();
        for _ in 0..600 {
            near.read_exact(&mut [0; 1]).await.unwrap();
        }
    });
    assert!(seen.count(|what| *what == What::PollingEvents { idle: false }) >= 4);
}

#[test]
fn a_task_that_only_yields_is_interrupted_by_event_polls() {
    let seen = recorded(plain(), || gather((0..5).map(|_| turns(200))));
    assert!(seen.count(|what| *what == What::PollingEvents { idle: false }) >= 7);
}

#[test]
fn threads_wake_a_loop_that_sleeps_and_one_that_does_not() {
    let seen = recorded(plain(), || async {
        for pause in [Duration::ZERO, MS] {
            let mut thread = None;
            let begin = |waker: Waker| {
                thread::spawn(move || {
                    thread::sleep(pause);
                    waker.wake_by_ref();
                    waker.wake();
                })
            };
            poll_fn(|cx| {
                if thread.is_some() {
                    return Poll::Ready(());
                }
                thread = Some(begin(cx.waker().clone()));
                Poll::Pending
            })
            .await;
            thread.unwrap().join().unwrap();
        }
        sleep(MS).await; // which receives the last of them
    });
    assert!(seen.has(|what| *what == What::Rung));
    assert!(seen.has(|what| matches!(what, What::Asking { at_most: None })));
    // Two of a thread are one unless the loop has received the first by then.
    assert!((2..=4).contains(&seen.count(|what| matches!(what, What::Received { .. }))));
}

#[test]
fn repeated_and_late_wakes_change_nothing() {
    let seen = recorded(plain(), || async {
        let mut kept = None;
        let own = spawn(poll_fn(|cx| Poll::Ready(cx.waker().clone()))).await.unwrap();
        poll_fn(|cx| {
            if kept.replace(cx.waker().clone()).is_some() {
                return Poll::Ready(());
            }
            (0..3).for_each(|_| cx.waker().wake_by_ref());
            own.wake_by_ref();
            Poll::Pending
        })
        .await;
        thread::spawn(move || own.wake()).join().unwrap();
        turns(200).await;
    });
    let woken = |wanted| move |what: &What| matches!(what, What::Woken { effect, .. } if *effect == wanted);
    assert_eq!((seen.count(woken(Effect::Merged)), seen.count(woken(Effect::Stale))), (2, 2));
}

#[test]
fn a_clock_is_held_moved_and_let_go() {
    let seen = recorded(Rules { clock: Clock::Mixed, ..plain() }, || async {
        pause();
        let far = spawn(delay(60_000));
        delay(1_000).await;
        advance(10_000 * MS).await;
        assert!(!far.is_finished());
        resume();
        delay(1).await;
    });
    assert!(seen.count(|what| matches!(what, What::ClockMoved { .. })) >= 2);
    recorded(paused(), || async {
        let sleepers: Vec<_> = (0..10).map(|i| spawn(delay(i * 7 % 5))).collect();
        advance(3 * MS).await;
        assert!(unblock(|| 7).await.is_ok());
        sleep(Duration::ZERO).await;
        drop(sleepers);
    });
}

#[test]
fn a_runtime_is_entered_twice_and_has_tasks_from_before_and_in_between() {
    ends(|| {
        let (recorder, runtime) = recording_runtime(plain());
        let early = runtime.spawn(delay(1));
        let aborted = runtime.spawn(pending::<()>());
        aborted.abort(); // a message, since the runtime does not run
        assert_eq!(runtime.block_on(early).unwrap(), 1);
        let between = runtime.spawn(delay(1));
        let unwanted = runtime.spawn(turns(3));
        drop(unwanted);
        assert_eq!(runtime.block_on(between).unwrap(), 1);
        assert!(runtime.block_on(aborted).unwrap_err().is_cancelled());
        drop(runtime);
        let seen = Recording::of(&recorder, plain());
        assert_eq!(seen.count(|what| *what == What::Entered), 4);
        assert_eq!(seen.count(|what| matches!(what, What::Detached { .. })), 1);
    });
}

/// Spawns another task when it is dropped.
struct Spawns;

impl Drop for Spawns {
    fn drop(&mut self) {
        drop(spawn(waits(Drops::default().guard())));
    }
}

#[test]
fn a_runtime_is_dropped_with_everything_under_way() {
    ends(|| {
        let (recorder, runtime) = recording_runtime(plain());
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            drop(spawn(async move { near.read(&mut [0; 1]).await.unwrap() }));
            drop(spawn(async move { drop(listener.accept().await.unwrap()) }));
            let ends_late = spawn(delay(60_000));
            drop(spawn(async move { ends_late.await.unwrap() }));
            drop(spawn(gather([1, 60_000].map(delay)).limit(1)));
            drop(spawn(gather([2, 3].map(|n| gather((0..n).map(|_| delay(60_000)))))));
            drop(spawn(unblock(|| thread::sleep(MS))));
            drop(spawn(async {
                let _spawns = Spawns;
                pending::<()>().await;
            }));
            drop(spawn(panics(60_000)));
            waiting(3, &Drops::default()).into_iter().for_each(|task| drop(spawn(task)));
            sleep(3 * MS).await;
        });
        drop(runtime);
        let seen = Recording::of(&recorder, plain());
        assert!(seen.count(|what| matches!(what, What::Cancelled { .. })) >= 10);
        assert!(seen.has(|what| matches!(what, What::ShutDown { tasks: 0, timers: 0, sources: 0 })));
    });
}

#[test]
fn what_is_kept_beyond_the_end_is_counted_there() {
    ends(|| {
        let (recorder, runtime) = recording_runtime(plain());
        let kept = runtime.block_on(async {
            let (mut late, mut children) = (sleep(60_000 * MS), gather([pending::<()>()]));
            assert!(begin(&mut late).await.is_pending() && begin(&mut children).await.is_pending());
            yield_now().await;
            (TcpListener::bind("127.0.0.1:0").await.unwrap(), late, children)
        });
        drop(runtime);
        let seen = Recording::of(&recorder, Rules { kept: true, ..plain() });
        assert!(seen.has(|what| matches!(what, What::ShutDown { tasks: 0, timers: 1, sources: 1 })));
        drop(kept);
    });
}

/// Breaks if the loop's steps come in another order where a loop of another kind waits, or a
/// task that another thread sent does not show who woke it.
#[test]
fn a_loop_of_another_kind_drives_the_runtime_and_a_thread_spawns_there() {
    let seen = ends(|| {
        let (recorder, runtime) = recording_runtime(plain());
        let handle = runtime.handle();
        let nap = runtime.spawn(sleep(2 * MS));
        runtime.run_ready(); // the handle's task waits from now on
        let thread = thread::spawn(move || drop(handle.spawn_with(|| sleep(MS))));
        while runtime.metrics().tasks > 0 {
            runtime.run_ready();
            thread::sleep(MS);
        }
        assert!(nap.is_finished());
        thread.join().unwrap();
        drop((nap, runtime));
        Recording::of(&recorder, plain())
    });
    assert!(seen.has(|what| matches!(what, What::Asking { at_most: Some(Duration::ZERO) })));
    assert!(seen.woken_by(|actor| matches!(actor, Actor::Thread(_))));
}
