//! Peers that misbehave: reset at every stage, fall silent, or stop reading.
//!
//! A reset is made as the system makes one: a socket is closed that may not linger.

mod common;

use common::peer::{Closed, connected, pair, read_to_end};
use common::{begin, paused, registered, run, turns};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{advance, sleep, timeout};
use shirr::{gather, spawn};
use socket2::SockRef;
use std::cell::Cell;
use std::io::{ErrorKind, Read, Write};
use std::net;
use std::rc::Rc;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// For a peer that will never answer.
const SHORT: Duration = Duration::from_millis(20);

/// Far more than both ends' buffers in the kernel can hold.
const MUCH: usize = 64 << 20;

/// Closes the connection so that the other end gets a reset, at once.
fn reset(socket: net::TcpStream) {
    SockRef::from(&socket).set_linger(Some(Duration::ZERO)).unwrap();
    drop(socket);
}

/// What a connection says that was torn down.
fn is_cut(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted)
}

#[test]
fn reset_before_they_are_accepted_peers_do_not_keep_the_listener_from_the_next() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        (0..5).for_each(|_| reset(net::TcpStream::connect(addr).unwrap()));
        let good = TcpStream::connect(addr).await.unwrap();
        // The system may hand out those that are gone: then it is their first read that fails.
        loop {
            let (stream, from) = listener.accept().await.unwrap();
            if from == good.local_addr().unwrap() {
                stream.write_all(b"welcome").await.unwrap();
                break;
            }
            assert!(is_cut(stream.read(&mut [0; 8]).await.unwrap_err().kind()));
        }
        assert_eq!(read_to_end(&good).await.unwrap(), b"welcome");
        drop((listener, good));
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn reset_after_it_was_accepted_and_before_its_first_byte_a_peer_ends_the_first_read() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let reading = spawn(async move { stream.read(&mut [0; 8]).await });
        turns(3).await;
        assert!(!reading.is_finished());
        reset(peer);
        assert_eq!(reading.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(registered(), (0, 1)); // the listener
    });
}

