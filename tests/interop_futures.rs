//! The traits of futures-io and futures-core, used by code that knows nothing of shirr.

#![cfg(feature = "futures")]

mod common;

use common::peer::{connected, pair, pattern};
use common::{Trace, paused, run};
use futures_core::stream::FusedStream;
use futures_io::{AsyncRead, AsyncWrite};
use futures_lite::future::zip;
use futures_lite::io::{self, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use futures_lite::{Stream, StreamExt};
use shirr::net::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, TcpListener, TcpStream, WriteHalf};
use shirr::time::{Interval, MissedTickBehavior, interval, now, sleep};
use shirr::{AsCompleted, as_completed, metrics, spawn, yield_now};
use std::future::poll_fn;
use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::net::{self, Shutdown};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

/// More than a socket's buffers hold, so that both directions have to wait.
const LONG: usize = 8 << 20;

#[test]
fn every_kind_has_the_traits_it_should() {
    fn reads<T: AsyncRead + Unpin>() {}
    fn writes<T: AsyncWrite + Unpin>() {}
    fn streams<T: Stream>() {}
    reads::<TcpStream>();
    reads::<&TcpStream>();
    reads::<ReadHalf<&TcpStream>>();
    reads::<OwnedReadHalf>();
    writes::<TcpStream>();
    writes::<&TcpStream>();
    writes::<WriteHalf<&TcpStream>>();
    writes::<OwnedWriteHalf>();
    streams::<shirr::net::Incoming<'_>>();
    #[cfg(unix)]
    {
        reads::<shirr::net::UnixStream>();
        reads::<&shirr::io::Async<std::fs::File>>();
        writes::<shirr::net::UnixStream>();
        writes::<&shirr::io::Async<std::fs::File>>();
        streams::<shirr::net::Incoming<'_, shirr::net::UnixListener>>();
    }
    streams::<Interval>();
    streams::<AsCompleted<std::vec::IntoIter<std::future::Ready<()>>>>();
}

/// Sends back what comes, to its end.
fn echo(mut socket: net::TcpStream) {
    std::io::copy(&mut socket.try_clone().unwrap(), &mut socket).unwrap();
    socket.shutdown(Shutdown::Write).unwrap();
}

/// Writes a long message and reads it back at the same time.
async fn exchange(mut reader: impl AsyncRead + Unpin, mut writer: impl AsyncWrite + Unpin) {
    let message = pattern(LONG, 7);
    let write = async {
        writer.write_all(&message).await.unwrap();
        writer.flush().await.unwrap();
        writer.close().await.unwrap();
    };
    let mut answer = Vec::new();
    let read = async { reader.read_to_end(&mut answer).await.unwrap() };
    zip(write, read).await;
    assert!(answer == message, "{} bytes", answer.len());
}

#[test]
fn references_and_halves_read_while_they_write() {
    run(async || {
        let (stream, thread) = connected(echo).await;
        exchange(&stream, &stream).await;
        drop(stream);
        thread.join().unwrap();
        let (stream, thread) = connected(echo).await;
        let (reader, writer) = stream.split();
        exchange(reader, writer).await;
        drop(stream);
        thread.join().unwrap();
        let (stream, thread) = connected(echo).await;
        let (reader, writer) = stream.into_split();
        exchange(reader, writer).await;
        thread.join().unwrap();
        assert_eq!(metrics().sources, 0);
    });
}

#[test]
fn a_stream_by_itself_goes_through_generic_code() {
    run(async || {
        let (mut stream, mut socket) = pair().await;
        AsyncWriteExt::write_all(&mut stream, b"there").await.unwrap();
        let mut word = [0; 5];
        socket.read_exact(&mut word).unwrap();
        assert_eq!(&word, b"there");
        socket.write_all(b"back").unwrap();
        drop(socket);
        let mut received = String::new();
        AsyncReadExt::read_to_string(&mut stream, &mut received).await.unwrap();
        assert_eq!(received, "back");
    });
}

