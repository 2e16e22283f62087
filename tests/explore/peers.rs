//! What the end of one side of a connection is to the other: the same in the simulated world as by
//! the system, where each of these programs runs, too.

use shirr::explore::{Explorer, Freedoms, Schedule};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::sleep;
use shirr::{block_on, spawn};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::time::Duration;

thread_local! {
    /// Longer than all that is under way: on loopback, or by the longest delays of a schedule.
    static A_WHILE: Cell<Duration> = const { Cell::new(Duration::from_secs(60)) };
}

pub(crate) fn by_the_system_and_simulated<F: Future<Output = ()>>(program: impl Fn() -> F) {
    A_WHILE.set(Duration::from_secs(60));
    Explorer::new().schedules(200).run(&program); // first, since it sees when nothing can go on
    A_WHILE.set(Duration::from_millis(250));
    if cfg!(target_os = "linux") {
        block_on(program()); // other systems answer with other errors
    }
}

pub(crate) async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

pub(crate) fn kind<T: std::fmt::Debug>(result: io::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

/// Breaks if a writer hears of its peer's end before it has sent anything.
#[test]
fn the_first_write_to_a_peer_that_is_gone_is_taken_and_the_next_refused() {
    by_the_system_and_simulated(async || {
        let (client, server) = pair().await;
        drop(server);
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
        assert_eq!(client.write(b"x").await.unwrap(), 1);
        sleep(A_WHILE.get()).await;
        assert_eq!(kind(client.write(b"x").await), ErrorKind::BrokenPipe);
    });
}

/// Breaks if an end with bytes that it has not read says goodbye as if it had.
#[test]
fn an_end_that_leaves_bytes_unread_resets_the_connection_behind_its_answer() {
    by_the_system_and_simulated(async || {
        let (client, server) = pair().await;
        client.write_all(b"a question").await.unwrap();
        sleep(A_WHILE.get()).await;
        server.write_all(b"!").await.unwrap();
        drop(server);
        sleep(A_WHILE.get()).await;
        let mut answer = [0];
        assert_eq!((client.read(&mut answer).await.unwrap(), answer), (1, *b"!"));
        assert_eq!(kind(client.read(&mut answer).await), ErrorKind::ConnectionReset);
        assert_eq!(kind(client.write(b"x").await), ErrorKind::BrokenPipe);
    });
}

/// Breaks if bytes that were read count as unread.
#[test]
fn an_end_that_has_read_all_says_goodbye() {
    by_the_system_and_simulated(async || {
        let (client, server) = pair().await;
        client.write_all(b"?").await.unwrap();
        server.read_exact(&mut [0]).await.unwrap();
        drop(server);
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    });
}

/// Breaks if a writer that waits for room is not told that there will be none, or is told that
/// all was taken.
#[test]
fn a_writer_that_waits_for_room_is_told_that_its_peer_is_gone() {
    by_the_system_and_simulated(async || {
        let (client, server) = pair().await;
        let writing = spawn(async move { client.write_all(&vec![7; 20_000_000]).await });
        sleep(A_WHILE.get()).await;
        drop(server);
        assert!(writing.await.unwrap().is_err());
    });
}

/// Breaks if a client that no one has accepted is told that the stream has ended well.
#[test]
fn a_client_that_no_one_has_accepted_is_reset_with_the_listener() {
    by_the_system_and_simulated(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        drop(listener);
        assert_eq!(kind(client.read(&mut [0]).await), ErrorKind::ConnectionReset);
    });
}

/// Breaks if a share is of the buffer instead of what is there, or if two choices give one share.
#[test]
fn a_read_gets_one_byte_half_or_all_of_what_is_there() {
    let first_reads = |sent: usize| {
        let reads = RefCell::new(BTreeSet::new());
        let freedoms = Freedoms { delays: false, events: false, ..Freedoms::WORLD };
        let program = async || {
            let (client, server) = pair().await;
            client.write_all(&vec![7; sent]).await.unwrap();
            sleep(A_WHILE.get()).await;
            let n = server.read(&mut [0; 4096]).await.unwrap();
            reads.borrow_mut().insert(n);
        };
        let explorer = Explorer::new().freedoms(freedoms);
        explorer.replay(&Schedule::Fifo, program).unwrap();
        let passed = explorer.search(shirr::explore::Search::All(2)).check(program).unwrap();
        (reads.take().into_iter().collect::<Vec<_>>(), passed.schedules)
    };
    assert_eq!(first_reads(100).0, [1, 50, 100]);
    // As it is, two parts of the write, one of the read (both times, if the write has two).
    assert_eq!(first_reads(2), (vec![1, 2], 4));
}

/// Breaks if a write takes all that has room, whatever is chosen.
#[test]
fn a_write_takes_one_byte_half_or_all() {
    let writes = RefCell::new(BTreeSet::new());
    let freedoms = Freedoms { delays: false, events: false, ..Freedoms::WORLD };
    Explorer::new().freedoms(freedoms).search(shirr::explore::Search::All(1)).run(async || {
        let (client, _server) = pair().await;
        let n = client.write(&[7; 100]).await.unwrap();
        writes.borrow_mut().insert(n);
    });
    assert_eq!(writes.take().into_iter().collect::<Vec<_>>(), [1, 50, 100]);
}
