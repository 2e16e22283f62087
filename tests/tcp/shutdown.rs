//! A connection whose own end closes a direction while a task waits in it. Linux has an event
//! for that, others have not, so these check what is woken before the kernel is asked.

use crate::common::peer::pair;
use crate::common::{registered, run, turns};
use shirr::net::TcpStream;
use shirr::{JoinHandle, metrics, spawn};
use std::io::{self, Write};
use std::net::Shutdown::{self, Both, Read};
use std::rc::Rc;

/// More than both ends' buffers in the kernel can hold.
const MUCH: usize = 64 << 20;

/// Closes, and says which of the two waits are over by then, without an event poll.
async fn ended_by(
    stream: &TcpStream,
    how: Shutdown,
    waits: &[&JoinHandle<io::Result<usize>>; 2],
) -> [bool; 2] {
    turns(3).await;
    assert!(!waits.iter().any(|wait| wait.is_finished()));
    let before = metrics().event_polls;
    stream.shutdown(how).unwrap();
    turns(2).await;
    assert_eq!(metrics().event_polls, before);
    waits.map(JoinHandle::is_finished)
}

/// A reader that finds nothing, and a writer that finds no room.
async fn waiters(stream: &Rc<TcpStream>) -> [JoinHandle<io::Result<usize>>; 2] {
    let (reader, writer) = (Rc::clone(stream), Rc::clone(stream));
    while stream.try_write(&[7; 1 << 16]).is_ok() {}
    let reading = spawn(async move { reader.read(&mut [0; 8]).await });
    [reading, spawn(async move { writer.write_all(&vec![7; MUCH]).await.map(|()| MUCH) })]
}

// Leaving it to the kernel's event breaks each of these.

#[test]
fn closing_the_reading_direction_ends_a_waiting_read_and_no_write() {
    run(async || {
        let (stream, peer) = pair().await;
        let stream = Rc::new(stream);
        let [reading, writing] = waiters(&stream).await;
        assert_eq!(ended_by(&stream, Read, &[&reading, &writing]).await, [true, false]);
        // Windows has an error for it.
        assert!(reading.await.unwrap().map_or(cfg!(windows), |n| n == 0));
        drop(peer);
        assert!(writing.await.unwrap().is_err());
    });
}

#[test]
fn closing_the_writing_direction_ends_a_waiting_write_and_no_read() {
    run(async || {
        let (stream, mut peer) = pair().await;
        let stream = Rc::new(stream);
        let [reading, writing] = waiters(&stream).await;
        assert_eq!(ended_by(&stream, Shutdown::Write, &[&reading, &writing]).await, [false, true]);
        assert!(writing.await.unwrap().is_err());
        peer.write_all(b"more").unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), 4);
    });
}

#[test]
fn closing_both_directions_ends_all_that_wait() {
    run(async || {
        let (stream, _peer) = pair().await;
        let stream = Rc::new(stream);
        let [reading, writing] = waiters(&stream).await;
        assert_eq!(ended_by(&stream, Both, &[&reading, &writing]).await, [true, true]);
        assert!(writing.await.unwrap().is_err());
        drop((reading, stream));
        turns(1).await;
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn the_drop_of_the_writing_half_ends_a_write_that_waits_beside_it() {
    run(async || {
        let (stream, peer) = pair().await;
        while stream.try_write(&[7; 1 << 16]).is_ok() {}
        let (reader, writer) = stream.into_split();
        let writing = spawn(async move {
            let stream: &TcpStream = reader.as_ref();
            stream.write(&[7]).await
        });
        turns(2).await;
        assert!(!writing.is_finished());
        drop(writer);
        turns(2).await;
        assert!(writing.is_finished());
        drop(peer);
    });
}

// Waking without an event in the trace, or an event that wakes no task, breaks this.
#[cfg(feature = "trace")]
#[test]
fn the_trace_says_that_a_closed_direction_wakes_its_waiters() {
    use crate::common::recorded::{plain, recorded};
    use shirr::trace::{Actor, What};

    let recording = recorded(plain(), async || {
        let (stream, _peer) = pair().await;
        let stream = Rc::new(stream);
        let reader = Rc::clone(&stream);
        let reading = spawn(async move { reader.read(&mut [0; 8]).await });
        turns(2).await;
        stream.shutdown(Read).unwrap();
        reading.await.unwrap().unwrap();
    });
    let closed = |what: &What| matches!(what, What::SourceReady { readable: true, writable: false, .. });
    assert!(recording.has(closed));
    assert!(recording.woken_by(|actor| matches!(actor, Actor::Source(_))));
}
