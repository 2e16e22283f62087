//! TCP when nothing goes wrong, with `std`'s blocking sockets at the other end.

use crate::common::peer::{connected, pattern, peer, read_to_end};
use crate::common::{Trace, ends, registered, run, turns};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{sleep, timeout};
use shirr::{gather, spawn};
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

#[test]
fn eight_mib_go_out_in_partial_writes_to_a_reader_that_is_slow() {
    run(async || {
        let sent = pattern(8 << 20, 1);
        let (stream, peer) = connected(|mut socket| {
            thread::sleep(20 * MS); // let the buffers fill
            let mut received = Vec::new();
            let mut buf = vec![0; 30_000];
            loop {
                match socket.read(&mut buf).unwrap() {
                    0 => return received,
                    n => received.extend_from_slice(&buf[..n]),
                }
                if received.len() % 7 == 0 {
                    thread::sleep(MS);
                }
            }
        })
        .await;
        let (mut rest, mut partial) = (&sent[..], 0);
        while !rest.is_empty() {
            let n = stream.write(rest).await.unwrap();
            assert!(n > 0);
            partial += usize::from(n < rest.len());
            rest = &rest[n..];
        }
        assert!(partial > 0, "8 MiB fit into the system's buffers; the test is too small");
        drop(stream);
        assert!(peer.join().unwrap() == sent);
    });
}

#[test]
fn write_all_and_read_exact_pass_eight_mib_through_an_echo() {
    run(async || {
        let (stream, peer) = connected(|socket| io::copy(&mut &socket, &mut &socket).unwrap()).await;
        let (stream, sent) = (Rc::new(stream), Rc::new(pattern(8 << 20, 2)));
        let (writer, bytes) = (Rc::clone(&stream), Rc::clone(&sent));
        let writing = spawn(async move {
            writer.write_all(&bytes).await?;
            writer.shutdown(Shutdown::Write)
        });
        let mut received = vec![0; sent.len()];
        stream.read_exact(&mut received).await.unwrap();
        assert!(received == *sent);
        assert_eq!(stream.read(&mut received).await.unwrap(), 0);
        writing.await.unwrap().unwrap();
        assert_eq!(peer.join().unwrap(), 8 << 20);
    });
}

#[test]
fn bytes_go_both_ways_at_once_in_chunks_of_any_size() {
    const LEN: usize = 4 << 20;
    /// Chunk lengths from one byte to 64 KiB, without end.
    fn chunks(seed: u64) -> impl Iterator<Item = usize> {
        pattern(1 << 12, seed).into_iter().cycle().map(|byte| 1 << (byte % 17))
    }
    run(async || {
        let (stream, peer) = connected(|mut socket| {
            let mut writing = socket.try_clone().unwrap();
            let writer = thread::spawn(move || writing.write_all(&pattern(LEN, 3)).unwrap());
            let mut received = vec![0; LEN];
            socket.read_exact(&mut received).unwrap();
            writer.join().unwrap();
            received
        })
        .await;
        let stream = Rc::new(stream);
        let writer = Rc::clone(&stream);
        let writing = spawn(async move {
            let (bytes, mut lengths, mut at) = (pattern(LEN, 4), chunks(5), 0);
            while at < LEN {
                let end = LEN.min(at + lengths.next().unwrap());
                at += writer.write(&bytes[at..end]).await.unwrap();
            }
        });
        let (mut received, mut lengths, mut at) = (vec![0; LEN], chunks(6), 0);
        while at < LEN {
            let end = LEN.min(at + lengths.next().unwrap());
            let n = stream.read(&mut received[at..end]).await.unwrap();
            assert!(n > 0, "the stream ended at {at}");
            at += n;
        }
        writing.await.unwrap();
        assert!(received == pattern(LEN, 3));
        assert!(peer.join().unwrap() == pattern(LEN, 4));
    });
}

#[test]
fn after_closing_its_writing_side_a_stream_still_reads() {
    run(async || {
        let (stream, peer) = connected(|mut socket| {
            let mut question = String::new();
            socket.read_to_string(&mut question).unwrap(); // to the end
            socket.write_all(b"answer").unwrap();
            question
        })
        .await;
        stream.write_all(b"question").await.unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_to_end(&stream).await.unwrap(), b"answer");
        assert_eq!(peer.join().unwrap(), "question");
    });
}

