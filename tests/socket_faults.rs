//! What goes wrong with UDP sockets, Unix sockets and other descriptors beyond `udp.rs`, `unix.rs`
//! and `any_descriptor.rs`: resets, no descriptors left, and a drop in the middle of each operation.

#![cfg(unix)]

mod common;

use common::descriptors::alone;
#[cfg(target_os = "linux")]
use common::descriptors::open_descriptors;
use common::peer::pattern;
use common::{begin, registered, run, turns};
#[cfg(all(target_os = "linux", not(mio_unsupported_force_poll_poll)))]
use common::{ends, panic_text};
use shirr::io::Async;
use shirr::net::{UdpSocket, UnixDatagram, UnixListener, UnixStream};
use shirr::spawn;
use shirr::time::sleep;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net;
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use tempfile::TempDir;

const MS: Duration = Duration::from_millis(1);

/// How many descriptors the processes of these tests may open.
const LIMIT: u64 = 64;

fn is_emfile(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(libc::EMFILE)
}

/// A path where no socket is, and the folder that goes with it.
fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    (folder, path)
}

/// Opens all that the process may open.
fn exhaust() -> Vec<File> {
    std::iter::from_fn(|| File::open("/").ok()).collect()
}

/// Two ends of one connection, the second of which is `std`'s.
fn pair() -> (UnixStream, net::UnixStream) {
    let (one, other) = net::UnixStream::pair().unwrap();
    (UnixStream::new(one).unwrap(), other)
}

