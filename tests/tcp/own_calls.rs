//! Calls of the caller's own on a socket, in a direction that is waited for; and the forms that
//! need no wait of ours: tried vectored transfers, a listener that is polled.

use crate::common::peer::pair;
use crate::common::{Count, begin, counted, registered, run, turns};
use shirr::net::{TcpListener, TcpStream, UdpSocket};
use shirr::spawn;
use socket2::SockRef;
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net::{self, Shutdown};
use std::pin::pin;
use std::rc::Rc;

/// A read that shirr has no method for: through another crate.
fn receive(stream: &TcpStream) -> io::Result<Vec<u8>> {
    let mut buf = [0; 16];
    let n = (&*SockRef::from(stream)).read(&mut buf)?;
    Ok(buf[..n].to_vec())
}

/// Breaks if the caller hears that a signal came, as any call may.
#[test]
fn a_call_that_a_signal_has_interrupted_is_tried_again_at_once() {
    run(async || {
        let (stream, _peer) = pair().await;
        let mut answers = [Ok("done"), Err(ErrorKind::Interrupted.into())].into_iter();
        let answer = stream.write_with(|_| answers.next_back().expect("it was done before")).await;
        assert_eq!((answer.unwrap(), answers.len()), ("done", 0));
    });
}

/// Breaks if it is tried once only, or again and again without an event.
#[test]
fn a_call_of_the_callers_own_is_repeated_once_for_each_event_until_it_succeeds() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let calls = Count::default();
        let counting = calls.clone();
        let reading = spawn(async move {
            let read = stream.read_with(|stream| {
                counting.add(1);
                receive(stream)
            });
            (read.await.unwrap(), stream)
        });
        turns(5).await;
        assert_eq!(calls.get(), 0, "no event, no call");
        peer.write_all(b"own").unwrap();
        let (word, stream) = reading.await.unwrap();
        assert_eq!((word, calls.get()), (b"own".to_vec(), 1));

        let polled = poll_fn(|cx| {
            stream.poll_read_with(cx, |stream| {
                calls.add(1);
                receive(stream)
            })
        });
        let mut polled = pin!(polled);
        assert!(begin(&mut polled).await.is_pending());
        assert_eq!(calls.get(), 2, "the flag was set still, and the call said \"would block\"");
        peer.write_all(b"polled").unwrap();
        assert_eq!((polled.await.unwrap(), calls.get()), (b"polled".to_vec(), 3));
    });
}

/// Breaks if a "would block" of the caller's own call leaves the flag set: `readable` would not wait.
#[test]
fn after_a_tried_call_that_would_block_the_next_wait_is_for_an_event() {
    run(async || {
        let (stream, mut peer) = pair().await;
        peer.write_all(b"own").unwrap();
        stream.readable().await.unwrap();
        assert_eq!(stream.try_read_with(receive).unwrap(), b"own");
        assert_eq!(stream.try_read_with(receive).unwrap_err().kind(), ErrorKind::WouldBlock);
        let mut wait = pin!(poll_fn(|cx| stream.poll_readable(cx)));
        assert!(begin(&mut wait).await.is_pending());
        peer.write_all(b"more").unwrap();
        wait.await.unwrap();
        assert_eq!(stream.try_read_with(receive).unwrap(), b"more");
        poll_fn(|cx| stream.poll_writable(cx)).await.unwrap();
        let send = |stream: &TcpStream| SockRef::from(stream).send(b"back");
        assert_eq!(stream.try_write_with(send).unwrap(), 4);
        assert_eq!(stream.write_with(send).await.unwrap(), 4);
        assert_eq!(poll_fn(|cx| stream.poll_write_with(cx, send)).await.unwrap(), 4);
        let mut all = [0; 12];
        peer.read_exact(&mut all).unwrap();
        assert_eq!(&all, b"backbackback");
    });
}

