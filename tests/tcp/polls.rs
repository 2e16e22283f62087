//! The operations as polls, which traits are made of: which tasks are woken, and how often.

use crate::common::peer::pair;
use crate::common::{Count, Trace, begin, counted, ends, poll_once, registered, run, turns};
use shirr::net::TcpStream;
use shirr::time::sleep;
use shirr::{Runtime, spawn};
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

async fn polled_read(stream: &TcpStream, buf: &mut [u8]) -> usize {
    poll_fn(|cx| stream.poll_read(cx, buf)).await.unwrap()
}

#[test]
fn a_polled_read_waits_and_is_woken_by_the_bytes() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let (polls, mut buf) = (Count::default(), [0; 8]);
        let reading = spawn(counted(polls.clone(), async move {
            let n = polled_read(&stream, &mut buf).await;
            (stream, buf, n)
        }));
        turns(5).await;
        assert_eq!(polls.get(), 1);
        peer.write_all(b"word").unwrap();
        let (stream, buf, n) = reading.await.unwrap();
        assert_eq!((&buf[..n], polls.get()), (&b"word"[..], 2));
        assert_eq!(poll_fn(|cx| stream.poll_read(cx, &mut [])).await.unwrap(), 0);
    });
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Breaks if each poll leaves a waker of its own.
#[test]
fn of_polls_with_one_waker_an_event_wakes_one() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        for _ in 0..3 {
            assert!(stream.poll_readable(&mut Context::from_waker(&waker)).is_pending());
        }
        peer.write_all(b"x").unwrap();
        stream.readable().await.unwrap(); // by the same event
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn polled_vectored_operations_pass_all_buffers() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let parts = [IoSlice::new(b"ab"), IoSlice::new(b"cde")];
        assert_eq!(poll_fn(|cx| stream.poll_write_vectored(cx, &parts)).await.unwrap(), 5);
        assert_eq!(poll_fn(|cx| stream.poll_write(cx, b"f")).await.unwrap(), 1);
        let mut all = [0; 6];
        peer.read_exact(&mut all).unwrap();
        assert_eq!(&all, b"abcdef");
        peer.write_all(&all).unwrap();
        stream.readable().await.unwrap();
        let (mut one, mut two) = ([0; 4], [0; 4]);
        let mut bufs = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
        assert_eq!(poll_fn(|cx| stream.poll_read_vectored(cx, &mut bufs)).await.unwrap(), 6);
        assert_eq!((&one, &two[..2]), (b"abcd", &b"ef"[..]));
    });
}

#[test]
fn a_polled_read_and_an_awaited_one_wait_side_by_side() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let (stream, trace) = (Rc::new(stream), Trace::default());
        let (here, notes) = (Rc::clone(&stream), trace.clone());
        let polled = spawn(async move {
            polled_read(&here, &mut [0; 1]).await;
            notes.note("polled");
        });
        let (here, notes) = (Rc::clone(&stream), trace.clone());
        let awaited = spawn(async move {
            here.read_exact(&mut [0; 1]).await.unwrap();
            notes.note("awaited");
        });
        turns(2).await;
        peer.write_all(b"xy").unwrap();
        polled.await.unwrap();
        awaited.await.unwrap();
        let mut read = trace.take();
        read.sort_unstable(); // which of the two is first is not promised
        assert_eq!(read, ["awaited", "polled"]);
    });
}

#[test]
fn four_tasks_poll_one_stream_and_each_is_woken() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let (stream, polls) = (Rc::new(stream), Count::default());
        let reader = |stream: Rc<TcpStream>| async move { polled_read(&stream, &mut [0; 1]).await };
        let all = [0, 1, 2, 3].map(|_| spawn(counted(polls.clone(), reader(Rc::clone(&stream)))));
        turns(3).await;
        assert_eq!(polls.get(), 4);
        peer.write_all(b"wxyz").unwrap();
        for one in all {
            assert_eq!(one.await.unwrap(), 1);
        }
        assert_eq!(polls.get(), 8);
        let sources = registered();
        drop(stream);
        assert_eq!((sources, registered()), ((0, 1), (0, 0)));
    });
}

#[test]
fn the_latest_poll_is_the_one_that_is_woken() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let mut buf = [0; 1];
        let mut read = Box::pin(poll_fn(|cx| stream.poll_read(cx, &mut buf)));
        assert!(poll_once(&mut read).is_pending()); // by a waker that does nothing
        assert!(begin(&mut read).await.is_pending());
        peer.write_all(b"x").unwrap();
        assert_eq!(read.await.unwrap(), 1);
    });
}

#[test]
fn an_event_and_a_deadline_wake_a_task_of_another_runtime_if_its_waker_stands_there() {
    ends(|| {
        let other = Runtime::new().unwrap();
        let woken: Vec<_> = (0..2)
            .map(|_| {
                let taken = Rc::new(RefCell::new(None));
                let keep = Rc::clone(&taken);
                let task = other.spawn(poll_fn(move |cx| match keep.replace(Some(cx.waker().clone())) {
                    Some(_) => Poll::Ready(()),
                    None => Poll::Pending,
                }));
                (task, taken)
            })
            .collect();
        other.block_on(turns(1));
        let wakers: Vec<_> = woken.iter().map(|(_, taken)| taken.borrow().clone().unwrap()).collect();
        shirr::block_on(async {
            let (stream, mut peer) = pair().await;
            let mut buf = [0; 1];
            let mut read = pin!(stream.read(&mut buf));
            let mut nap = pin!(sleep(Duration::from_millis(1)));
            assert!(read.as_mut().poll(&mut Context::from_waker(&wakers[0])).is_pending());
            assert!(nap.as_mut().poll(&mut Context::from_waker(&wakers[1])).is_pending());
            peer.write_all(b"x").unwrap();
            sleep(Duration::from_millis(5)).await;
        });
        for (task, _) in woken {
            other.block_on(task).unwrap();
        }
    });
}