/// Breaks if a reset were taken for the end, which would make half a message a whole one.
#[cfg(target_os = "linux")]
#[test]
fn a_peer_that_closes_on_unread_bytes_resets_a_read_that_waits() {
    run(async || {
        let (stream, other) = pair();
        stream.write_all(b"it will not read this").await.unwrap();
        let mut buf = [0; 8];
        let mut reading = pin!(stream.read_exact(&mut buf));
        assert!(begin(&mut reading).await.is_pending());
        drop(other);
        assert_eq!(reading.await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    });
}

/// Breaks if a write that waits for room were not told that there will be none.
#[test]
fn a_peer_that_closes_in_the_middle_of_a_large_write_ends_it() {
    run(async || {
        let (stream, mut other) = pair();
        let stream = Rc::new(stream);
        let writer = Rc::clone(&stream);
        let writing = spawn(async move { writer.write_all(&pattern(1 << 24, 1)).await });
        turns(3).await;
        other.read_exact(&mut [0; 1000]).unwrap();
        turns(3).await;
        assert!(!writing.is_finished());
        drop(other);
        let kind = writing.await.unwrap().unwrap_err().kind();
        assert!(matches!(kind, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{kind:?}");
        drop(stream);
        assert_eq!(registered(), (0, 0));
    });
}

/// Breaks if a write that is given up went on, or wrote a part twice.
#[test]
fn a_write_that_is_given_up_has_written_a_beginning_and_nothing_more() {
    run(async || {
        let (stream, mut other) = pair();
        let sent = pattern(1 << 22, 1);
        {
            let mut writing = pin!(stream.write_all(&sent));
            assert!(begin(&mut writing).await.is_pending());
        }
        drop(stream);
        assert_eq!(registered(), (0, 0));
        let mut came = Vec::new();
        other.read_to_end(&mut came).unwrap();
        assert!(!came.is_empty() && came.len() < sent.len());
        assert!(sent.starts_with(&came), "what came is not what was sent");
    });
}

/// Breaks if an accept that is given up took a connection, or its listener stayed registered.
#[test]
fn an_accept_that_is_given_up_leaves_the_connection_to_the_next() {
    run(async || {
        let (_folder, path) = place();
        let listener = UnixListener::bind(&path).unwrap();
        {
            let mut accepting = pin!(listener.accept());
            assert!(begin(&mut accepting).await.is_pending());
            let mut client = net::UnixStream::connect(&path).unwrap();
            client.write_all(b"kept").unwrap();
        }
        let (stream, _) = listener.accept().await.unwrap();
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 4);
        let accepting = spawn(async move { listener.accept().await.map(drop) });
        turns(2).await;
        accepting.abort();
        assert!(accepting.await.unwrap_err().is_cancelled());
        drop(stream);
        assert_eq!(registered(), (0, 0));
        assert_eq!(net::UnixStream::connect(&path).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    });
}

/// Breaks if the rest between two attempts outlived the connect, or its socket did.
#[cfg(target_os = "linux")]
#[test]
fn a_connect_that_is_given_up_while_the_queue_is_full_leaves_nothing() {
    alone("a_connect_that_is_given_up_while_the_queue_is_full_leaves_nothing", LIMIT, || {
        run(async || {
            let (_folder, path) = place();
            let listener = net::UnixListener::bind(&path).unwrap();
            socket2::SockRef::from(&listener).listen(0).unwrap();
            let _first = net::UnixStream::connect(&path).unwrap();
            let open = open_descriptors();
            {
                let mut connecting = pin!(UnixStream::connect(&path));
                assert!(begin(&mut connecting).await.is_pending());
                assert_eq!(registered(), (1, 0));
            }
            assert_eq!((registered(), open_descriptors()), ((0, 0), open));
        });
    });
}

/// Breaks if a message were sent after its send was given up, or one that was sent were lost.
#[test]
fn a_send_that_is_given_up_has_sent_nothing_and_those_before_it_come() {
    run(async || {
        let (one, other) = UnixDatagram::pair().unwrap();
        let mut sent = 0_u32;
        loop {
            let message = sent.to_le_bytes();
            let mut sending = pin!(one.send(&message));
            if begin(&mut sending).await.is_pending() {
                break;
            }
            sent += 1;
        }
        let mut buf = [0; 8];
        for number in 0..sent {
            assert_eq!(other.recv(&mut buf).await.unwrap(), 4);
            assert_eq!(buf[..4], number.to_le_bytes());
        }
        let mut receiving = pin!(other.recv(&mut buf));
        assert!(begin(&mut receiving).await.is_pending());
        assert_eq!(registered(), (0, 2));
    });
}

/// Breaks if a sender waited for room at a socket that is gone.
#[test]
fn a_receiver_that_is_dropped_ends_the_send_that_waits_for_it() {
    run(async || {
        let (one, other) = UnixDatagram::pair().unwrap();
        let sending = spawn(async move {
            loop {
                if let Err(error) = one.send(b"message").await {
                    return error;
                }
            }
        });
        sleep(MS).await;
        assert!(!sending.is_finished());
        drop(other);
        let kind = sending.await.unwrap().kind();
        let gone = [ErrorKind::ConnectionRefused, ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
        assert!(gone.contains(&kind), "{kind:?}");
        assert_eq!(registered(), (0, 0));
    });
}

/// Breaks if a socket that could not be opened were half registered, or the error said nothing.
#[test]
fn out_of_descriptors_each_socket_is_refused_with_the_systems_error_and_leaves_nothing() {
    alone(
        "out_of_descriptors_each_socket_is_refused_with_the_systems_error_and_leaves_nothing",
        LIMIT,
        || {
            run(async || {
                let (_folder, path) = place();
                let _listener = net::UnixListener::bind(&path).unwrap();
                let (end, _other) = net::UnixStream::pair().unwrap();
                let mut held = exhaust();
                let refused = [
                    UnixStream::connect(&path).await.unwrap_err(),
                    UnixListener::bind(path.with_extension("other")).unwrap_err(),
                    UnixDatagram::pair().unwrap_err(),
                    Async::new(end).unwrap_err(),
                ];
                assert!(refused.iter().all(is_emfile), "{refused:?}");
                held.extend(exhaust()); // that of the end which was not watched
                let error = UdpSocket::bind("127.0.0.1:0").await.unwrap_err();
                assert!(error.to_string().starts_with("cannot bind 127.0.0.1:0: "), "{error}");
                assert_eq!(registered(), (0, 0));
                drop(held);
                UdpSocket::bind("127.0.0.1:0").await.unwrap();
                UnixStream::connect(&path).await.unwrap();
            });
        },
    );
}

/// Breaks if the receiver, which is slower than its peer, waited for what was lost.
#[test]
fn of_five_thousand_datagrams_a_slow_receiver_counts_what_came_and_hears_the_last() {
    run(async || {
        let receiver = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket2::SockRef::from(&receiver).set_recv_buffer_size(16 << 10).unwrap();
        let to = receiver.local_addr().unwrap();
        let receiving = spawn(async move {
            let (mut came, mut buf) = (0, [0; 64]);
            loop {
                match receiver.recv(&mut buf).await.unwrap() {
                    4 => came += 1,
                    _ => return came,
                }
                if came % 16 == 0 {
                    sleep(MS).await;
                }
            }
        });
        let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        for i in 0..5_000_u32 {
            sender.send_to(&i.to_le_bytes(), to).await.unwrap();
        }
        while !receiving.is_finished() {
            sender.send_to(b"that was all", to).await.unwrap(); // the first may be lost, too
            sleep(MS).await;
        }
        let came = receiving.await.unwrap();
        println!("{came} of 5,000 came");
        assert!(came > 0 && came < 5_000);
    });
}

/// Breaks if the loop takes any error for a signal, and asks again and again.
#[cfg(all(target_os = "linux", not(mio_unsupported_force_poll_poll)))]
#[allow(unsafe_code, reason = "std replaces no descriptor")]
#[test]
fn a_loop_whose_descriptor_was_replaced_under_it_panics_and_does_not_spin() {
    use std::os::fd::AsRawFd;

    let text = panic_text(|| {
        ends(|| {
            let runtime = shirr::Runtime::new().unwrap();
            let folder = File::open("/").unwrap();
            // SAFETY: both are open, and the runtime closes its own number as ever.
            assert!(unsafe { libc::dup2(folder.as_raw_fd(), runtime.as_raw_fd()) } >= 0);
            runtime.block_on(std::future::pending::<()>());
        })
    });
    assert!(text.starts_with("shirr's reactor cannot wait for events: "), "{text}");
}
