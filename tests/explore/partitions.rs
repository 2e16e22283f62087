//! What a partition between two hosts does to their connections, and what it does not.

use shirr::explore::{Explorer, Schedule, Search, host, latency, partition};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::sleep;
use std::cell::RefCell;
use std::io::ErrorKind;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// A connection to a host that has closed its end of it.
async fn to_one_that_is_gone() -> TcpStream {
    host("server", async {
        let listener = TcpListener::bind("0.0.0.0:7").await.unwrap();
        while listener.accept().await.is_ok() {}
    });
    let stream = loop {
        match TcpStream::connect("server:7").await {
            Ok(stream) => break stream,
            Err(_) => latency().await,
        }
    };
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    stream
}

/// Breaks if the end of a partition makes a connection once more, which takes its time.
#[test]
fn a_connection_stays_made_when_a_partition_ends() {
    Explorer::new().search(Search::All(1)).run(async || {
        let stream = to_one_that_is_gone().await;
        drop(partition("main", "server"));
        stream.peer_addr().unwrap();
    });
}

/// Breaks if a writer hears of its peer's end by a partition that held nothing back.
#[test]
fn a_partition_without_a_write_tells_a_writer_nothing() {
    Explorer::new().search(Search::All(1)).run(async || {
        let stream = to_one_that_is_gone().await;
        drop(partition("main", "server"));
        sleep(60_000 * MS).await;
        assert_eq!(stream.write(b"x").await.unwrap(), 1);
    });
}

/// Breaks if the answer to bytes that were held back is lost, or comes while they are.
#[test]
fn a_writer_hears_behind_a_partition_that_its_peer_is_gone() {
    Explorer::new().search(Search::All(1)).run(async || {
        let stream = to_one_that_is_gone().await;
        let apart = partition("main", "server");
        assert_eq!(stream.write(b"x").await.unwrap(), 1);
        sleep(60_000 * MS).await;
        assert_eq!(stream.write(b"x").await.unwrap(), 1);
        drop(apart);
        sleep(60_000 * MS).await;
        assert_eq!(stream.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

/// Breaks if the end of a partition lets go on what another world has held back: it would ask for
/// choices that are none of this one's.
#[test]
fn a_connection_of_another_world_is_not_in_this_one() {
    let kept = RefCell::new(Vec::new());
    let choices = || {
        let failure = Explorer::new().replay(&Schedule::Fifo, async || {
            let stream = to_one_that_is_gone().await;
            drop(partition("main", "server"));
            let apart = partition("main", "server");
            stream.write_all(b"x").await.unwrap();
            kept.borrow_mut().push((stream, apart)); // let go without a drop
            panic!("the end");
        });
        failure.unwrap_err().choices
    };
    assert_eq!(choices(), choices());
}
