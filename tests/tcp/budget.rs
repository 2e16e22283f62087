//! A task whose socket is always ready gives way by itself.

use crate::common::peer::pair;
use crate::common::{Count, Trace, begin, counted, poll_once, run};
use shirr::net::TcpStream;
use shirr::time::sleep;
use shirr::{metrics, spawn, yield_now};
use std::future::{Future, poll_fn};
use std::io::{ErrorKind, Write};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// As `src/wake/budget.rs` has it.
const OPERATIONS: usize = 128;

#[test]
fn a_reader_of_what_is_always_there_lets_another_task_run_after_128_reads() {
    run(async || {
        let (stream, mut peer) = pair().await;
        peer.write_all(&[7; 3 * OPERATIONS]).unwrap();
        stream.readable().await.unwrap();
        let (trace, reads) = (Trace::default(), Count::default());
        yield_now().await; // a turn of its own
        let (other, count) = (trace.clone(), reads.clone());
        let beside = spawn(async move {
            for _ in 0..3 {
                other.note(count.get());
                yield_now().await;
            }
        });
        for _ in 0..2 * OPERATIONS + 1 {
            stream.read_exact(&mut [0; 1]).await.unwrap();
            reads.add(1);
        }
        assert_eq!(trace.take(), ["128", "256"]);
        beside.await.unwrap();
    });
}

#[test]
fn a_task_of_less_than_128_operations_is_polled_no_oftener_than_it_waits() {
    run(async || {
        let (stream, mut peer) = pair().await;
        peer.write_all(&[7; OPERATIONS]).unwrap();
        stream.readable().await.unwrap();
        let polls = Count::default();
        spawn(counted(polls.clone(), async move {
            for _ in 0..OPERATIONS {
                stream.read_exact(&mut [0; 1]).await.unwrap();
            }
        }))
        .await
        .unwrap();
        assert_eq!(polls.get(), 1);
    });
}

#[test]
fn a_timer_fires_beside_a_task_that_only_reads_and_writes() {
    run(async || {
        let (writer, peer) = pair().await;
        let reader = TcpStream::from_std(peer).unwrap();
        let echo = spawn(async move {
            loop {
                // What one end writes is at the other when the call returns, on loopback.
                writer.write_all(b"x").await.unwrap();
                reader.read_exact(&mut [0; 1]).await.unwrap();
            }
        });
        sleep(Duration::from_millis(5)).await;
        assert!(!echo.is_finished());
        echo.abort();
        assert!(echo.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn giving_way_has_the_loop_poll_for_events() {
    run(async || {
        let (stream, mut peer) = pair().await;
        peer.write_all(&[7; 2 * OPERATIONS]).unwrap();
        stream.readable().await.unwrap();
        yield_now().await;
        let before = metrics();
        for _ in 0..OPERATIONS + 1 {
            stream.read_exact(&mut [0; 1]).await.unwrap();
        }
        let after = metrics();
        assert_eq!((after.event_polls - before.event_polls, after.polls - before.polls), (1, 1));
    });
}

#[test]
fn waiting_for_readiness_that_is_always_there_gives_way_too() {
    run(async || {
        let (stream, mut peer) = pair().await;
        peer.write_all(b"never read").unwrap();
        stream.readable().await.unwrap();
        yield_now().await;
        let polls = metrics().polls;
        for _ in 0..10 * OPERATIONS {
            stream.readable().await.unwrap();
        }
        assert_eq!(metrics().polls - polls, 9);
    });
}

#[test]
fn a_task_that_waits_for_either_of_two_streams_gives_way_although_both_are_ready() {
    run(async || {
        let (one, mut peer_of_one) = pair().await;
        let (two, mut peer_of_two) = pair().await;
        for (stream, peer) in [(&one, &mut peer_of_one), (&two, &mut peer_of_two)] {
            peer.write_all(&[7; 4 * OPERATIONS]).unwrap();
            stream.readable().await.unwrap();
        }
        yield_now().await;
        let polls = metrics().polls;
        for _ in 0..3 * OPERATIONS {
            let (mut at_one, mut at_two) = ([0; 1], [0; 1]);
            let (mut first, mut second) = (pin!(one.read(&mut at_one)), pin!(two.read(&mut at_two)));
            let read = poll_fn(|cx| match first.as_mut().poll(cx) {
                Poll::Ready(read) => Poll::Ready(read),
                Poll::Pending => second.as_mut().poll(cx),
            });
            assert_eq!(read.await.unwrap(), 1);
        }
        assert_eq!(metrics().polls - polls, 2);
    });
}

#[test]
fn outside_of_the_loops_turns_operations_are_held_up_but_not_for_ever() {
    run(async || {
        let (stream, mut peer) = pair().await;
        peer.write_all(&[7; 3 * OPERATIONS]).unwrap();
        stream.readable().await.unwrap();
        yield_now().await;
        let mut buf = [0; 1];
        let mut polled = Vec::new();
        for _ in 0..4 * OPERATIONS {
            let mut read = pin!(stream.read(&mut buf));
            polled.push(poll_once(&mut read).is_ready());
        }
        let pattern = [[true; OPERATIONS], [false; OPERATIONS]];
        assert_eq!(polled, [pattern, pattern].concat().concat());
    });
}

#[test]
fn what_is_tried_without_waiting_is_not_counted() {
    run(async || {
        let (stream, mut peer) = pair().await;
        peer.write_all(&[7; 10 * OPERATIONS]).unwrap();
        stream.readable().await.unwrap();
        for _ in 0..10 * OPERATIONS - 1 {
            assert_eq!(stream.try_read(&mut [0; 1]).unwrap(), 1);
        }
        let (mut one, mut two) = ([0; 1], [0; 1]);
        let mut read = pin!(stream.read(&mut one));
        assert!(matches!(begin(&mut read).await, Poll::Ready(Ok(1))));
        assert_eq!(stream.try_read(&mut two).unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}
