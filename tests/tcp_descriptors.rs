//! Sockets as the system counts them: many at once, closed at once, and none left to give.
//!
//! Descriptors belong to the process, so each test runs in one of its own, with a limit to suit.

#![cfg(unix)]

mod common;

use common::descriptors::{alone, open_descriptors};
use common::peer::{pair, pattern};
use common::{begin, ends, registered, run};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::sleep;
use shirr::{gather, spawn, yield_now};
use socket2::SockRef;
use std::io::{Read, Write};
use std::net;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

#[test]
fn a_thousand_connections_at_once_are_all_served_and_all_closed() {
    // More than the reactor takes from the system at one event poll.
    const MANY: usize = 1500;
    alone("a_thousand_connections_at_once_are_all_served_and_all_closed", 4096, || {
        let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
        // A connection that finds no room among the waiting ones tries again a second later.
        SockRef::from(&listener).listen(4096).unwrap();
        let addr = listener.local_addr().unwrap();
        // It answers no client before all are there.
        let server = thread::spawn(move || {
            let mut sockets: Vec<_> = (0..MANY).map(|_| listener.accept().unwrap().0).collect();
            for socket in &mut sockets {
                let mut word = [0; 8];
                socket.read_exact(&mut word).unwrap();
                socket.write_all(&word).unwrap();
            }
        });
        let ask = |(i, stream): (u64, TcpStream)| async move {
            stream.write_all(&pattern(8, i)).await.unwrap();
            let mut word = [0; 8];
            stream.read_exact(&mut word).await.unwrap();
            assert_eq!(word[..], pattern(8, i));
            assert_eq!(stream.read(&mut word).await.unwrap(), 0);
        };
        run(move || async move {
            let before = open_descriptors();
            let connect = |_| async move { TcpStream::connect(addr).await.unwrap() };
            let streams = gather((0..MANY).map(connect)).await;
            assert_eq!(registered(), (0, MANY));
            gather((0..).zip(streams).map(ask)).await;
            assert_eq!((registered(), shirr::metrics().tasks), ((0, 0), 1));
            server.join().unwrap();
            assert!(open_descriptors() < before + 3); // the listener's is gone as well
        });
    });
}

#[test]
fn dropped_in_the_middle_of_a_read_a_stream_closes_its_descriptor_at_once() {
    alone("dropped_in_the_middle_of_a_read_a_stream_closes_its_descriptor_at_once", 256, || {
        run(async || {
            let (stream, mut socket) = pair().await;
            let open = open_descriptors();
            let mut buf = [0; 8];
            let mut reading = Box::pin(async move { stream.read(&mut buf).await.map(|_| ()) });
            assert!(begin(&mut reading).await.is_pending());
            drop(reading);
            assert_eq!((open_descriptors(), registered()), (open - 1, (0, 0)));
            assert_eq!(socket.read(&mut [0; 8]).unwrap(), 0); // the other end sees the close
        });
    });
}

#[test]
fn two_hundred_runtimes_and_connections_one_after_another_leave_no_descriptor() {
    alone("two_hundred_runtimes_and_connections_one_after_another_leave_no_descriptor", 256, || {
        ends(|| {
            let open = open_descriptors();
            for _ in 0..200 {
                shirr::block_on(async {
                    let (stream, mut socket) = pair().await;
                    socket.write_all(b"x").unwrap();
                    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 1);
                });
            }
            assert_eq!(open_descriptors(), open);
        });
    });
}

#[test]
fn out_of_descriptors_accept_rests_and_goes_on_by_itself_once_there_are_some() {
    alone("out_of_descriptors_accept_rests_and_goes_on_by_itself_once_there_are_some", 64, || {
        run(async || {
            let listener = Rc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
            let mut clients = Vec::new();
            while let Ok(client) = TcpStream::connect(listener.local_addr().unwrap()).await {
                clients.push(client);
            }
            // Every descriptor is a client's; the listener has their connections waiting.
            let waiting = clients.len() / 2;
            let accepting = Rc::clone(&listener);
            let server = spawn(async move {
                let mut incoming = accepting.incoming();
                for _ in 0..waiting {
                    incoming.next().await.unwrap().unwrap();
                }
            });
            let polls = shirr::metrics().polls;
            sleep(40 * MS).await;
            yield_now().await; // the third rest may end in the same event poll
            // It rests for 5, 10, 20 and 40 ms, and for longer if this was.
            let most = 4 + 6; // of the server, and of this task
            assert!(shirr::metrics().polls - polls <= most && shirr::metrics().timers == 1);
            clients.truncate(waiting);
            server.await.unwrap();
            drop(clients);
            assert_eq!(registered(), (0, 1));
        });
    });
}

#[test]
fn out_of_descriptors_a_runtime_cannot_be_made_and_says_so() {
    alone("out_of_descriptors_a_runtime_cannot_be_made_and_says_so", 64, || {
        let mut open = Vec::new();
        while let Ok(file) = std::fs::File::open("/dev/null") {
            open.push(file);
        }
        assert!(shirr::Runtime::new().is_err());
        // All but a few are free again: so is the number that the runtime would have had.
        open.clear();
        assert_eq!(shirr::block_on(async { 1 }), 1);
    });
}