#[test]
fn reset_in_the_middle_of_a_message_a_peer_ends_read_exact_with_the_reset_and_not_the_end() {
    run(async || {
        let (stream, mut peer) = pair().await;
        peer.write_all(b"abc").unwrap();
        let mut buf = [0; 8];
        let mut reading = Box::pin(stream.read_exact(&mut buf));
        assert!(begin(&mut reading).await.is_pending());
        sleep(5 * MS).await; // by now the reactor knows of the bytes
        assert!(begin(&mut reading).await.is_pending()); // which a reset would throw away
        reset(peer);
        assert_eq!(reading.await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(&buf[..4], b"abc\0");
        drop(stream);
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn reset_in_the_middle_of_a_large_write_a_peer_ends_it_with_an_error() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let writing = spawn(async move { stream.write_all(&vec![7; MUCH]).await });
        sleep(5 * MS).await;
        peer.read_exact(&mut vec![0; 1 << 20]).unwrap();
        sleep(5 * MS).await;
        assert!(!writing.is_finished(), "the kernel took {MUCH} bytes that are not read");
        reset(peer);
        assert!(is_cut(writing.await.unwrap().unwrap_err().kind()));
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn a_reset_ends_each_of_many_waiting_readers_and_writers_of_one_socket() {
    run(async || {
        let (stream, peer) = pair().await;
        let stream = Rc::new(stream);
        // Fill the kernel's buffers, so that writers wait as well.
        let filler = Rc::clone(&stream);
        let filling = spawn(async move { filler.write_all(&vec![7; MUCH]).await });
        let mut waiting = Vec::new();
        for _ in 0..5 {
            let (reader, writer) = (Rc::clone(&stream), Rc::clone(&stream));
            waiting.push(spawn(async move { reader.read(&mut [0; 8]).await }));
            waiting.push(spawn(async move { writer.write(&[7]).await }));
        }
        sleep(5 * MS).await;
        assert!(!filling.is_finished() && !waiting.iter().any(|task| task.is_finished()));
        reset(peer);
        assert!(filling.await.unwrap().is_err());
        for task in waiting {
            // The first try gets the reset, the others get the end.
            assert!(task.await.unwrap().map_or_else(|error| is_cut(error.kind()), |n| n == 0));
        }
        drop(stream);
        assert_eq!((registered(), shirr::metrics().tasks), ((0, 0), 1));
    });
}

#[test]
fn refused_reset_and_good_peers_together_are_each_told_apart() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (good, closed) = (listener.local_addr().unwrap(), Closed::new());
        // Every second connection is torn down by the server.
        let server = spawn(async move {
            for number in 0..20 {
                let (stream, _) = listener.accept().await.unwrap();
                stream.read_exact(&mut [0; 4]).await.unwrap();
                if number % 2 == 0 {
                    stream.write_all(b"fine").await.unwrap();
                    continue;
                }
                stream.write_all(b"fi").await.unwrap();
                sleep(MS).await;
                stream.read(&mut [0]).await.unwrap(); // the rest is unread, which is a reset
            }
        });
        let ask = |addr| async move {
            let stream = TcpStream::connect(addr).await?;
            stream.write_all(b"ask, at length").await?;
            let mut answer = [0; 4];
            stream.read_exact(&mut answer).await.map(|()| answer)
        };
        let answers = gather((0..30).map(|i| ask(if i % 3 == 0 { closed.addr } else { good }))).await;
        server.await.unwrap();
        let count = |kinds: &dyn Fn(ErrorKind) -> bool| {
            answers.iter().filter(|answer| answer.as_ref().is_err_and(|error| kinds(error.kind()))).count()
        };
        assert_eq!(count(&|kind| kind == ErrorKind::ConnectionRefused), 10);
        assert!(answers.iter().flatten().all(|answer| answer == b"fine"));
        // A reset may overtake an answer that was written whole.
        assert!(count(&is_cut) >= 10, "{answers:?}");
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn a_timeout_ends_the_read_from_a_peer_that_never_answers_and_the_socket_goes_on() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let mut buf = [0; 8];
        for _ in 0..3 {
            assert!(timeout(SHORT, stream.read(&mut buf)).await.is_err());
            assert_eq!(registered(), (0, 1)); // no timer is left, nor a waiter
        }
        peer.write_all(b"at last").unwrap();
        assert_eq!(stream.read(&mut buf).await.unwrap(), 7);
        stream.write_all(b"thanks").await.unwrap();
        let mut thanks = [0; 6];
        peer.read_exact(&mut thanks).unwrap();
        assert_eq!(&thanks, b"thanks");
        drop(stream);
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn a_timeout_ends_the_wait_for_a_server_that_never_accepts() {
    run(async || {
        // The kernel completes the connection; no server accepts it.
        let silent = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(silent.local_addr().unwrap()).await.unwrap();
        stream.write_all(b"is this read?").await.unwrap();
        assert!(timeout(SHORT, stream.read(&mut [0; 8])).await.is_err());
        drop(stream);
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn a_timeout_ends_the_write_to_a_peer_that_has_stopped_reading() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let much = vec![7; MUCH];
        let written = Cell::new(0);
        let writing = async {
            while written.get() < MUCH {
                written.set(written.get() + stream.write(&much[written.get()..]).await.unwrap());
            }
        };
        assert!(timeout(SHORT, writing).await.is_err());
        assert_eq!(registered(), (0, 1));
        drop(stream);
        assert_eq!(registered(), (0, 0));
        // `write` is cancel safe: what was counted has arrived, and nothing else.
        let mut got = Vec::new();
        peer.read_to_end(&mut got).unwrap();
        assert_eq!(got.len(), written.get());
    });
}

#[test]
fn a_server_with_timeouts_sheds_its_half_open_peers_and_serves_the_others() {
    const SILENT: usize = 50;
    const PATIENCE: Duration = Duration::from_secs(30);
    paused(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let silent: Vec<_> = (0..SILENT).map(|_| net::TcpStream::connect(addr).unwrap()).collect();
        let asking = spawn(async move {
            let stream = TcpStream::connect(addr).await?;
            stream.write_all(b"ask").await?;
            read_to_end(&stream).await
        });
        let serve = |stream: TcpStream| async move {
            let mut buf = [0; 3];
            timeout(PATIENCE, stream.read_exact(&mut buf)).await.ok()?.ok()?;
            stream.write_all(b"answer").await.ok()
        };
        let mut serving = Vec::new();
        for _ in 0..=SILENT {
            serving.push(spawn(serve(listener.accept().await.unwrap().0)));
        }
        assert_eq!(asking.await.unwrap().unwrap(), b"answer");
        assert_eq!(registered(), (SILENT, SILENT + 1));
        advance(PATIENCE).await;
        let mut shed = 0;
        for task in serving {
            shed += usize::from(task.await.unwrap().is_none());
        }
        assert_eq!((shed, registered()), (SILENT, (0, 1)));
        // The silent ones see that no task waits for them any more.
        for mut peer in silent {
            assert_eq!(peer.read(&mut [0; 8]).unwrap(), 0);
        }
    });
}

#[test]
fn a_connection_that_is_never_completed_is_given_up_by_a_timeout() {
    run(async || {
        // A backlog that is full: the kernel leaves further connections unanswered.
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        socket.listen(1).unwrap();
        let addr = socket.local_addr().unwrap().as_socket().unwrap();
        let mut connected = Vec::new();
        while let Ok(stream) = timeout(SHORT, TcpStream::connect(addr)).await {
            connected.push(stream.unwrap());
            assert!(connected.len() < 100, "a backlog of one is never full");
        }
        assert_eq!(registered(), (0, connected.len())); // the attempt's socket is closed
    });
}

#[test]
fn a_peer_that_closes_its_half_is_still_written_to() {
    run(async || {
        let (stream, thread) = connected(|mut socket| {
            socket.write_all(b"that was all").unwrap();
            socket.shutdown(net::Shutdown::Write).unwrap();
            let mut got = Vec::new();
            socket.read_to_end(&mut got).unwrap();
            got.len()
        })
        .await;
        assert_eq!(read_to_end(&stream).await.unwrap(), b"that was all");
        stream.write_all(&vec![7; 1 << 20]).await.unwrap();
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0); // each read gets the end
        drop(stream);
        assert_eq!(thread.join().unwrap(), 1 << 20);
    });
}
