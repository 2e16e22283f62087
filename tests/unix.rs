//! Unix sockets: streams, listeners and datagrams of one machine, also when something goes wrong.

#![cfg(unix)]

mod common;

use common::descriptors::{alone, open_descriptors};
use common::peer::pattern;
use common::{Count, begin, registered, run, turns};
use shirr::net::{UnixDatagram, UnixListener, UnixStream};
use shirr::time::sleep;
use shirr::{gather, spawn, yield_now};
use std::future::poll_fn;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net;
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use tempfile::TempDir;

const MS: Duration = Duration::from_millis(1);

/// As `src/wake/budget.rs` has it.
const STEPS: usize = 128;

/// A path where no socket is, and the folder that goes with it.
fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    (folder, path)
}

/// Two ends of one connection, the second of which is `std`'s.
fn pair() -> (UnixStream, net::UnixStream) {
    let (one, other) = net::UnixStream::pair().unwrap();
    (UnixStream::new(one).unwrap(), other)
}

/// Breaks if a part of a write were lost or written twice, or a wait for room were not ended.
#[test]
fn a_megabyte_that_the_system_takes_in_parts_comes_as_it_was_sent() {
    run(async || {
        let (one, other) = UnixStream::pair().unwrap();
        let sent = pattern(1 << 20, 1);
        let expected = sent.clone();
        let writing = spawn(async move { one.write_all(&sent).await });
        let mut start = [0; 1000];
        other.read_exact(&mut start).await.unwrap();
        let mut rest = Vec::new();
        other.read_to_end(&mut rest).await.unwrap();
        assert!([&start[..], &rest].concat() == expected, "what came is not what was sent");
        writing.await.unwrap().unwrap();
    });
}

#[test]
fn a_peer_that_is_gone_is_an_end_to_reads_and_an_error_to_writes() {
    run(async || {
        let (stream, other) = pair();
        let mut buf = [0; 8];
        {
            let mut reading = pin!(stream.read(&mut buf));
            assert!(begin(&mut reading).await.is_pending());
            drop(other);
            assert_eq!(reading.await.unwrap(), 0);
        }
        assert_eq!(stream.write_all(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        let error = stream.read_exact(&mut buf).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    });
}

/// Breaks if either says another length than it took, or text replaced what was there.
#[test]
fn what_is_written_without_waiting_is_read_as_text_to_the_end() {
    run(async || {
        let (stream, mut other) = pair();
        assert_eq!(stream.try_write(b"").unwrap(), 0);
        assert_eq!(stream.try_write(b"tried").unwrap(), 5);
        let mut buf = [0; 5];
        other.read_exact(&mut buf).unwrap();
        assert_eq!(&buf, b"tried");
        other.write_all("grüße".as_bytes()).unwrap();
        drop(other);
        let mut text = String::from("> ");
        assert_eq!(stream.read_to_string(&mut text).await.unwrap(), 7);
        assert_eq!(text, "> grüße");
    });
}

/// Breaks if the drop left the socket registered or open.
#[test]
fn dropped_in_the_middle_of_a_read_a_stream_leaves_nothing() {
    alone("dropped_in_the_middle_of_a_read_a_stream_leaves_nothing", 256, || {
        run(async || {
            let (stream, mut other) = pair();
            let open = open_descriptors();
            let mut buf = [0; 8];
            let mut reading = Box::pin(async move { stream.read(&mut buf).await.map(|_| ()) });
            assert!(begin(&mut reading).await.is_pending());
            assert_eq!(registered(), (0, 1));
            drop(reading);
            assert_eq!((open_descriptors(), registered()), (open - 1, (0, 0)));
            assert_eq!(other.read(&mut [0; 8]).unwrap(), 0);
        });
    });
}

#[test]
fn shutting_down_under_a_waiting_read_ends_it_and_the_other_end_reads_to_the_end() {
    run(async || {
        let (stream, mut other) = pair();
        let stream = Rc::new(stream);
        let reader = Rc::clone(&stream);
        let reading = spawn(async move { reader.read(&mut [0; 8]).await });
        turns(2).await;
        stream.write_all(b"that was all").await.unwrap();
        stream.shutdown(Shutdown::Both).unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), 0);
        let mut all = String::new();
        other.read_to_string(&mut all).unwrap();
        assert_eq!(all, "that was all");
    });
}