#[test]
fn vectored_calls_move_several_buffers_at_once() {
    run(async || {
        let (stream, mut socket) = pair().await;
        let mut writer = &stream;
        let parts = [IoSlice::new(b"one, "), IoSlice::new(b""), IoSlice::new(b"two")];
        let written = poll_fn(|cx| Pin::new(&mut writer).poll_write_vectored(cx, &parts)).await;
        assert_eq!(written.unwrap(), 8);
        let mut both = [0; 8];
        socket.read_exact(&mut both).unwrap();
        socket.write_all(&both).unwrap();
        let (mut left, mut right, mut reader) = ([0; 3], [0; 9], &stream);
        let mut parts = [IoSliceMut::new(&mut left), IoSliceMut::new(&mut right)];
        let read = poll_fn(|cx| Pin::new(&mut reader).poll_read_vectored(cx, &mut parts)).await;
        assert_eq!((read.unwrap(), &left, &right[..5]), (8, b"one", &b", two"[..]));
    });
}

/// Writes that are kept until a flush.
#[cfg(unix)]
struct Kept(std::os::unix::net::UnixStream, std::cell::RefCell<Vec<u8>>);

#[cfg(unix)]
impl std::os::fd::AsFd for Kept {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(unix)]
impl Write for &Kept {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.1.borrow_mut().extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        (&self.0).write_all(&self.1.take())
    }
}

#[cfg(unix)]
#[test]
fn the_flush_of_a_descriptor_is_that_of_the_value_inside() {
    run(async || {
        let (one, mut other) = std::os::unix::net::UnixStream::pair().unwrap();
        let kept = shirr::io::Async::new(Kept(one, Default::default())).unwrap();
        AsyncWriteExt::write_all(&mut &kept, b"all of it").await.unwrap();
        AsyncWriteExt::flush(&mut &kept).await.unwrap();
        other.set_nonblocking(true).unwrap();
        let mut received = [0; 9];
        other.read_exact(&mut received).unwrap();
        assert_eq!(&received, b"all of it");
    });
}

#[test]
fn an_empty_buffer_asks_for_nothing() {
    run(async || {
        let (stream, _socket) = pair().await;
        assert_eq!(AsyncReadExt::read(&mut &stream, &mut []).await.unwrap(), 0);
        assert_eq!(AsyncWriteExt::write(&mut &stream, &[]).await.unwrap(), 0);
    });
}

#[test]
fn closing_twice_or_what_is_broken_off_is_no_error() {
    run(async || {
        let (stream, mut socket) = pair().await;
        let mut writer = &stream;
        writer.write_all(b"all of it").await.unwrap();
        writer.close().await.unwrap();
        writer.close().await.unwrap();
        let mut received = String::new();
        socket.read_to_string(&mut received).unwrap();
        assert_eq!(received, "all of it");
        writer.write_all(b"more").await.unwrap_err();

        let (stream, socket) = pair().await;
        socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO)).unwrap();
        drop(socket); // which resets the connection
        AsyncReadExt::read(&mut &stream, &mut [0]).await.unwrap_err();
        stream.shutdown(Shutdown::Write).unwrap_err();
        AsyncWriteExt::close(&mut &stream).await.unwrap();
    });
}

#[test]
fn lines_are_read_by_a_buffer_around_it() {
    run(async || {
        let (stream, mut socket) = pair().await;
        socket.write_all(b"one\ntwo\nthree").unwrap();
        drop(socket);
        let lines: Vec<_> = BufReader::new(&stream).lines().map(Result::unwrap).collect().await;
        assert_eq!(lines, ["one", "two", "three"]);
    });
}

#[test]
fn a_reader_waits_and_is_woken_while_another_task_writes() {
    run(async || {
        let trace = Trace::default();
        let (stream, thread) = connected(echo).await;
        let (mut reader, mut writer) = stream.into_split();
        let read = spawn({
            let trace = trace.clone();
            async move {
                let mut word = [0; 4];
                trace.note("waits");
                AsyncReadExt::read_exact(&mut reader, &mut word).await.unwrap();
                trace.note(String::from_utf8(word.to_vec()).unwrap());
            }
        });
        yield_now().await;
        trace.note("writes");
        AsyncWriteExt::write_all(&mut writer, b"ping").await.unwrap();
        read.await.unwrap();
        drop(writer);
        thread.join().unwrap();
        assert_eq!(trace.take(), ["waits", "writes", "ping"]);
    });
}

