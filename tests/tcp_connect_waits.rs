//! Connections that take their time. On the loopback interface they are made at once, but
//! for one that finds the listener's queue full: Linux leaves it unanswered, and it knocks
//! again after a second. So what waits here waits for that second, in real time.
#![cfg(target_os = "linux")]

mod common;

use common::{begin, registered, run};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::timeout;
use socket2::{Domain, Socket, Type};
use std::io::{ErrorKind, Read};
use std::net;
use std::time::Duration;

/// For what will not happen by itself.
const SHORT: Duration = Duration::from_millis(20);

/// A listener whose queue is full, with the one connection that fills it.
fn full() -> (net::TcpListener, net::TcpStream) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&"127.0.0.1:0".parse::<net::SocketAddr>().unwrap().into()).unwrap();
    socket.listen(0).unwrap();
    let listener = net::TcpListener::from(socket);
    let first = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (listener, first)
}

#[test]
fn a_connect_given_up_early_leaves_nothing() {
    run(async || {
        let (listener, _first) = full();
        let mut connecting = Box::pin(TcpStream::connect(listener.local_addr().unwrap()));
        assert!(begin(&mut connecting).await.is_pending());
        assert_eq!(registered(), (0, 1));
        drop(connecting);
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn a_connect_that_has_to_wait_in_real_time_ends_when_it_is_let_in() {
    run(async || {
        let (listener, _first) = full();
        let mut connecting = Box::pin(TcpStream::connect(listener.local_addr().unwrap()));
        assert!(begin(&mut connecting).await.is_pending());
        let listener = TcpListener::from_std(listener).unwrap();
        drop(listener.accept().await.unwrap());
        let near = connecting.await.unwrap();
        let (far, from) = listener.accept().await.unwrap();
        assert_eq!(from, near.local_addr().unwrap());
        near.write_all(b"late").await.unwrap();
        let mut bytes = [0; 4];
        far.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"late");
    });
}

#[test]
fn a_connect_that_is_refused_after_some_real_time_is_an_error() {
    run(async || {
        let (listener, _first) = full();
        let mut connecting = Box::pin(TcpStream::connect(listener.local_addr().unwrap()));
        assert!(begin(&mut connecting).await.is_pending());
        drop(listener);
        let error = connecting.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(registered(), (0, 0));
    });
}

/// A connection that waits to be let in, made by other means.
fn begun(to: net::SocketAddr) -> net::TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_nonblocking(true).unwrap();
    assert_eq!(socket.connect(&to.into()).unwrap_err().raw_os_error(), Some(libc::EINPROGRESS));
    socket.into()
}

// Taking the socket for writable before its first event breaks this one and the failing one.
#[test]
fn taken_over_while_it_is_being_made_a_connection_is_writable_when_it_is_there() {
    run(async || {
        let (listener, _first) = full();
        let stream = TcpStream::from_std(begun(listener.local_addr().unwrap())).unwrap();
        assert!(timeout(SHORT, stream.writable()).await.is_err());
        drop(listener.accept().unwrap());
        stream.writable().await.unwrap();
        assert!(stream.take_error().unwrap().is_none());
        assert_eq!(stream.peer_addr().unwrap(), listener.local_addr().unwrap());
    });
}

#[test]
fn taken_over_while_it_is_being_made_a_connection_is_written_to_when_it_is_there() {
    run(async || {
        let (listener, _first) = full();
        let stream = TcpStream::from_std(begun(listener.local_addr().unwrap())).unwrap();
        let mut writing = Box::pin(stream.write_all(b"late"));
        assert!(begin(&mut writing).await.is_pending());
        drop(listener.accept().unwrap());
        writing.await.unwrap();
        let mut bytes = [0; 4];
        listener.accept().unwrap().0.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"late");
    });
}

#[test]
fn taken_over_while_it_is_being_made_a_connection_that_fails_is_writable_and_says_why() {
    run(async || {
        let (listener, _first) = full();
        let stream = TcpStream::from_std(begun(listener.local_addr().unwrap())).unwrap();
        assert!(timeout(SHORT, stream.writable()).await.is_err());
        drop(listener);
        stream.writable().await.unwrap();
        assert_eq!(stream.take_error().unwrap().unwrap().kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn taken_over_unconnected_a_socket_is_not_waited_for_in_vain() {
    run(async || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let stream = TcpStream::from_std(socket.into()).unwrap();
        stream.writable().await.unwrap();
        assert!(stream.write(b"not read").await.is_err());
    });
}