#[test]
fn a_datagram_is_received_by_a_call_of_the_callers_own() {
    run(async || {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let other = net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let receive = |socket: &UdpSocket| (&*SockRef::from(socket)).read(&mut [0; 16]);
        let mut reading = pin!(socket.read_with(receive));
        assert!(begin(&mut reading).await.is_pending());
        other.send_to(b"datagram", socket.local_addr().unwrap()).unwrap();
        assert_eq!(reading.await.unwrap(), 8);
        assert_eq!(socket.try_read_with(receive).unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

/// Breaks if one of them waits, or leaves a buffer out.
#[test]
fn tried_vectored_transfers_pass_all_buffers_and_do_not_wait() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let (mut one, mut two) = ([0; 2], [0; 8]);
        let mut bufs = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
        assert_eq!(stream.try_read_vectored(&mut bufs).unwrap_err().kind(), ErrorKind::WouldBlock);
        peer.write_all(b"abcde").unwrap();
        stream.readable().await.unwrap();
        assert_eq!(stream.try_read_vectored(&mut bufs).unwrap(), 5);
        assert_eq!((&one, &two[..3]), (b"ab", &b"cde"[..]));
        assert_eq!(stream.try_write_vectored(&[IoSlice::new(b"one, "), IoSlice::new(b"two")]).unwrap(), 8);
        stream.shutdown(Shutdown::Write).unwrap();
        let mut said = String::new();
        peer.read_to_string(&mut said).unwrap();
        assert_eq!(said, "one, two");
    });
}

/// Breaks if the next try is one in vain. With poll(2) a short transfer proves nothing.
#[cfg(all(target_os = "linux", not(mio_unsupported_force_poll_poll)))]
#[test]
fn after_a_short_vectored_transfer_the_next_one_waits_for_an_event() {
    run(async || {
        let (stream, mut peer) = pair().await;
        peer.write_all(b"abc").unwrap();
        let (mut one, mut two) = ([0; 2], [0; 8]);
        let mut bufs = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
        assert_eq!(stream.read_vectored(&mut bufs).await.unwrap(), 3);
        assert!(begin(&mut pin!(stream.readable())).await.is_pending());
        let chunk = vec![7; 1 << 20];
        while stream.try_write_vectored(&[IoSlice::new(&chunk)]).unwrap() == chunk.len() {}
        assert!(begin(&mut pin!(stream.writable())).await.is_pending());
    });
}

/// Breaks if a poll leaves no waker, or two tasks that poll displace each other.
#[test]
fn two_tasks_poll_one_listener_and_each_gets_a_connection() {
    run(async || {
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let (addr, polls) = (listener.local_addr().unwrap(), Count::default());
        let accept = |listener: Rc<TcpListener>| async move {
            let (stream, from) = poll_fn(|cx| listener.poll_accept(cx)).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), from);
            from
        };
        let tasks = [0, 1].map(|_| spawn(counted(polls.clone(), accept(Rc::clone(&listener)))));
        turns(3).await;
        assert_eq!(polls.get(), 2);
        let clients = [0, 1].map(|_| net::TcpStream::connect(addr).unwrap());
        let mut accepted = Vec::new();
        for task in tasks {
            accepted.push(task.await.unwrap());
        }
        let mut expected = clients.map(|client| client.local_addr().unwrap());
        accepted.sort();
        expected.sort();
        assert_eq!((&accepted[..], registered()), (&expected[..], (0, 1)));
    });
}

/// Breaks if the listener is closed on its way, or its runtime is still asked for it.
#[test]
fn from_std_and_back_a_listener_has_its_waiting_connections() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let _client = net::TcpStream::connect(addr).unwrap();
        let std = listener.into_std().unwrap();
        assert_eq!(registered(), (0, 0));
        let again = TcpListener::from_std(std).unwrap();
        assert_eq!(again.local_addr().unwrap(), addr);
        again.accept().await.unwrap();
    });
}
