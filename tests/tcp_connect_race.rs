//! Several addresses for one connection: which are tried when, and what is left of the others.
//!
//! The clock is paused, so that a quarter of a second passes when the test says so. What an
//! attempt is, the kernel is asked: a socket that has sent its SYN and has no answer.
#![cfg(target_os = "linux")]

mod common;

use common::peer::Closed;
use common::{paused, registered};
use shirr::net::TcpStream;
use shirr::spawn;
use shirr::time::{advance, now, timeout};
use socket2::{Domain, Socket, Type};
use std::fs;
use std::io::{self, ErrorKind};
use std::net::{self, Ipv4Addr, SocketAddr};
use std::time::Duration;

const DELAY: Duration = Duration::from_millis(250);
const INSTANT: Duration = Duration::from_nanos(1);

/// A listener that swallows every further attempt, since its queue is full, and what fills it.
struct Hole {
    addr: SocketAddr,
    filled: (net::TcpListener, net::TcpStream),
}

impl Hole {
    fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        socket.listen(0).unwrap();
        let listener = net::TcpListener::from(socket);
        let addr = listener.local_addr().unwrap();
        let first = net::TcpStream::connect(addr).unwrap();
        Self { addr, filled: (listener, first) }
    }

    /// Whether an attempt is under way to it.
    fn is_tried(&self) -> bool {
        // The other end's port is followed by the state; 02 is SYN-SENT. There may be
        // thousands of lines, of connections that were closed lately.
        let tried = format!(":{:04X} 02 ", self.addr.port());
        fs::read_to_string("/proc/self/net/tcp").unwrap().contains(&tried)
    }
}

/// A listener that accepts each connection.
fn open() -> (net::TcpListener, SocketAddr) {
    let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let addr = listener.local_addr().unwrap();
    (listener, addr)
}

/// Whether a connection has come to it.
fn was_tried(listener: &net::TcpListener) -> bool {
    listener.accept().is_ok()
}

/// With which kind of error one address alone fails.
async fn kind_of(addr: SocketAddr) -> ErrorKind {
    TcpStream::connect(addr).await.unwrap_err().kind()
}

#[test]
fn an_address_that_is_silent_for_250_ms_has_the_next_one_tried_beside_it() {
    paused(async || {
        let (holes, (last, answers)) = ([Hole::new(), Hole::new(), Hole::new()], open());
        let tried = || holes.each_ref().map(Hole::is_tried);
        let mut addrs = holes.each_ref().map(|hole| hole.addr).to_vec();
        addrs.push(answers);
        let connecting = spawn(TcpStream::connect(addrs));
        advance(DELAY - INSTANT).await;
        assert_eq!((tried(), registered()), ([true, false, false], (1, 1)));
        advance(INSTANT).await;
        assert_eq!((tried(), registered()), ([true, true, false], (1, 2)));
        advance(DELAY - INSTANT).await;
        assert_eq!((tried(), registered()), ([true, true, false], (1, 2)));
        advance(INSTANT).await;
        assert_eq!((tried(), registered()), ([true, true, true], (1, 3)));
        assert!(!connecting.is_finished() && !was_tried(&last));
        advance(DELAY).await;
        let stream = connecting.await.unwrap().unwrap();
        assert_eq!(stream.peer_addr().unwrap(), answers);
        assert!(was_tried(&last));
        // The losers are closed, and no timer is left.
        assert_eq!((tried(), registered()), ([false; 3], (0, 1)));
    });
}

#[test]
fn an_address_that_answers_leaves_the_next_ones_alone() {
    paused(async || {
        let ((first, answers), (second, other)) = (open(), open());
        let start = now();
        let stream = TcpStream::connect([answers, other]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), answers);
        advance(DELAY * 10).await;
        assert_eq!((was_tried(&first), was_tried(&second)), (true, false));
        assert_eq!(now() - start, DELAY * 10);
        assert_eq!(registered(), (0, 1));
    });
}

#[test]
fn an_address_that_answers_beside_a_silent_one_ends_that_and_leaves_the_next_ones_alone() {
    paused(async || {
        let (hole, (middle, answers), (last, other)) = (Hole::new(), open(), open());
        let connecting = spawn(TcpStream::connect([hole.addr, answers, other]));
        advance(DELAY).await;
        let stream = connecting.await.unwrap().unwrap();
        assert_eq!(stream.peer_addr().unwrap(), answers);
        assert_eq!((hole.is_tried(), registered()), (false, (0, 1)));
        advance(DELAY * 10).await;
        assert_eq!((was_tried(&middle), was_tried(&last)), (true, false));
    });
}

