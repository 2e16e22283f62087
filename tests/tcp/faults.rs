//! TCP when things go wrong: refused, reset, cut off, used where it cannot work.

use crate::common::peer::{Closed, connected, pair, peer, read_to_end};
use crate::common::{begin, ends, registered, run, turns};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::sleep;
use shirr::{Runtime, gather, spawn};
use std::io::{ErrorKind, Read, Write};
use std::net::{self, Shutdown};
use std::rc::Rc;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// What a connection says whose other end was torn down.
fn is_cut(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted)
}

#[test]
fn a_dropped_listener_ends_no_wait_but_its_own() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let waiting = spawn(async move { listener.accept().await.map(|_| ()) });
        turns(2).await;
        assert_eq!(registered(), (0, 1));
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        assert_eq!(registered(), (0, 0));
    });
}

/// A stream whose other end goes away with bytes unread, which is a reset.
async fn with_reset_to_come() -> (TcpStream, impl FnOnce()) {
    let (stream, mut socket) = pair().await;
    stream.write_all(b"never read whole").await.unwrap();
    socket.read_exact(&mut [0]).unwrap(); // the rest has arrived too
    (stream, move || drop(socket))
}

#[test]
fn a_reset_ends_a_read_that_waits() {
    run(async || {
        let (stream, reset) = with_reset_to_come().await;
        let reading = spawn(async move { stream.read(&mut [0; 8]).await });
        turns(2).await;
        reset();
        assert!(is_cut(reading.await.unwrap().unwrap_err().kind()));
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn a_reset_that_came_before_is_met_by_the_next_operation() {
    run(async || {
        let (stream, reset) = with_reset_to_come().await;
        reset();
        sleep(2 * MS).await;
        assert!(is_cut(stream.read(&mut [0; 8]).await.unwrap_err().kind()));
        assert!(is_cut(stream.write_all(&[0; 1 << 16]).await.unwrap_err().kind()));
    });
}

#[test]
fn a_reset_ends_a_write_that_waits_and_a_read_beside_it() {
    run(async || {
        let (stream, socket) = pair().await;
        let stream = Rc::new(stream);
        let (writer, reader) = (Rc::clone(&stream), Rc::clone(&stream));
        let writing = spawn(async move { writer.write_all(&vec![1; 32 << 20]).await });
        let reading = spawn(async move { reader.read(&mut [0; 8]).await });
        sleep(5 * MS).await;
        assert!(!writing.is_finished() && !reading.is_finished());
        drop(socket); // with megabytes unread
        assert!(is_cut(writing.await.unwrap().unwrap_err().kind()));
        // The kernel reports the error once; the second call may get the end instead.
        let read = reading.await.unwrap();
        assert!(read.is_err() || read.is_ok_and(|n| n == 0));
    });
}

#[test]
fn writing_to_an_end_that_is_gone_is_an_error_in_the_end() {
    run(async || {
        let (stream, thread) = connected(drop).await;
        thread.join().unwrap();
        let error = loop {
            if let Err(error) = stream.write_all(b"is this read?").await {
                break error;
            }
            sleep(MS).await;
        };
        assert!(is_cut(error.kind()), "{error}");
    });
}

#[test]
fn after_a_shutdown_of_both_directions_nothing_hangs() {
    run(async || {
        let (stream, mut socket) = pair().await;
        stream.shutdown(Shutdown::Both).unwrap();
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
        assert!(is_cut(stream.write_all(b"x").await.unwrap_err().kind()));
        assert_eq!(socket.read(&mut [0; 8]).unwrap(), 0);
    });
}

#[test]
fn shutting_down_under_a_waiting_read_ends_it() {
    run(async || {
        let (stream, _socket) = pair().await;
        let stream = Rc::new(stream);
        let reader = Rc::clone(&stream);
        let reading = spawn(async move { reader.read(&mut [0; 8]).await });
        turns(2).await;
        stream.shutdown(Shutdown::Read).unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), 0);
    });
}

#[test]
fn connections_closed_before_they_are_accepted_do_not_stop_the_listener() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        (0..3).for_each(|_| drop(net::TcpStream::connect(addr).unwrap()));
        let mut last = net::TcpStream::connect(addr).unwrap();
        last.write_all(b"last").unwrap();
        drop(last);
        // The system may or may not hand out those that are gone.
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            if read_to_end(&stream).await.unwrap() == b"last" {
                break;
            }
        }
    });
}

