//! What a socket can do beside to read and to write: the same in the simulated world as by the
//! system, where each of these programs runs, too.

use crate::peers::{by_the_system_and_simulated, kind, pair};
use shirr::{spawn, yield_now};
use std::io::{ErrorKind, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::rc::Rc;

/// Breaks if a peek does not wait for the first byte, shows others than come, or takes them away.
#[test]
fn what_is_peeked_at_is_read_again() {
    by_the_system_and_simulated(async || {
        let (client, server) = pair().await;
        let peeking = spawn(async move {
            let mut seen = [0; 8];
            let n = server.peek(&mut seen).await.unwrap();
            (server, seen[..n].to_vec())
        });
        yield_now().await;
        assert!(!peeking.is_finished());
        client.write_all(b"abc").await.unwrap();
        drop(client);
        let (server, seen) = peeking.await.unwrap();
        assert!(!seen.is_empty() && b"abc".starts_with(&seen), "{seen:?}");
        let mut all = [0; 3];
        server.read_exact(&mut all).await.unwrap();
        assert_eq!((&all, server.peek(&mut [0]).await.unwrap()), (b"abc", 0));
    });
}

/// Breaks if a shutdown closes the other direction, or none.
#[test]
fn an_end_that_writes_no_more_still_reads() {
    by_the_system_and_simulated(async || {
        let (client, server) = pair().await;
        client.write_all(b"?").await.unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(kind(client.write(b"x").await), ErrorKind::BrokenPipe);
        let reading = spawn(async move { client.read_exact(&mut [0]).await });
        server.read_exact(&mut [0]).await.unwrap();
        assert_eq!(server.read(&mut [0]).await.unwrap(), 0);
        server.write_all(b"!").await.unwrap();
        reading.await.unwrap().unwrap();
    });
}

/// Breaks if a read waits on that can have nothing any more, or if its peer's ends, too.
#[test]
fn an_end_that_reads_no_more_still_writes() {
    by_the_system_and_simulated(async || {
        let (client, server) = pair().await;
        let client = Rc::new(client);
        let reader = Rc::clone(&client);
        let reading = spawn(async move { reader.read(&mut [0]).await });
        yield_now().await;
        client.shutdown(Shutdown::Read).unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), 0);
        client.write_all(b"x").await.unwrap();
        server.read_exact(&mut [0]).await.unwrap();
    });
}

/// Breaks if bytes of several buffers are lost, doubled or out of order, or if a buffer without room
/// is an obstacle.
#[test]
fn several_buffers_are_written_and_read_in_their_order() {
    by_the_system_and_simulated(async || {
        let (client, server) = pair().await;
        let mut parts = ["", "one, ", "", "two"].map(|part| IoSlice::new(part.as_bytes()));
        client.write_all_vectored(&mut parts).await.unwrap();
        drop(client);
        let mut all = Vec::new();
        loop {
            let (mut first, mut second) = ([0; 3], [0; 2]);
            let mut bufs = [&mut [], &mut first[..], &mut second].map(IoSliceMut::new);
            match server.read_vectored(&mut bufs).await.unwrap() {
                0 => break,
                n => all.extend_from_slice(&[&first[..], &second].concat()[..n]),
            }
        }
        assert_eq!(all, b"one, two");
    });
}

/// Breaks if an option is not what it was set to.
#[test]
fn an_option_is_what_it_was_set_to() {
    by_the_system_and_simulated(async || {
        let (client, _server) = pair().await;
        for nodelay in [true, false] {
            client.set_nodelay(nodelay).unwrap();
            assert_eq!(client.nodelay().unwrap(), nodelay);
        }
        client.set_ttl(42).unwrap();
        assert_eq!(client.ttl().unwrap(), 42);
    });
}