#[test]
fn an_address_that_fails_has_the_next_one_tried_at_once() {
    paused(async || {
        let (closed, (listener, answers), hole) = ([Closed::new(), Closed::new()], open(), Hole::new());
        let start = now();
        // By themselves, and beside one that is silent.
        let addrs = [closed[0].addr, closed[1].addr, answers];
        drop(TcpStream::connect(addrs).await.unwrap());
        assert!(was_tried(&listener));
        assert_eq!(now(), start);
        let connecting = spawn(TcpStream::connect([hole.addr, closed[0].addr, closed[1].addr, answers]));
        advance(DELAY).await;
        let stream = connecting.await.unwrap().unwrap();
        assert_eq!(stream.peer_addr().unwrap(), answers);
        assert_eq!((now() - start, registered()), (DELAY, (0, 1)));
    });
}

#[test]
fn a_connect_given_up_early_closes_every_attempt() {
    paused(async || {
        let holes = [Hole::new(), Hole::new(), Hole::new()];
        let addrs = holes.each_ref().map(|hole| hole.addr);
        let connecting = spawn(async move { TcpStream::connect(addrs).await });
        advance(DELAY).await;
        assert_eq!(registered(), (1, 2));
        connecting.abort();
        assert!(connecting.await.unwrap_err().is_cancelled());
        assert_eq!(registered(), (0, 0));
        assert_eq!(holes.each_ref().map(Hole::is_tried), [false; 3]);
    });
}

#[test]
fn a_timeout_around_a_connect_is_its_limit_and_an_error_of_that_kind() {
    paused(async || {
        let holes = [Hole::new(), Hole::new()];
        let addrs = holes.each_ref().map(|hole| hole.addr);
        let connect = async move {
            let stream = timeout(DELAY * 4, TcpStream::connect(addrs)).await??;
            Ok::<_, io::Error>(stream.peer_addr())
        };
        let connecting = spawn(connect);
        advance(DELAY * 4 - INSTANT).await;
        assert_eq!(registered(), (1, 2));
        advance(INSTANT).await;
        assert_eq!(connecting.await.unwrap().unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(registered(), (0, 0));
        assert_eq!(holes.each_ref().map(Hole::is_tried), [false; 2]);
    });
}

#[test]
fn the_error_lists_the_addresses_in_order_and_a_refusal_gives_its_kind() {
    paused(async || {
        let closed = [Closed::new(), Closed::new()];
        // No connection goes to all hosts, nor to a neighbour on no link in particular, which
        // the kernel says at once.
        let broadcast = SocketAddr::from((Ipv4Addr::BROADCAST, 1));
        let neighbour = "[fe80::1]:1".parse().unwrap();
        let [far, near] = [kind_of(broadcast).await, kind_of(neighbour).await];
        assert!(far != near && ![far, near].contains(&ErrorKind::ConnectionRefused), "{far:?} {near:?}");
        let lists = [
            (vec![closed[1].addr, broadcast, closed[0].addr], ErrorKind::ConnectionRefused),
            (vec![broadcast, closed[0].addr], ErrorKind::ConnectionRefused),
            (vec![broadcast, neighbour], far),
            (vec![neighbour, broadcast], near),
        ];
        for (addrs, kind) in lists {
            let error = TcpStream::connect(&addrs).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{addrs:?}");
            let text = error.to_string();
            let tried = text.strip_prefix("cannot connect to ").unwrap().split(", ");
            let tried: Vec<_> = tried.map(|each| each.split_once(": ").unwrap().0.to_owned()).collect();
            assert_eq!(tried, addrs.iter().map(SocketAddr::to_string).collect::<Vec<_>>());
        }
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn a_late_answer_wins_over_the_silence_of_the_next_in_real_time() {
    paused(async || {
        let (first, second) = (Hole::new(), Hole::new());
        let connecting = spawn(TcpStream::connect([first.addr, second.addr]));
        advance(DELAY).await;
        assert!(first.is_tried() && second.is_tried());
        drop(first.filled.0.accept().unwrap()); // there is room, and the kernel knocks again
        let stream = connecting.await.unwrap().unwrap();
        assert_eq!(stream.peer_addr().unwrap(), first.addr);
        assert!(!second.is_tried());
        assert_eq!(registered(), (0, 1));
    });
}

#[test]
fn a_late_failure_has_the_next_one_tried_at_once_in_real_time() {
    paused(async || {
        let (first, second, (_listener, answers)) = (Hole::new(), Hole::new(), open());
        let connecting = spawn(TcpStream::connect([first.addr, second.addr, answers]));
        advance(DELAY).await;
        assert!(first.is_tried() && second.is_tried());
        let start = now();
        drop(first); // it refuses from now on, and the kernel knocks again
        let stream = connecting.await.unwrap().unwrap();
        assert_eq!(stream.peer_addr().unwrap(), answers);
        assert_eq!((now(), registered()), (start, (0, 1)));
        assert!(!second.is_tried());
    });
}