/// Breaks if an event woke one waiter only, or one that found nothing did not wait again.
#[test]
fn several_readers_of_one_stream_are_each_woken() {
    run(async || {
        let (stream, mut other) = pair();
        let stream = Rc::new(stream);
        let read = |_| {
            let stream = Rc::clone(&stream);
            async move {
                let mut byte = [0];
                stream.read_exact(&mut byte).await.unwrap();
                byte[0]
            }
        };
        let readers: Vec<_> = (0..5).map(|i| spawn(read(i))).collect();
        turns(2).await;
        other.write_all(&[1, 2]).unwrap();
        sleep(MS).await;
        other.write_all(&[3, 4, 5]).unwrap();
        let mut bytes: Vec<u8> = gather(readers).await.into_iter().map(Result::unwrap).collect();
        bytes.sort_unstable();
        assert_eq!(bytes, [1, 2, 3, 4, 5]);
    });
}

/// Breaks if a read were no step of the budget.
#[test]
fn a_reader_of_what_is_always_there_gives_way_after_128() {
    run(async || {
        let (stream, mut other) = pair();
        other.write_all(&[7; STEPS + 1]).unwrap();
        stream.readable().await.unwrap();
        yield_now().await; // a turn of its own
        let read = Count::default();
        let count = read.clone();
        let beside = spawn(async move { count.get() });
        for _ in 0..=STEPS {
            stream.read_exact(&mut [0; 1]).await.unwrap();
            read.add(1);
        }
        assert_eq!(beside.await.unwrap(), STEPS);
    });
}

/// Breaks if either end of a connection were left blocking: its second read would keep the loop.
#[test]
fn connections_are_accepted_one_after_another() {
    run(async || {
        let (_folder, path) = place();
        let listener = UnixListener::bind(&path).unwrap();
        let clients = gather((0..3).map(|_| UnixStream::connect(path.clone()))).await;
        let mut incoming = listener.incoming();
        for client in clients {
            let (client, server) = (client.unwrap(), incoming.next().await.unwrap().unwrap());
            for (from, to) in [(&server, &client), (&client, &server)] {
                let mut word = [0; 4];
                from.write_all(b"word").await.unwrap();
                to.read_exact(&mut word).await.unwrap();
                assert_eq!(&word, b"word");
                assert!(begin(&mut pin!(to.read(&mut word))).await.is_pending());
            }
        }
        let mut accepting = pin!(listener.accept());
        assert!(begin(&mut accepting).await.is_pending());
        let _client = UnixStream::connect(&path).await.unwrap();
        assert!(accepting.await.unwrap().1.is_unnamed());
    });
}

