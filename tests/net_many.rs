//! Connections in large numbers, at once and one after another: everything that was taken is
//! given back, to the last descriptor and the last byte.

#![cfg(unix)]

mod common;
mod heap;

use common::descriptors::{alone, open_descriptors};
use common::peer::pattern;
use common::{ends, registered};
use shirr::net::{TcpListener, TcpStream};
use shirr::{gather, spawn};
use std::rc::Rc;

/// What one thread's runtime holds: descriptors, timers and sources, tasks, bytes.
#[derive(Debug, PartialEq)]
struct Holdings {
    descriptors: usize,
    registered: (usize, usize),
    tasks: usize,
    bytes: isize,
}

/// The bytes are counted last, when those that the others take are given back.
fn holdings() -> Holdings {
    Holdings {
        descriptors: open_descriptors(),
        registered: registered(),
        tasks: shirr::metrics().tasks,
        bytes: heap::counts().live,
    }
}

/// Answers each connection once.
async fn serve(listener: TcpListener) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        drop(spawn(async move {
            let mut word = [0; 8];
            stream.read_exact(&mut word).await.unwrap();
            stream.write_all(&word).await.unwrap();
        }));
    }
}

/// Asks, is answered, and sees the server close, so that its task has ended.
async fn ask(stream: TcpStream, number: usize) {
    let (mut word, sent) = ([0; 8], pattern(8, number as u64));
    stream.write_all(&sent).await.unwrap();
    stream.read_exact(&mut word).await.unwrap();
    assert_eq!(word[..], sent);
    assert_eq!(stream.read(&mut word).await.unwrap(), 0);
}

#[test]
fn three_thousand_connects_and_closes_leave_everything_as_it_was() {
    const AT_ONCE: usize = 50;
    alone("three_thousand_connects_and_closes_leave_everything_as_it_was", 512, || {
        ends(|| {
            shirr::block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let addr = listener.local_addr().unwrap();
                let server = spawn(serve(listener));
                let visit =
                    |number| async move { ask(TcpStream::connect(addr).await.unwrap(), number).await };
                let visits = async |from: usize, to: usize| {
                    for first in (from..to).step_by(AT_ONCE) {
                        gather((first..first + AT_ONCE).map(visit)).await;
                    }
                };
                visits(0, 500).await; // the runtime's tables grow to what so many at once need
                let before = holdings();
                visits(500, 3_500).await;
                assert_eq!(holdings(), before);
                server.abort();
                assert!(server.await.unwrap_err().is_cancelled());
                assert_eq!((registered(), shirr::metrics().tasks), ((0, 0), 1));
            });
        });
    });
}

#[test]
fn both_ends_of_eighteen_hundred_open_connections_each_answer_and_are_closed() {
    const MANY: usize = 1_800;
    alone("both_ends_of_eighteen_hundred_open_connections_each_answer_and_are_closed", 4_096, || {
        ends(|| {
            let before = open_descriptors();
            shirr::block_on(async {
                let listener = Rc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
                let addr = listener.local_addr().unwrap();
                let (mut clients, mut servers) = (Vec::new(), Vec::new());
                for _ in 0..MANY {
                    clients.push(TcpStream::connect(addr).await.unwrap());
                    servers.push(listener.accept().await.unwrap().0);
                }
                drop(listener);
                assert_eq!(registered(), (0, 2 * MANY));
                let answering = servers.into_iter().map(|server| {
                    spawn(async move {
                        let mut word = [0; 8];
                        server.read_exact(&mut word).await.unwrap();
                        server.write_all(&word).await.unwrap();
                    })
                });
                let answering: Vec<_> = answering.collect();
                // In an order of its own: every one of them waits until it is asked.
                let asking = (0..MANY).map(|i| i * 1_009 % MANY).collect::<Vec<_>>();
                let mut clients: Vec<_> = clients.into_iter().map(Some).collect();
                for number in asking {
                    ask(clients[number].take().unwrap(), number).await;
                }
                gather(answering).await.into_iter().for_each(|task| task.unwrap());
                assert_eq!((registered(), shirr::metrics().tasks), ((0, 0), 1));
            });
            assert_eq!(open_descriptors(), before);
        });
    });
}
