//! Opening sockets: connect and bind, to every kind of address, and how they fail.

use crate::common::peer::{Closed, peer, read_to_end};
use crate::common::{panic_text, poll_once, registered, run};
use shirr::net::{TcpListener, TcpStream};
use std::io::ErrorKind;
use std::net::{self, IpAddr, Ipv4Addr, SocketAddrV4};

#[test]
fn both_ends_know_their_addresses_and_the_delay_can_be_switched_off() {
    run(async || {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let client = TcpStream::connect(addr).await.unwrap();
        let (server, from) = listener.accept().await.unwrap();
        assert_eq!((client.peer_addr().unwrap(), client.local_addr().unwrap()), (addr, from));
        assert_eq!((server.local_addr().unwrap(), server.peer_addr().unwrap()), (addr, from));
        for stream in [&client, &server] {
            assert!(!stream.nodelay().unwrap());
            stream.set_nodelay(true).unwrap();
            assert!(stream.nodelay().unwrap());
        }
    });
}

#[test]
fn every_kind_of_address_connects() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (port, text) = (addr.port(), addr.to_string());
        let v4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        drop(TcpStream::connect(addr).await.unwrap());
        drop(TcpStream::connect(v4).await.unwrap());
        drop(TcpStream::connect(text.as_str()).await.unwrap());
        drop(TcpStream::connect(&text).await.unwrap());
        drop(TcpStream::connect(text).await.unwrap());
        drop(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
        drop(TcpStream::connect(("127.0.0.1".to_owned(), port)).await.unwrap());
        drop(TcpStream::connect((IpAddr::from(Ipv4Addr::LOCALHOST), port)).await.unwrap());
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap());
        drop(TcpStream::connect(&[addr][..]).await.unwrap());
        drop(TcpStream::connect(vec![addr]).await.unwrap());
        for _ in 0..11 {
            let (stream, _) = listener.accept().await.unwrap();
            assert!(read_to_end(&stream).await.unwrap().is_empty());
        }
        assert_eq!(registered(), (0, 1));
    });
}

#[test]
fn ipv6_serves_where_the_machine_has_it() {
    // Asked of `std`, so that only a machine without it may pass untested.
    if net::TcpListener::bind("[::1]:0").is_err() {
        return println!("no IPv6 loopback on this machine");
    }
    run(async || {
        let listener = TcpListener::bind("[::1]:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let client = TcpStream::connect(("::1", addr.port())).await.unwrap();
        let (server, from) = listener.accept().await.unwrap();
        assert!(addr.is_ipv6() && from == client.local_addr().unwrap());
        client.write_all(b"six").await.unwrap();
        drop(client);
        assert_eq!(read_to_end(&server).await.unwrap(), b"six");
    });
}

#[test]
fn a_refused_connection_is_an_error_that_names_the_address() {
    run(async || {
        let closed = Closed::new();
        let error = TcpStream::connect(closed.addr).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(error.to_string().starts_with(&format!("cannot connect to {}: ", closed.addr)), "{error}");
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn of_several_addresses_the_first_that_answers_is_used() {
    run(async || {
        let (closed, (open, thread)) = (Closed::new(), peer(drop));
        let stream = TcpStream::connect(&[closed.addr, open, closed.addr][..]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), open);
        thread.join().unwrap();
        drop(stream);
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn when_no_address_answers_the_error_lists_each_with_its_own() {
    run(async || {
        let closed = [Closed::new(), Closed::new(), Closed::new()];
        let addrs = closed.each_ref().map(|closed| closed.addr);
        let error = TcpStream::connect(&addrs[..]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        let text = error.to_string();
        assert!(addrs.iter().all(|addr| text.contains(&format!("{addr}: "))), "{text}");
        assert_eq!(text.matches("refused").count(), 3, "{text}");
    });
}

#[test]
fn no_address_at_all_is_an_error_that_says_so() {
    run(async || {
        let connect = TcpStream::connect(vec![]).await.unwrap_err();
        let bind = TcpListener::bind(vec![]).await.unwrap_err();
        assert_eq!((connect.kind(), bind.kind()), (ErrorKind::InvalidInput, ErrorKind::InvalidInput));
        assert!(connect.to_string().contains("no address"), "{connect}");
        assert!(bind.to_string().contains("no address"), "{bind}");
    });
}

#[test]
fn a_port_in_use_cannot_be_bound_and_the_error_names_it() {
    run(async || {
        let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = first.local_addr().unwrap();
        let error = TcpListener::bind(addr).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert!(error.to_string().starts_with(&format!("cannot bind {addr}: ")), "{error}");
        // The next of several is taken instead.
        let second = TcpListener::bind(&[addr, "127.0.0.1:0".parse().unwrap()][..]).await.unwrap();
        assert_ne!(second.local_addr().unwrap(), addr);
    });
}

#[test]
fn a_dropped_listener_frees_its_port_although_connections_of_it_live() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let client = TcpStream::connect(addr).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        drop(listener);
        assert_eq!(TcpStream::connect(addr).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        drop(TcpListener::bind(addr).await.unwrap());
        client.write_all(b"still here").await.unwrap();
        drop(client);
        assert_eq!(read_to_end(&server).await.unwrap(), b"still here");
    });
}

#[test]
fn outside_a_runtime_opening_a_socket_panics_with_the_line_that_mends_it() {
    let addr = Closed::new().addr; // nothing is sent there
    let connect = panic_text(|| poll_once(&mut Box::pin(TcpStream::connect(addr))));
    assert!(connect.contains("TcpStream") && connect.contains("shirr::block_on(async"), "{connect}");
    let bind = panic_text(|| poll_once(&mut Box::pin(TcpListener::bind("127.0.0.1:0"))));
    assert!(bind.contains("TcpListener") && bind.contains("shirr::block_on(async"), "{bind}");
}
