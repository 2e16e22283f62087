//! The invariants of waiting (I5, I6, I8), by their numbers: the task that waits last is woken,
//! a task that is woken tries again, and one that goes leaves nothing behind.

use crate::support::hooked::Hooks;
use crate::support::{Drops, assert_nothing_left, event_poll, in_time, poll_with, run, run_paused, tcp_pair};
use shirr::net::TcpListener;
use shirr::time::{advance, sleep, timeout};
use shirr::{Runtime, gather, metrics, spawn, unblock, yield_now};
use std::cell::Cell;
use std::future::pending;
use std::io::Write;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn i5_the_waker_of_the_latest_poll_wins() {
    run(|| async {
        let (old, old_waker) = Hooks::new().waker();
        let (new, new_waker) = Hooks::new().waker();
        let (stream, mut peer) = tcp_pair().await;
        let (go, gone) = mpsc::channel();
        let mut task = spawn(yield_now());
        let mut timer = sleep(Duration::from_millis(1));
        let mut children = gather([yield_now()]);
        let mut blocking = unblock(move || gone.recv());
        let mut buf = [0; 1];
        let mut read = pin!(stream.read(&mut buf));
        for waker in [&old_waker, &new_waker] {
            assert!(poll_with(&mut task, waker).is_pending());
            assert!(poll_with(&mut timer, waker).is_pending());
            assert!(poll_with(&mut children, waker).is_pending());
            assert!(poll_with(&mut blocking, waker).is_pending());
            assert!(poll_with(&mut read, waker).is_pending());
        }
        go.send(()).unwrap();
        peer.write_all(b"x").unwrap();
        while new.wakes() < 5 {
            sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(old.wakes(), 0);
        assert_eq!(Arc::strong_count(&old), 2, "only the test still holds the old waker");
    });
}

#[test]
fn i5_of_an_advance_too_the_waker_of_the_latest_poll_wins() {
    run_paused(|| async {
        let ((old, old_waker), (new, new_waker)) = (Hooks::new().waker(), Hooks::new().waker());
        let mut clock = advance(HOUR);
        assert!(poll_with(&mut clock, &old_waker).is_pending());
        assert!(poll_with(&mut clock, &new_waker).is_pending());
        assert_eq!((Arc::strong_count(&old), Arc::strong_count(&new)), (2, 3));
        sleep(2 * HOUR).await;
        assert_eq!((old.wakes(), new.wakes()), (0, 1));
        drop(clock);
        assert_eq!(Arc::strong_count(&new), 2);
    });
}

#[test]
fn i5_of_several_tasks_that_wait_on_one_source_each_is_woken() {
    run(|| async {
        let (stream, peer) = tcp_pair().await;
        let stream = Rc::new(stream);
        let read = |_| {
            let stream = Rc::clone(&stream);
            async move { stream.read(&mut [0; 8]).await.unwrap() }
        };
        let readers: Vec<_> = (0..3).map(|i| spawn(read(i))).collect();
        yield_now().await;
        drop(peer);
        for reader in readers {
            assert_eq!(reader.await.unwrap(), 0);
        }
    });
}

#[test]
fn i6_an_event_that_finds_nothing_left_leaves_its_task_waiting() {
    run(|| async {
        let (stream, mut peer) = tcp_pair().await;
        let stream = Rc::new(stream);
        let bytes = Rc::new(Cell::new(0));
        let read = |_| {
            let (stream, bytes) = (Rc::clone(&stream), Rc::clone(&bytes));
            async move {
                let n = stream.read(&mut [0; 8]).await.unwrap();
                bytes.set(bytes.get() + n);
            }
        };
        let readers: Vec<_> = (0..2).map(|i| spawn(read(i))).collect();
        yield_now().await;
        for written in 1..=2 {
            // One byte wakes both readers, and is for one of them.
            peer.write_all(b"x").unwrap();
            while bytes.get() < written {
                sleep(Duration::from_millis(1)).await;
            }
            assert_eq!(readers.iter().filter(|reader| reader.is_finished()).count(), written);
        }
        drop(readers);
    });
}

#[test]
fn i6_only_the_system_calls_answer_clears_readiness() {
    run(|| async {
        let (stream, mut peer) = tcp_pair().await;
        peer.write_all(&[7; 1_000]).unwrap();
        stream.read_exact(&mut [0; 1]).await.unwrap();
        sleep(Duration::from_millis(20)).await; // by now all of it is here
        let before = metrics();
        for _ in 1..100 {
            stream.read_exact(&mut [0; 1]).await.unwrap();
        }
        assert_eq!(metrics(), before, "what is here is read without waiting for an event");
        let mut rest = Vec::new();
        drop(peer);
        assert_eq!(stream.read_to_end(&mut rest).await.unwrap(), 900);
    });
}

#[test]
fn i8_dropping_a_leaf_future_removes_its_registration() {
    run(|| async {
        let (hooks, waker) = Hooks::new().waker();
        let (stream, _peer) = tcp_pair().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let before = metrics();
        let mut buf = [0; 1];
        {
            let (mut timer, mut limited) = (sleep(HOUR), pin!(timeout(HOUR, pending::<()>())));
            let (mut read, mut accept) = (pin!(stream.read(&mut buf)), pin!(listener.accept()));
            let mut children = gather([pending::<()>(), pending()]);
            assert!(poll_with(&mut timer, &waker).is_pending());
            assert!(poll_with(&mut limited, &waker).is_pending());
            assert!(poll_with(&mut read, &waker).is_pending());
            assert!(poll_with(&mut accept, &waker).is_pending());
            assert!(poll_with(&mut children, &waker).is_pending());
            assert_eq!((metrics().timers, metrics().tasks), (2, before.tasks + 2));
        }
        assert_eq!((metrics().timers, metrics().tasks), (0, before.tasks));
        assert_eq!(Arc::strong_count(&hooks), 2, "the waker is still held");
    });
}

#[test]
fn i8_dropping_everything_leaves_every_slab_and_queue_empty() {
    in_time(|| {
        let (runtime, drops) = (Runtime::new().unwrap(), Drops::default());
        let mut tasks = Vec::new();
        for i in 0..100 {
            let guard = drops.guard();
            tasks.push(runtime.spawn(async move {
                let (stream, _peer) = tcp_pair().await;
                let _ = gather((0..i % 3).map(|_| timeout(HOUR, pending::<()>()))).await;
                let _ = timeout(HOUR, stream.read(&mut [0; 1])).await;
                drop(guard);
            }));
        }
        runtime.block_on(sleep(Duration::from_millis(20)));
        assert_eq!(drops.count(), 0);
        tasks.iter().for_each(|task| task.abort());
        drop(tasks);
        runtime.block_on(event_poll());
        assert_eq!(drops.count(), 100);
        assert_nothing_left(&runtime);
    });
}
