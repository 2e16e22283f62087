//! Each form of reading and writing does what its name says, and given up it has lost
//! nothing that its documentation does not say.

use crate::common::peer::{pair, pattern};
use crate::common::{begin, paused, registered, run};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::sleep;
use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net;
use std::pin::pin;
use std::time::Duration;

#[test]
fn a_vectored_read_fills_one_buffer_after_another() {
    run(async || {
        let (stream, mut peer) = pair().await;
        peer.write_all(b"abcde").unwrap();
        let (mut one, mut two, mut three) = ([0; 2], [0; 0], [0; 8]);
        let mut bufs = [&mut one[..], &mut two[..], &mut three[..]].map(IoSliceMut::new);
        assert_eq!(stream.read_vectored(&mut bufs).await.unwrap(), 5);
        assert_eq!((&one, &three[..3]), (b"ab", &b"cde"[..]));
        let mut none = [IoSliceMut::new(&mut [])];
        assert_eq!(stream.read_vectored(&mut none).await.unwrap(), 0);
    });
}

#[test]
fn vectored_writes_arrive_in_order_however_the_system_cuts_them() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let parts: Vec<_> = (0..50).map(|i| pattern(i as usize * 3_001, i)).collect();
        let sent = parts.concat();
        let received = std::thread::spawn(move || {
            let mut all = Vec::new();
            peer.read_to_end(&mut all).unwrap();
            all
        });
        let mut slices: Vec<_> = parts.iter().map(|part| IoSlice::new(part)).collect();
        stream.write_all_vectored(&mut slices).await.unwrap();
        drop(stream);
        assert!(received.join().unwrap() == sent, "what came is not what was sent");
    });
}

/// More buffers than the system takes in one call are no sign that it had no room for them.
#[test]
fn thousands_of_buffers_are_written_and_read_though_one_call_takes_fewer() {
    const BUFFERS: usize = 5_000;
    run(async || {
        let (stream, mut peer) = pair().await;
        let sent = pattern(BUFFERS, 5);
        let mut slices: Vec<_> = sent.chunks(1).map(IoSlice::new).collect();
        stream.write_all_vectored(&mut slices).await.unwrap();
        let mut got = vec![0; BUFFERS];
        peer.read_exact(&mut got).unwrap();
        assert_eq!(got, sent);

        peer.write_all(&sent).unwrap();
        got.fill(0);
        let mut filled = 0;
        while filled < BUFFERS {
            let mut bufs: Vec<_> = got[filled..].chunks_mut(1).map(IoSliceMut::new).collect();
            filled += stream.read_vectored(&mut bufs).await.unwrap();
        }
        assert_eq!(got, sent);
    });
}

#[test]
fn empty_vectored_writes_end_at_once() {
    run(async || {
        let (stream, _peer) = pair().await;
        stream.write_all_vectored(&mut []).await.unwrap();
        stream.write_all_vectored(&mut [IoSlice::new(b""), IoSlice::new(b"")]).await.unwrap();
        assert_eq!(stream.write_vectored(&[IoSlice::new(b"")]).await.unwrap(), 0);
    });
}

#[test]
fn what_was_peeked_at_is_read_again() {
    run(async || {
        let (stream, mut peer) = pair().await;
        peer.write_all(b"seen").unwrap();
        let mut buf = [0; 16];
        for _ in 0..2 {
            assert_eq!(stream.peek(&mut buf).await.unwrap(), 4);
        }
        assert_eq!(stream.read(&mut buf).await.unwrap(), 4);
        drop(peer);
        assert_eq!(stream.peek(&mut buf).await.unwrap(), 0);
    });
}

#[test]
fn peeking_waits_for_something_to_see() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let mut buf = [0; 16];
        let mut peek = pin!(stream.peek(&mut buf));
        assert!(begin(&mut peek).await.is_pending());
        peer.write_all(b"x").unwrap();
        assert_eq!(peek.await.unwrap(), 1);
    });
}

#[test]
fn reading_to_the_end_appends_and_counts_what_came() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let sent = pattern(1_000_000, 3);
        let expected = [b"before".to_vec(), sent.clone()].concat();
        let writer = std::thread::spawn(move || peer.write_all(&sent).unwrap());
        let mut all = b"before".to_vec();
        assert_eq!(stream.read_to_end(&mut all).await.unwrap(), 1_000_000);
        assert!(all == expected, "what came is not what was sent");
        writer.join().unwrap();
    });
}

#[test]
fn reading_to_the_end_given_up_keeps_what_came_and_goes_on_from_there() {
    run(async || {
        let (stream, mut peer) = pair().await;
        peer.write_all(b"first, ").unwrap();
        stream.readable().await.unwrap();
        let mut all = Vec::new();
        {
            let mut reading = pin!(stream.read_to_end(&mut all));
            assert!(begin(&mut reading).await.is_pending());
        }
        assert_eq!((&all[..], registered()), (&b"first, "[..], (0, 1)));
        peer.write_all(b"second").unwrap();
        drop(peer);
        assert_eq!(stream.read_to_end(&mut all).await.unwrap(), 6);
        assert_eq!(all, b"first, second");
    });
}

