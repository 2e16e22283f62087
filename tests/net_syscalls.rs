//! What a round trip asks of the kernel, counted by strace: no more than a loop would that
//! is written by hand for this one purpose.
//!
//! Without strace, or where it may not trace, the tests say so and pass. With poll(2) a read
//! that finds nothing is what asks for the next event, so a round trip takes more there.

#![cfg(all(target_os = "linux", not(mio_unsupported_force_poll_poll)))]

mod common;

use common::run;
use common::shuffled::is_shuffled;
use common::strace::{can_trace, traced};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::sleep;
use shirr::{spawn, yield_now};
use std::future::{Future, poll_fn};
use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

const BYTES: usize = 64;

/// More than a message takes: a read that comes back short has emptied the socket.
const ROOM: usize = 1024;

/// Set in the process that is traced, to how many round trips each connection makes.
const TRIPS: &str = "SHIRR_TEST_TRIPS";

/// By which the loop asks for news.
const WAITS: &str = "--trace=/^epoll_p?wait";

/// Of each connection, in the shorter run and in the longer one.
fn trips(connections: usize) -> [usize; 2] {
    [100, 1_100].map(|trips| trips.max(2 * connections) / connections)
}

/// A loop by hand reads twice and writes twice for a round trip, and waits once for each
/// batch of news: two in a round trip of all connections. Two percent more are allowed.
fn at_most(connections: usize) -> f64 {
    (4.0 + 2.0 / connections as f64) * 1.02
}

#[test]
fn with_one_connection_a_round_trip_is_two_reads_two_writes_and_two_waits() {
    costs_no_more_than_by_hand("with_one_connection_a_round_trip_is_two_reads_two_writes_and_two_waits", 1);
}

#[test]
fn with_sixty_four_connections_one_wait_serves_them_all() {
    // Out of step, the connections share fewer waits.
    if is_shuffled("order of wakes") {
        return;
    }
    costs_no_more_than_by_hand("with_sixty_four_connections_one_wait_serves_them_all", 64);
}

/// Breaks if an event poll asks the kernel of sockets that are not there.
#[test]
fn with_no_socket_open_turns_ask_the_kernel_nothing() {
    let name = "with_no_socket_open_turns_ask_the_kernel_nothing";
    let each = made_in_each(name, [100, 100_100], WAITS, |turns| async move {
        for _ in 0..turns {
            yield_now().await;
        }
    });
    assert!(each.is_none_or(|each| each < 0.001), "{each:?}");
}

/// Breaks if an event poll in which a timer was due asks the kernel, which the one before did.
#[test]
fn beside_a_socket_a_sleep_asks_the_kernel_once() {
    let name = "beside_a_socket_a_sleep_asks_the_kernel_once";
    let each = made_in_each(name, [10, 110], WAITS, |sleeps| async move {
        let _listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        for _ in 0..sleeps {
            sleep(Duration::from_millis(1)).await;
        }
    });
    assert!(each.is_none_or(|each| each < 1.5), "{each:?}");
}

/// Breaks if the loop still counts as asleep when its sleep is over.
#[test]
fn a_wake_of_another_thread_makes_no_system_call_while_the_loop_is_awake() {
    let name = "a_wake_of_another_thread_makes_no_system_call_while_the_loop_is_awake";
    let each = made_in_each(name, [10, 110], "--trace=write", |wakes| async move {
        let ((to, wakers), (done, woken)) = (mpsc::channel::<Waker>(), mpsc::channel());
        let thread = thread::spawn(move || {
            for waker in wakers {
                waker.wake();
                done.send(()).unwrap();
            }
        });
        for _ in 0..wakes {
            sleep(Duration::from_millis(1)).await;
            to.send(poll_fn(|cx| Poll::Ready(cx.waker().clone())).await).unwrap();
            woken.recv().unwrap();
        }
        drop(to);
        thread.join().unwrap();
    });
    assert!(each.is_none_or(|each| each < 0.5), "{each:?}");
}

/// How many of these system calls are made for each round of `body`, which is told how many to make.
fn made_in_each<F: Future<Output = ()>>(
    name: &str,
    rounds: [usize; 2],
    traces: &str,
    body: impl FnOnce(usize) -> F + Send + 'static,
) -> Option<f64> {
    if let Some(rounds) = std::env::var_os(TRIPS) {
        let rounds = rounds.into_string().unwrap().parse().unwrap();
        run(move || body(rounds));
        return None;
    }
    if !can_trace() {
        return None;
    }
    let [few, many] = rounds.map(|rounds| calls(name, rounds, traces).0);
    Some((many - few) / (rounds[1] - rounds[0]) as f64)
}

/// `name` is the test's own.
fn costs_no_more_than_by_hand(name: &str, connections: usize) {
    if let Some(trips) = std::env::var_os(TRIPS) {
        let trips = trips.into_string().unwrap().parse().unwrap();
        return run(move || echo(connections, trips));
    }
    if !can_trace() {
        return;
    }
    let [few, many] = trips(connections);
    let [(calls_of_few, _), (calls_of_many, said)] =
        [few, many].map(|trips| calls(name, trips, "--trace=all"));
    let each = (calls_of_many - calls_of_few) / ((many - few) * connections) as f64;
    println!("connections: {connections}, system calls a round trip: {each:.3}");
    assert!(each <= at_most(connections), "{each} system calls a round trip; of the longer run:\n{said}");
    // Far fewer could only mean that the work was not done.
    assert!(each >= 4.0, "{each} system calls a round trip; of the longer run:\n{said}");
}

/// How many of these system calls this test makes with so many round trips, and strace's table.
fn calls(name: &str, trips: usize, traces: &str) -> (f64, String) {
    let arguments = ["--follow-forks", "--summary-only", "--summary-columns=calls,name", traces];
    let said = traced(name, (TRIPS, &trips.to_string()), &arguments);
    // A table for each kind of process: strace itself may be of another than the test.
    let totals = said.lines().filter_map(|line| line.trim().strip_suffix("total"));
    (totals.map(|calls| calls.trim().parse::<f64>().unwrap()).sum(), said)
}

/// Clients and servers in one runtime; every connection makes its round trips.
async fn echo(connections: usize, trips: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..connections {
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        drop(spawn(serve(listener.accept().await.unwrap().0)));
        client.set_nodelay(true).unwrap();
        clients.push(client);
    }
    for task in clients.into_iter().map(|client| spawn(ask(client, trips))).collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

async fn serve(stream: TcpStream) {
    let mut buf = [0; ROOM];
    stream.set_nodelay(true).unwrap();
    loop {
        match stream.read(&mut buf).await.unwrap() {
            0 => return,
            n => stream.write_all(&buf[..n]).await.unwrap(),
        }
    }
}

async fn ask(stream: TcpStream, trips: usize) {
    let mut buf = [0; ROOM];
    for trip in 0..trips {
        let message = [trip as u8; BYTES];
        stream.write_all(&message).await.unwrap();
        let mut got = 0;
        while got < BYTES {
            let n = stream.read(&mut buf[got..]).await.unwrap();
            assert!(n > 0, "the server has gone");
            got += n;
        }
        assert_eq!(buf[..got], message);
    }
}
