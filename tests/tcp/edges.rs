//! What a short transfer tells where the kernel tells of edges, on Linux.

use crate::common::peer::pair;
use crate::common::{begin, run};
use std::io::Write;
use std::net;
use std::os::fd::AsFd;
use std::pin::pin;

/// Breaks if reading the end counts as a short read, after which the next one waits.
#[test]
fn the_end_of_a_stream_is_read_again_without_an_event_in_between() {
    run(async || {
        let (stream, mut peer) = pair().await;
        peer.write_all(b"x").unwrap();
        assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 1);
        drop(peer);
        let seen = net::TcpStream::from(stream.as_fd().try_clone_to_owned().unwrap());
        while seen.peek(&mut [0; 1]).is_err() {} // until the end has come
        assert_eq!(stream.try_read(&mut [0; 8]).unwrap(), 0);
        assert!(begin(&mut pin!(stream.readable())).await.is_ready());
    });
}

/// Breaks if the next write is tried in vain. With poll(2) a short write proves nothing.
#[cfg(not(mio_unsupported_force_poll_poll))]
#[test]
fn after_a_short_write_the_next_one_waits_for_an_event() {
    run(async || {
        let (stream, _peer) = pair().await;
        let chunk = vec![7; 1 << 20];
        while stream.try_write(&chunk).unwrap() == chunk.len() {}
        assert!(begin(&mut pin!(stream.writable())).await.is_pending());
    });
}
