//! One socket and several tasks; operations that are given up midway.

use crate::common::peer::{connected, pair, pattern, read_to_end};
use crate::common::{Trace, begin, paused, registered, run, turns};
use shirr::net::TcpListener;
use shirr::time::{sleep, stalled, timeout};
use shirr::{gather, spawn};
use std::io::{Read, Write};
use std::net;
use std::pin::pin;
use std::rc::Rc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// How many operations wait for one socket.
const TASKS: usize = 5;

#[test]
fn several_readers_of_one_stream_are_each_woken() {
    run(async || {
        let (stream, mut socket) = pair().await;
        let stream = Rc::new(stream);
        let read = |_| {
            let stream = Rc::clone(&stream);
            async move {
                let mut byte = [0];
                assert_eq!(stream.read(&mut byte).await.unwrap(), 1);
                byte[0]
            }
        };
        let readers: Vec<_> = (0..TASKS).map(|i| spawn(read(i))).collect();
        turns(2).await;
        socket.write_all(&[1, 2, 3, 4, 5]).unwrap(); // one event for all of them
        let mut bytes: Vec<u8> = gather(readers).await.into_iter().map(Result::unwrap).collect();
        bytes.sort_unstable();
        assert_eq!(bytes, [1, 2, 3, 4, 5]);
    });
}

#[test]
fn readers_that_find_nothing_left_wait_for_the_next_event() {
    run(async || {
        let (stream, mut socket) = pair().await;
        let stream = Rc::new(stream);
        let read = |_| {
            let stream = Rc::clone(&stream);
            async move {
                let mut buf = [0; 8];
                stream.read(&mut buf).await.unwrap()
            }
        };
        let readers: Vec<_> = (0..TASKS).map(|i| spawn(read(i))).collect();
        // Every event wakes all waiters, and is enough for one.
        for served in 1..=TASKS {
            turns(3).await;
            socket.write_all(b"word").unwrap();
            while readers.iter().filter(|reader| reader.is_finished()).count() < served {
                sleep(MS).await;
            }
        }
        for reader in readers {
            assert_eq!(reader.await.unwrap(), 4);
        }
    });
}

#[test]
fn the_end_of_a_stream_is_read_by_all_its_readers() {
    run(async || {
        let (stream, socket) = pair().await;
        let stream = Rc::new(stream);
        let read = |_| {
            let stream = Rc::clone(&stream);
            async move { stream.read(&mut [0; 8]).await.unwrap() }
        };
        let readers: Vec<_> = (0..TASKS).map(|i| spawn(read(i))).collect();
        turns(2).await;
        drop(socket);
        assert_eq!(gather(readers).await.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [0; TASKS]);
    });
}

#[test]
fn several_writers_of_one_stream_are_each_woken() {
    const EACH: usize = 2 << 20;
    run(async || {
        let (stream, mut socket) = pair().await;
        let stream = Rc::new(stream);
        let write = |i: usize| {
            let stream = Rc::clone(&stream);
            async move { stream.write_all(&vec![i as u8; EACH]).await.unwrap() }
        };
        let writers: Vec<_> = (0..TASKS).map(|i| spawn(write(i))).collect();
        turns(20).await;
        assert!(writers.iter().any(|writer| !writer.is_finished()), "the buffers hold it all");
        let reader = thread::spawn(move || {
            let (mut counts, mut buf) = ([0; TASKS], vec![0; 1 << 16]);
            loop {
                match socket.read(&mut buf).unwrap() {
                    0 => return counts,
                    n => buf[..n].iter().for_each(|byte| counts[usize::from(*byte)] += 1),
                }
            }
        });
        gather(writers).await.into_iter().for_each(Result::unwrap);
        drop(stream);
        assert_eq!(reader.join().unwrap(), [EACH; TASKS]);
    });
}

#[test]
fn one_task_reads_what_another_writes_on_the_same_stream() {
    const LEN: usize = 1 << 20;
    run(async || {
        let (stream, peer) = connected(|socket| std::io::copy(&mut &socket, &mut &socket).unwrap()).await;
        let stream = Rc::new(stream);
        let (reader, writer) = (Rc::clone(&stream), Rc::clone(&stream));
        let reading = spawn(async move {
            let mut buf = vec![0; LEN];
            reader.read_exact(&mut buf).await.unwrap();
            buf
        });
        let writing = spawn(async move { writer.write_all(&pattern(LEN, 1)).await.unwrap() });
        writing.await.unwrap();
        assert!(reading.await.unwrap() == pattern(LEN, 1));
        drop(stream);
        assert_eq!(peer.join().unwrap(), LEN as u64);
    });
}