#[test]
fn after_the_other_end_has_closed_its_writing_side_a_stream_still_writes() {
    run(async || {
        let (stream, peer) = connected(|mut socket| {
            socket.write_all(b"all I have").unwrap();
            socket.shutdown(Shutdown::Write).unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).unwrap();
            answer
        })
        .await;
        assert_eq!(read_to_end(&stream).await.unwrap(), b"all I have");
        for _ in 0..1000 {
            stream.write_all(b"yes ").await.unwrap();
            turns(1).await;
        }
        drop(stream);
        assert_eq!(peer.join().unwrap(), "yes ".repeat(1000));
    });
}

#[test]
fn the_end_of_a_stream_is_read_again_and_again() {
    run(async || {
        let (stream, peer) = connected(drop).await;
        peer.join().unwrap();
        for _ in 0..3 {
            assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
        }
    });
}

#[test]
fn an_end_that_comes_together_with_the_last_bytes_is_not_missed() {
    // A short read lets the next one wait for an event; the end has had its event already.
    for round in 0..200 {
        run(move || async move {
            let (stream, peer) = connected(|mut socket| socket.write_all(b"last words").unwrap()).await;
            if round % 2 == 0 {
                peer.join().unwrap();
                sleep(MS).await; // both are there before the first read
            }
            assert_eq!(read_to_end(&stream).await.unwrap(), b"last words");
        });
    }
}

#[test]
fn a_read_that_ends_too_early_says_how_far_it_came() {
    run(async || {
        let (stream, peer) = connected(|mut socket| socket.write_all(b"123").unwrap()).await;
        let mut buf = [0; 8];
        let error = stream.read_exact(&mut buf).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert!(error.to_string().contains("3 of 8"), "{error}");
        assert_eq!(&buf, b"123\0\0\0\0\0");
        peer.join().unwrap();
    });
}

#[test]
fn an_empty_buffer_reads_and_writes_nothing_and_waits_for_nothing() {
    run(async || {
        let (stream, peer) = connected(|mut socket| {
            let mut buf = [0; 1];
            socket.read_exact(&mut buf).unwrap(); // nothing is sent before this came
            socket.write_all(b"x").unwrap();
        })
        .await;
        let limit = Duration::from_secs(5);
        assert_eq!(timeout(limit, stream.write(&[])).await.expect("a write waited").unwrap(), 0);
        assert_eq!(timeout(limit, stream.read(&mut [])).await.expect("a read waited").unwrap(), 0);
        stream.read_exact(&mut []).await.unwrap();
        stream.write_all(b"x").await.unwrap();
        assert_eq!(read_to_end(&stream).await.unwrap(), b"x");
        peer.join().unwrap();
    });
}

#[test]
fn a_connection_begun_in_one_block_on_goes_on_in_the_next() {
    ends(|| {
        let runtime = shirr::Runtime::new().unwrap();
        let (addr, peer) = peer(|socket| io::copy(&mut &socket, &mut &socket).unwrap());
        let stream = runtime.block_on(TcpStream::connect(addr)).unwrap();
        let trace = Trace::default();
        for word in ["one", "two", "three"] {
            runtime.block_on(stream.write_all(word.as_bytes())).unwrap();
            let mut buf = vec![0; word.len()];
            runtime.block_on(stream.read_exact(&mut buf)).unwrap();
            trace.note(String::from_utf8(buf).unwrap());
        }
        drop(stream);
        assert_eq!((peer.join().unwrap(), runtime.metrics().sources), (11, 0));
        assert_eq!(trace.take(), ["one", "two", "three"]);
    });
}

#[test]
fn a_hundred_echoes_on_one_thread_keep_their_words_apart() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let server = spawn(async move {
            for _ in 0..100 {
                let (stream, _) = listener.accept().await.unwrap();
                drop(spawn(async move {
                    let bytes = read_to_end(&stream).await.unwrap();
                    stream.write_all(&bytes).await.unwrap();
                }));
            }
        });
        let client = |i: u64| async move {
            let stream = TcpStream::connect(addr).await.unwrap();
            let bytes = pattern(100 * i as usize, i);
            stream.write_all(&bytes).await.unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            assert!(read_to_end(&stream).await.unwrap() == bytes);
        };
        gather((0..100).map(client)).await;
        server.await.unwrap();
        turns(3).await;
        assert_eq!(registered(), (0, 0));
    });
}