#[test]
fn one_bad_connection_of_many_harms_no_other() {
    run(async || {
        let (good, thread) = peer(|mut socket| socket.write_all(b"good").unwrap());
        let closed = Closed::new();
        let addrs = [closed.addr, good, closed.addr];
        let fetch = |addr| async move { read_to_end(&TcpStream::connect(addr).await?).await };
        let answers = gather(addrs.map(fetch)).await;
        let answers: Vec<_> = answers.into_iter().map(|answer| answer.map_err(|e| e.kind())).collect();
        let refused = Err(ErrorKind::ConnectionRefused);
        assert_eq!(answers, [refused.clone(), Ok(b"good".to_vec()), refused]);
        thread.join().unwrap();
    });
}

#[test]
fn a_panicking_task_leaves_no_socket_registered() {
    run(async || {
        let (stream, _socket) = pair().await;
        let task = spawn(async move {
            let mut buf = [0; 8];
            let mut read = Box::pin(stream.read(&mut buf));
            assert!(begin(&mut read).await.is_pending());
            panic!("beside a socket");
        });
        assert!(task.await.unwrap_err().is_panic());
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn awaited_in_another_runtime_a_socket_says_where_it_belongs() {
    ends(|| {
        let (home, other) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let (stream, mut socket) = home.block_on(pair());
        let error = other.block_on(stream.read(&mut [0; 8])).unwrap_err();
        assert!(error.to_string().contains("outside the runtime in which it was opened"), "{error}");
        // In its own runtime it works as before.
        socket.write_all(b"home").unwrap();
        assert_eq!(home.block_on(stream.read(&mut [0; 8])).unwrap(), 4);
    });
}

#[test]
fn after_the_end_of_its_runtime_a_socket_says_so_and_is_dropped_without_harm() {
    ends(|| {
        let gone = Runtime::new().unwrap();
        let (stream, mut socket) = gone.block_on(pair());
        let listener = gone.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        drop(gone);
        let later = Runtime::new().unwrap();
        for error in [
            later.block_on(stream.read(&mut [0; 8])).unwrap_err(),
            later.block_on(listener.accept()).map(|_| ()).unwrap_err(),
        ] {
            assert!(error.to_string().contains("while the runtime lives"), "{error}");
        }
        drop((stream, listener));
        assert_eq!(socket.read(&mut [0; 8]).unwrap(), 0);
        assert_eq!(later.metrics().sources, 0);
    });
}

#[test]
fn a_runtime_dropped_under_waiting_sockets_closes_them() {
    ends(|| {
        let runtime = Runtime::new().unwrap();
        let mut socket = runtime.block_on(async {
            let (stream, socket) = pair().await;
            drop(spawn(async move { stream.read(&mut [0; 8]).await }));
            turns(2).await;
            socket
        });
        assert_eq!(runtime.metrics().sources, 1);
        drop(runtime);
        assert_eq!(socket.read(&mut [0; 8]).unwrap(), 0);
    });
}

/// A read ends at the place of an urgent byte, whatever lies behind it.
#[cfg(target_os = "linux")]
#[test]
fn bytes_behind_an_urgent_one_are_read_without_waiting_for_more() {
    run(async || {
        let (stream, mut peer) = pair().await;
        for _ in 0..2 {
            peer.write_all(b"in front").unwrap();
            socket2::SockRef::from(&peer).send_out_of_band(b"!").unwrap();
            peer.write_all(b"behind").unwrap();
            let mut buf = [0; 64];
            assert_eq!(stream.read(&mut buf).await.unwrap(), 8);
            assert_eq!(stream.read(&mut buf).await.unwrap(), 6);
        }
    });
}