#[test]
fn a_reader_that_is_given_up_takes_no_other_readers_wake_with_it() {
    run(async || {
        let (stream, mut socket) = pair().await;
        let stream = Rc::new(stream);
        let read = |_| {
            let stream = Rc::clone(&stream);
            spawn(async move { stream.read(&mut [0; 8]).await.unwrap() })
        };
        let [first, middle, last] = [1, 2, 3].map(read);
        turns(2).await;
        first.abort();
        last.abort();
        turns(2).await;
        socket.write_all(b"word").unwrap();
        assert_eq!(middle.await.unwrap(), 4);
        assert!(first.await.unwrap_err().is_cancelled() && last.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn a_reader_that_is_woken_and_given_up_before_its_turn_leaves_the_bytes_to_the_next() {
    run(async || {
        let (stream, mut socket) = pair().await;
        let stream = Rc::new(stream);
        let reading = Rc::clone(&stream);
        let woken = spawn(async move { reading.read(&mut [0; 8]).await.unwrap() });
        turns(2).await;
        socket.write_all(b"word").unwrap();
        thread::sleep(2 * MS); // let the event reach the kernel's list
        woken.abort();
        assert!(woken.await.unwrap_err().is_cancelled());
        let mut buf = [0; 8];
        assert_eq!(stream.read(&mut buf).await.unwrap(), 4);
        assert_eq!(&buf[..4], b"word");
    });
}

#[test]
fn a_read_moved_to_another_task_wakes_that_one() {
    run(async || {
        let (stream, mut socket) = pair().await;
        let stream = Rc::new(stream);
        let reading = Rc::clone(&stream);
        let mut read = Box::pin(async move { reading.read(&mut [0; 8]).await.unwrap() });
        assert!(begin(&mut read).await.is_pending()); // with this task's waker
        let task = spawn(read);
        turns(2).await;
        socket.write_all(b"word").unwrap();
        assert_eq!(task.await.unwrap(), 4);
    });
}

#[test]
fn a_read_given_up_by_a_timeout_loses_no_byte() {
    run(async || {
        let sent = pattern(2000, 9);
        let bytes = sent.clone();
        let (stream, peer) = connected(move |mut socket| {
            for chunk in bytes.chunks(7) {
                socket.write_all(chunk).unwrap();
                thread::sleep(MS / 10);
            }
        })
        .await;
        let (mut received, mut buf, mut given_up) = (Vec::new(), [0; 16], 0);
        while received.len() < sent.len() {
            match timeout(Duration::ZERO, stream.read(&mut buf)).await {
                Ok(n) => received.extend_from_slice(&buf[..n.unwrap()]),
                Err(_) => given_up += 1,
            }
        }
        assert!(given_up > 0, "no read was ever given up; the test shows nothing");
        assert!(received == sent);
        assert_eq!(registered(), (0, 1));
        peer.join().unwrap();
    });
}

#[test]
fn a_write_given_up_by_a_timeout_has_written_nothing() {
    run(async || {
        let (go, wait) = channel();
        let (stream, peer) = connected(move |mut socket| {
            wait.recv().unwrap();
            let mut all = Vec::new();
            socket.read_to_end(&mut all).unwrap();
            all
        })
        .await;
        let (bytes, mut at) = (pattern(8 << 20, 8), 0);
        while at < bytes.len() {
            match timeout(Duration::ZERO, stream.write(&bytes[at..])).await {
                Ok(n) => at += n.unwrap(),
                // The buffers are full; the reader may begin, and may be slower than this.
                Err(_) => go.send(()).unwrap_or_default(),
            }
        }
        drop((stream, go));
        assert!(peer.join().expect("no write was ever given up") == bytes);
    });
}

#[test]
fn several_tasks_accept_from_one_listener() {
    const CONNECTIONS: usize = 20;
    run(async || {
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let addr = listener.local_addr().unwrap();
        let accepted = Trace::default();
        let accept = |_| {
            let (listener, accepted) = (Rc::clone(&listener), accepted.clone());
            async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    accepted.note(String::from_utf8(read_to_end(&stream).await.unwrap()).unwrap());
                }
            }
        };
        let acceptors: Vec<shirr::JoinHandle<()>> = (0..4).map(|i| spawn(accept(i))).collect();
        turns(2).await;
        let clients = thread::spawn(move || {
            for i in 0..CONNECTIONS {
                net::TcpStream::connect(addr).unwrap().write_all(format!("{i:02}").as_bytes()).unwrap();
            }
        });
        let mut names = Vec::new();
        while names.len() < CONNECTIONS {
            sleep(MS).await;
            names.extend(accepted.take());
        }
        names.sort();
        assert_eq!(names, (0..CONNECTIONS).map(|i| format!("{i:02}")).collect::<Vec<_>>());
        acceptors.iter().for_each(shirr::JoinHandle::abort);
        clients.join().unwrap();
    });
}

#[test]
fn an_accept_given_up_by_a_timeout_loses_no_connection() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        assert!(timeout(MS, listener.accept()).await.is_err());
        let clients = thread::spawn(move || {
            (0..50).map(|_| net::TcpStream::connect(addr).unwrap()).collect::<Vec<_>>()
        });
        let mut accepted = Vec::new();
        while accepted.len() < 50 {
            if let Ok(connection) = timeout(Duration::ZERO, listener.accept()).await {
                accepted.push(connection.unwrap().0);
            }
        }
        assert!(timeout(MS, listener.accept()).await.is_err(), "there were fifty");
        drop((accepted, clients.join().unwrap()));
        assert_eq!(registered(), (0, 1));
    });
}

/// The connection had an urgent byte, after which a short read does not say that all is read.
#[test]
fn a_short_read_tried_beside_one_that_waits_does_not_have_it_wait_twice() {
    paused(async || {
        let (stream, mut peer) = pair().await;
        socket2::SockRef::from(&peer).send_out_of_band(b"!").unwrap();
        peer.write_all(b"x").unwrap();
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 1);
        let (mut buf, mut later) = ([0; 8], pin!(sleep(MS)));
        let mut waits = pin!(stream.read(&mut buf));
        assert!(begin(&mut waits).await.is_pending() && begin(&mut later).await.is_pending());
        peer.write_all(b"y").unwrap();
        assert_eq!(stream.try_read(&mut [0; 8]).unwrap(), 1);
        assert!(begin(&mut waits).await.is_pending());
        assert!(stalled().unwrap().contains("1 socket operation is in flight"), "{:?}", stalled());
    });
}