#[test]
fn the_file_of_a_listener_is_left_behind_and_refuses_until_it_is_removed() {
    run(async || {
        let (_folder, path) = place();
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        assert_eq!(UnixListener::bind(&path).unwrap_err().kind(), ErrorKind::AddrInUse);
        assert_eq!(UnixStream::connect(&path).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(UnixStream::connect(&path).await.unwrap_err().kind(), ErrorKind::NotFound);
        UnixListener::bind(&path).unwrap();
        let too_long = path.join("x".repeat(200));
        assert_eq!(UnixStream::connect(too_long).await.unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(registered(), (0, 0));
    });
}

/// Breaks if a full queue were an error, or blocked the loop.
#[cfg(target_os = "linux")]
#[test]
fn a_client_that_finds_the_queue_full_connects_once_there_is_room() {
    run(async || {
        let (_folder, path) = place();
        let listener = UnixListener::bind(&path).unwrap();
        socket2::SockRef::from(&listener).listen(0).unwrap();
        let _first = UnixStream::connect(&path).await.unwrap();
        let connecting = spawn(UnixStream::connect(path));
        sleep(5 * MS).await;
        assert!(!connecting.is_finished());
        listener.accept().await.unwrap();
        connecting.await.unwrap().unwrap();
    });
}

/// Breaks if a shortage of descriptors were returned as an error, or kept a processor busy.
#[test]
fn out_of_descriptors_accept_rests_and_goes_on_by_itself_once_there_are_some() {
    alone("out_of_descriptors_accept_rests_and_goes_on_by_itself_once_there_are_some", 64, || {
        run(async || {
            let (_folder, path) = place();
            let listener = Rc::new(UnixListener::bind(&path).unwrap());
            let mut clients = Vec::new();
            while let Ok(client) = UnixStream::connect(&path).await {
                clients.push(client);
            }
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

/// Breaks if a sender lost a message where there was no room, or its wait were not ended.
#[test]
fn of_five_thousand_messages_none_is_lost() {
    run(async || {
        let (one, other) = UnixDatagram::pair().unwrap();
        let sending = spawn(async move {
            for i in 0..5_000_u32 {
                one.send(&i.to_le_bytes()).await.unwrap();
            }
        });
        sleep(MS).await;
        assert!(!sending.is_finished()); // there is room for fewer
        let mut buf = [0; 8];
        for i in 0..5_000_u32 {
            assert_eq!(other.recv(&mut buf).await.unwrap(), 4);
            assert_eq!(buf[..4], i.to_le_bytes());
        }
        sending.await.unwrap();
    });
}

/// Breaks if one attempt waited, or a poll left no waker.
#[test]
fn a_message_is_tried_without_waiting_and_polled_for() {
    run(async || {
        let (one, other) = UnixDatagram::pair().unwrap();
        let mut buf = [0; 8];
        assert_eq!(other.try_recv(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        let mut polling = pin!(poll_fn(|cx| other.poll_recv_from(cx, &mut buf)));
        assert!(begin(&mut polling).await.is_pending());
        assert_eq!(one.try_send(b"tried").unwrap(), 5);
        assert_eq!(polling.await.unwrap().0, 5);
        assert_eq!(poll_fn(|cx| one.poll_send(cx, b"polled")).await.unwrap(), 6);
        assert_eq!(other.recv(&mut buf).await.unwrap(), 6);
    });
}

/// Breaks if the queue that another has filled kept this sender waiting for ever.
#[test]
fn a_message_to_a_path_waits_for_room_that_another_sender_has_taken() {
    run(async || {
        let (_folder, path) = place();
        let receiver = UnixDatagram::bind(&path).unwrap();
        let (one, other) = (net::UnixDatagram::unbound().unwrap(), net::UnixDatagram::unbound().unwrap());
        one.set_nonblocking(true).unwrap();
        let mut filled = 0;
        while one.send_to(b"full", &path).is_ok() {
            filled += 1;
        }
        let other = UnixDatagram::new(other).unwrap();
        let sending = spawn(async move { other.send_to(b"last", &path).await });
        sleep(3 * MS).await;
        assert!(!sending.is_finished());
        let mut buf = [0; 8];
        for _ in 0..filled {
            assert_eq!((receiver.recv(&mut buf).await.unwrap(), &buf[..4]), (4, &b"full"[..]));
        }
        let (n, from) = receiver.recv_from(&mut buf).await.unwrap();
        assert!((n, &buf[..4]) == (4, b"last") && from.is_unnamed());
        assert_eq!(sending.await.unwrap().unwrap(), 4);
    });
}

#[test]
fn what_was_opened_is_given_back_by_its_kind() {
    run(async || {
        let (one, mut other) = UnixStream::pair().map(|(one, other)| (one, other.into_inner())).unwrap();
        assert_eq!(registered(), (0, 1));
        let socket: &mut net::UnixStream = other.as_mut().unwrap();
        socket.write_all(b"std").unwrap();
        assert_eq!(one.read(&mut [0; 8]).await.unwrap(), 3);
        assert_eq!(one.try_read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(one.get_ref().peer_addr().unwrap().is_unnamed());
    });
}

/// Breaks if a close through the trait did nothing, and the other end read for ever.
#[cfg(feature = "futures")]
#[test]
fn closed_through_the_trait_the_other_end_reads_to_the_end() {
    use futures_lite::{AsyncReadExt, AsyncWriteExt, StreamExt};

    run(async || {
        let (_folder, path) = place();
        let listener = UnixListener::bind(&path).unwrap();
        let mut client = UnixStream::connect(&path).await.unwrap();
        let server = StreamExt::next(&mut listener.incoming()).await.unwrap().unwrap();
        let mut writer = &server;
        AsyncWriteExt::write_all(&mut writer, b"all of it").await.unwrap();
        writer.flush().await.unwrap();
        writer.close().await.unwrap();
        writer.close().await.unwrap(); // it is closed already
        let mut all = String::new();
        AsyncReadExt::read_to_string(&mut client, &mut all).await.unwrap();
        assert_eq!(all, "all of it");
        AsyncWriteExt::write_all(&mut client, b"heard").await.unwrap();
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 5);
    });
}
