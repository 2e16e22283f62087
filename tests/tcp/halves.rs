//! The two halves of a connection: each operation of theirs is the stream's, and what their drop
//! and their reunion do.

use crate::common::peer::pair;
use crate::common::{begin, registered, run, turns};
use shirr::{spawn, yield_now};
use std::future::poll_fn;
use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::net::Shutdown;
use std::pin::pin;

#[test]
fn each_way_of_the_writing_half_writes() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let (_, writer) = stream.split();
        assert_eq!(writer.write(b"a").await.unwrap(), 1);
        assert_eq!(writer.write_vectored(&[IoSlice::new(b"b"), IoSlice::new(b"c")]).await.unwrap(), 2);
        writer.write_all(b"def").await.unwrap();
        writer.write_all_vectored(&mut [IoSlice::new(b"gh")]).await.unwrap();
        assert_eq!(writer.try_write(b"ijk").unwrap(), 3);
        assert_eq!(poll_fn(|cx| writer.poll_write(cx, b"lmno")).await.unwrap(), 4);
        writer.shutdown().unwrap();
        let mut received = String::new();
        peer.read_to_string(&mut received).unwrap();
        assert_eq!(received, "abcdefghijklmno");
    });
}

#[test]
fn each_way_of_the_reading_half_reads() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let (reader, mut buf) = (stream.split().0, [0; 2]);
        peer.write_all(b"abcdefghijklmno").unwrap();
        assert_eq!((reader.peek(&mut buf).await.unwrap(), &buf), (2, b"ab"));
        assert_eq!((reader.read(&mut buf).await.unwrap(), &buf), (2, b"ab"));
        let (mut one, mut two) = ([0; 1], [0; 2]);
        let mut bufs = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
        assert_eq!(reader.read_vectored(&mut bufs).await.unwrap(), 3);
        assert_eq!((&one, &two), (b"c", b"de"));
        reader.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"fg");
        assert_eq!((reader.try_read(&mut buf).unwrap(), &buf), (2, b"hi"));
        assert_eq!(poll_fn(|cx| reader.poll_read(cx, &mut buf)).await.unwrap(), 2);
        assert_eq!(&buf, b"jk");
        drop(peer);
        let mut rest = b"<".to_vec();
        assert_eq!(reader.read_to_end(&mut rest).await.unwrap(), 4);
        assert_eq!(rest, b"<lmno");
    });
}

#[test]
fn each_half_waits_for_its_direction() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let (reader, writer) = stream.split();
        let mut readable = pin!(reader.readable());
        assert!(begin(&mut readable).await.is_pending());
        peer.write_all(b"x").unwrap();
        readable.await.unwrap();
        writer.writable().await.unwrap();
        while writer.try_write(&[7; 64 * 1024]).is_ok() {}
        assert!(begin(&mut pin!(writer.writable())).await.is_pending());
    });
}

#[test]
fn halves_go_to_two_tasks_and_the_writers_drop_is_the_end_for_the_other_side() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let (reader, writer) = stream.into_split();
        let writing = spawn(async move { writer.write_all(b"that was all").await.unwrap() });
        let reading = spawn(async move {
            let mut text = String::new();
            reader.read_to_string(&mut text).await.unwrap();
            text
        });
        turns(2).await;
        writing.await.unwrap();
        let mut received = String::new();
        peer.read_to_string(&mut received).unwrap();
        assert_eq!(received, "that was all");
        peer.write_all(b"an answer").unwrap();
        drop(peer);
        assert_eq!(reading.await.unwrap(), "an answer");
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn reunited_halves_are_the_stream_and_nothing_was_closed() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let (reader, writer) = stream.into_split();
        let stream = reader.reunite(writer).unwrap();
        yield_now().await;
        stream.write_all(b"still open").await.unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut received = String::new();
        peer.read_to_string(&mut received).unwrap();
        assert_eq!(received, "still open");
    });
}

#[test]
fn halves_of_two_streams_are_not_reunited_and_come_back_whole() {
    run(async || {
        let ((one, mut peer), (two, _other)) = (pair().await, pair().await);
        let ((reader, one_writer), (_two_reader, writer)) = (one.into_split(), two.into_split());
        let error = reader.reunite(writer).unwrap_err();
        assert!(error.to_string().contains("two different streams"), "{error}");
        let reader = error.0;
        peer.write_all(b"x").unwrap();
        reader.read_exact(&mut [0; 1]).await.unwrap();
        assert!(reader.reunite(one_writer).is_ok());
    });
}