/// The count is of operations in one turn, whatever future asks for them.
#[test]
fn a_reader_that_always_finds_bytes_gives_way() {
    run(async || {
        let (stream, mut socket) = pair().await;
        socket.write_all(&[7; 1000]).unwrap();
        let reader = spawn(async move {
            let mut byte = [0];
            for _ in 0..1000 {
                AsyncReadExt::read_exact(&mut &stream, &mut byte).await.unwrap();
            }
        });
        let mut turns = 0;
        while !reader.is_finished() {
            turns += 1;
            yield_now().await;
        }
        assert!(turns >= 1000 / 128, "{turns}");
    });
}

#[test]
fn copying_a_stream_to_itself_is_an_echo_server() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let server = spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            io::copy(&stream, &stream).await.unwrap()
        });
        let stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(b"round").await.unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert_eq!((answer.as_str(), server.await.unwrap()), ("round", 5));
    });
}

#[test]
fn incoming_is_a_stream_that_does_not_end() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let clients: Vec<_> = (0..3).map(|_| net::TcpStream::connect(addr).unwrap()).collect();
        let incoming = listener.incoming();
        assert!(!incoming.is_terminated());
        let streams: Vec<_> = StreamExt::take(incoming, 3).collect().await;
        let peers: Vec<_> = streams.iter().map(|s| s.as_ref().unwrap().peer_addr().unwrap()).collect();
        assert_eq!(peers, clients.iter().map(|c| c.local_addr().unwrap()).collect::<Vec<_>>());
    });
}

#[test]
fn an_interval_is_a_stream_of_its_ticks() {
    paused(async || {
        let (start, ms) = (now(), Duration::from_millis(1));
        let mut ticks = interval(10 * ms);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        assert_eq!(StreamExt::next(&mut ticks).await, Some(start));
        sleep(25 * ms).await;
        let rest: Vec<_> = (&mut ticks).take(3).map(|tick| (tick - start).as_millis()).collect().await;
        assert_eq!(rest, [10, 30, 40]);
        assert!(!ticks.is_terminated());
    });
}

#[test]
fn as_completed_is_a_stream_in_order_of_time_and_stays_at_its_end() {
    paused(async || {
        let delays = [30, 10, 20].map(|ms| async move {
            sleep(Duration::from_millis(ms)).await;
            ms
        });
        let mut outputs = as_completed(delays);
        let received: Vec<_> = (&mut outputs).collect().await;
        assert_eq!(received, [(1, 10), (2, 20), (0, 30)]);
        assert_eq!(StreamExt::next(&mut outputs).await, None);
        assert_eq!(StreamExt::next(&mut outputs).await, None);
    });
}

#[test]
fn a_poll_that_is_given_up_keeps_no_task_from_the_bytes() {
    run(async || {
        let (stream, mut socket) = pair().await;
        let mut byte = [0];
        let given_up =
            poll_fn(|cx| Poll::Ready(Pin::new(&mut &stream).poll_read(cx, &mut byte).is_pending()));
        assert!(given_up.await);
        socket.write_all(b"x").unwrap();
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
        assert_eq!(&byte, b"x");
        drop(stream);
        assert_eq!(metrics().sources, 0);
    });
}

/// Would break if a source that is over, by its last output or a panic, did not say so.
#[test]
fn as_completed_says_when_it_is_terminated_and_how_many_are_to_come() {
    run(async || {
        let child = |i: usize| async move {
            assert_ne!(i, 9, "no nine");
            i
        };
        let mut outputs = as_completed((0..5).map(child)).limit(2);
        for left in (0..5).rev() {
            assert_eq!(outputs.size_hint(), (left + 1, Some(left + 1)));
            assert!(!outputs.is_terminated() && StreamExt::next(&mut outputs).await.is_some());
        }
        assert!(outputs.size_hint() == (0, Some(0)) && !outputs.is_terminated());
        assert!(StreamExt::next(&mut outputs).await.is_none() && outputs.is_terminated());

        let mut endless = as_completed((0..).map(child)).limit(2);
        assert_eq!(endless.size_hint(), (usize::MAX, None));
        while common::caught(endless.next()).await.is_ok() {}
        assert!(endless.is_terminated() && endless.size_hint() == (0, Some(0)));
    });
}

#[test]
fn streams_without_an_end_say_so() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        assert_eq!(listener.incoming().size_hint(), (usize::MAX, None));
        assert_eq!(interval(Duration::from_secs(1)).size_hint(), (usize::MAX, None));
    });
}