#[test]
fn text_that_is_none_is_an_error_and_leaves_the_string_alone() {
    run(async || {
        let (stream, mut peer) = pair().await;
        peer.write_all(b"fine \xff").unwrap();
        drop(peer);
        let mut text = "before".to_owned();
        let error = stream.read_to_string(&mut text).await.unwrap_err();
        assert_eq!((error.kind(), text.as_str()), (ErrorKind::InvalidData, "before"));
        let (stream, mut peer) = pair().await;
        peer.write_all("gut: ä".as_bytes()).unwrap();
        drop(peer);
        assert_eq!(stream.read_to_string(&mut text).await.unwrap(), 7);
        assert_eq!(text, "beforegut: ä");
    });
}

#[test]
fn trying_never_waits_and_readiness_comes_back_with_the_next_bytes() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let mut buf = [0; 4];
        assert_eq!(stream.try_read(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        for round in 0..3 {
            let mut readable = pin!(stream.readable());
            assert!(begin(&mut readable).await.is_pending(), "round {round}");
            peer.write_all(b"full").unwrap();
            readable.await.unwrap();
            assert_eq!(stream.try_read(&mut buf).unwrap(), 4);
            assert_eq!(stream.try_read(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        }
        drop(peer);
        stream.readable().await.unwrap();
        assert_eq!(stream.try_read(&mut buf).unwrap(), 0);
    });
}

#[test]
fn a_full_connection_is_writable_again_when_the_other_end_has_read() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let mut written = 0;
        while let Ok(n) = stream.try_write(&[7; 64 * 1024]) {
            written += n;
        }
        assert_eq!(stream.try_write(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
        let mut writable = pin!(stream.writable());
        assert!(begin(&mut writable).await.is_pending());
        let reader = std::thread::spawn(move || {
            peer.read_exact(&mut vec![0; written]).unwrap();
            peer
        });
        writable.await.unwrap();
        assert!(stream.try_write(b"x").unwrap() == 1);
        drop(reader.join().unwrap());
    });
}

#[test]
fn a_wait_for_readiness_given_up_leaves_nothing_and_takes_no_other_wait_with_it() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let mut kept = pin!(stream.readable());
        {
            let mut given_up = pin!(stream.readable());
            assert!(begin(&mut given_up).await.is_pending());
            assert!(begin(&mut kept).await.is_pending());
        }
        peer.write_all(b"x").unwrap();
        kept.await.unwrap();
    });
}

#[test]
fn a_stream_goes_to_std_and_back_with_nothing_lost() {
    run(async || {
        let (stream, mut peer) = pair().await;
        peer.write_all(b"one two").unwrap();
        stream.read_exact(&mut [0; 3]).await.unwrap();
        assert_eq!(registered(), (0, 1));
        let mut socket = stream.into_std().unwrap();
        assert_eq!(registered(), (0, 0));
        let mut word = [0; 2];
        socket.set_nonblocking(false).unwrap();
        socket.read_exact(&mut word).unwrap();
        assert_eq!(&word, b" t");
        let stream = TcpStream::from_std(socket).unwrap();
        stream.read_exact(&mut word).await.unwrap();
        assert_eq!(&word, b"wo");
        stream.write_all(b"back").await.unwrap();
        let mut answer = [0; 4];
        peer.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"back");
    });
}

#[cfg(unix)]
#[test]
fn both_kinds_of_sockets_lend_their_handles_for_what_has_no_method() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        assert!(socket2::SockRef::from(&listener).reuse_address().unwrap());
        let (stream, _peer) = pair().await;
        socket2::SockRef::from(&stream).set_keepalive(true).unwrap();
        assert!(socket2::SockRef::from(&stream).keepalive().unwrap());
    });
}

#[test]
fn options_are_kept_by_the_system() {
    run(async || {
        let (stream, _peer) = pair().await;
        stream.set_ttl(42).unwrap();
        stream.set_nodelay(true).unwrap();
        assert_eq!((stream.ttl().unwrap(), stream.nodelay().unwrap()), (42, true));
        assert!(stream.take_error().unwrap().is_none());
    });
}

#[test]
fn incoming_gives_the_connections_in_the_order_in_which_they_came() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let clients: Vec<_> = (0..3).map(|_| net::TcpStream::connect(addr).unwrap()).collect();
        let mut incoming = listener.incoming();
        for client in &clients {
            let stream = incoming.next().await.unwrap().unwrap();
            assert_eq!(stream.peer_addr().unwrap(), client.local_addr().unwrap());
        }
        let mut next = Box::pin(incoming.next());
        assert!(begin(&mut next).await.is_pending());
        let late = net::TcpStream::connect(addr).unwrap();
        let stream = next.await.unwrap().unwrap();
        assert_eq!(stream.peer_addr().unwrap(), late.local_addr().unwrap());
    });
}

#[test]
fn a_wait_for_the_next_connection_given_up_leaves_nothing_in_flight() {
    paused(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut incoming = listener.incoming();
        assert!(begin(&mut Box::pin(incoming.next())).await.is_pending());
        // This clock moves only while no operation on a socket waits.
        sleep(Duration::from_secs(1)).await;
    });
}

#[test]
fn shown_for_debugging_a_connection_is_a_line_with_its_addresses() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap().to_string();
        let stream = TcpStream::connect(&addr).await.unwrap();
        let shown = [format!("{listener:?}"), format!("{:?}", listener.incoming()), format!("{stream:?}")];
        for text in shown {
            assert!(text.contains(&addr) && text.len() < 300, "{} bytes: {text:.300}", text.len());
        }
    });
}
