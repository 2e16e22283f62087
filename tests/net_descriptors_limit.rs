//! A server that runs out of descriptors: it rests instead of spinning, the rest of the
//! program goes on, and when there are descriptors again every client is served.
//!
//! The limit is a real one, of a process for each test.

#![cfg(unix)]

mod common;

use common::descriptors::{alone, set_limit};
use common::peer::pattern;
use common::{Count, ends, registered, run, turns};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{advance, sleep, timeout};
use shirr::{JoinHandle, Runtime, spawn, unblock};
use std::fs::File;
use std::future::poll_fn;
use std::io::{Read, Write};
use std::net;
use std::os::fd::AsRawFd;
use std::thread;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// Enough for a runtime, its clients and its connections.
const PLENTY: u64 = 512;

/// A server, and how many connections it has accepted.
struct Server {
    accepted: Count,
    task: JoinHandle<()>,
}

/// Accepts for ever; each connection gives back what comes until its client closes.
fn serve(listener: TcpListener) -> Server {
    let accepted = Count::default();
    let counting = accepted.clone();
    let task = spawn(async move {
        let mut incoming = listener.incoming();
        while let Some(stream) = incoming.next().await {
            counting.add(1);
            drop(spawn(echo(stream.unwrap()))); // being short of descriptors is no error
        }
    });
    Server { accepted, task }
}

async fn echo(stream: TcpStream) {
    let mut buf = [0; 64];
    loop {
        match stream.read(&mut buf).await {
            Ok(0) | Err(_) => return,
            Ok(n) => stream.write_all(&buf[..n]).await.unwrap(),
        }
    }
}

/// `n` clients, connected as far as they can tell: they wait in the listener's queue.
fn clients(n: usize, listener: &TcpListener) -> Vec<net::TcpStream> {
    let addr = listener.local_addr().unwrap();
    (0..n).map(|_| net::TcpStream::connect(addr).unwrap()).collect()
}

/// Allows `spare` descriptors more than are open.
fn leave(spare: u64) {
    let next = File::open("/dev/null").unwrap().as_raw_fd() as u64;
    set_limit(next + spare);
}

/// Asks, and compares the answer.
fn ask(client: &mut net::TcpStream, number: usize) {
    let mut answer = [0; 32];
    client.write_all(&pattern(32, number as u64)).unwrap();
    client.read_exact(&mut answer).unwrap();
    assert_eq!(answer[..], pattern(32, number as u64));
}

/// Waits until the server has accepted `n`.
async fn until_accepted(server: &Server, n: usize) {
    while server.accepted.get() < n {
        sleep(MS).await;
    }
}

/// Gives way until it is so.
async fn turns_until(is_so: impl Fn() -> bool) {
    while !is_so() {
        shirr::yield_now().await;
    }
}

#[test]
fn hit_under_load_and_released_by_clients_that_leave_the_limit_keeps_no_client_from_its_answer() {
    const CLIENTS: usize = 100;
    const FIT: u64 = 8;
    let name = "hit_under_load_and_released_by_clients_that_leave_the_limit_keeps_no_client_from_its_answer";
    alone(name, PLENTY, || {
        run(async || {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let clients = clients(CLIENTS, &listener);
            leave(FIT);
            let server = serve(listener);
            until_accepted(&server, FIT as usize).await;
            sleep(20 * MS).await;
            assert_eq!((server.accepted.get(), registered().1), (FIT as usize, 1 + FIT as usize));
            // One client after the other is answered and goes, which frees two descriptors.
            let load = thread::spawn(|| {
                for (number, mut client) in clients.into_iter().enumerate() {
                    ask(&mut client, number);
                }
            });
            until_accepted(&server, CLIENTS).await;
            unblock(move || load.join().unwrap()).await.unwrap();
            turns_until(|| shirr::metrics().tasks == 2).await; // each has seen its client go
            server.task.abort();
            assert!(server.task.await.unwrap_err().is_cancelled());
            assert_eq!(registered(), (0, 0));
        });
    });
}

#[test]
fn when_the_limit_is_raised_the_clients_that_waited_are_served_although_no_other_connects() {
    const CLIENTS: usize = 100;
    let name = "when_the_limit_is_raised_the_clients_that_waited_are_served_although_no_other_connects";
    alone(name, PLENTY, || {
        run(async || {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let clients = clients(CLIENTS, &listener);
            leave(0);
            let server = serve(listener);
            sleep(10 * MS).await;
            turns(2).await; // its rest may have ended in the same event poll
            assert_eq!((server.accepted.get(), registered()), (0, (1, 1))); // it rests
            set_limit(PLENTY);
            until_accepted(&server, CLIENTS).await;
            let asking = thread::spawn(|| {
                for (number, mut client) in clients.into_iter().enumerate() {
                    ask(&mut client, number);
                }
            });
            unblock(move || asking.join().unwrap()).await.unwrap();
        });
    });
}

#[test]
fn out_of_descriptors_for_an_hour_accept_tries_again_about_once_a_second() {
    let name = "out_of_descriptors_for_an_hour_accept_tries_again_about_once_a_second";
    alone(name, PLENTY, || {
        ends(|| {
            let runtime = Runtime::builder().paused().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let (addr, clients) = (listener.local_addr().unwrap(), clients(3, &listener));
                leave(0);
                let server = serve(listener);
                turns(3).await;
                let before = shirr::metrics();
                advance(Duration::from_secs(3_600)).await;
                let after = shirr::metrics();
                assert_eq!((server.accepted.get(), registered()), (0, (1, 1)));
                // A turn for each try, and a few for this task; a spin would be millions.
                let turns = after.polls - before.polls;
                assert!((3_600..3_650).contains(&turns), "{turns} turns in an hour");
                assert!(after.event_polls - before.event_polls < 4 * 3_650, "{after:?}");
                set_limit(PLENTY);
                advance(Duration::from_secs(1)).await; // the longest rest
                turns_until(|| server.accepted.get() == 3).await;
                // Having had a connection, it begins with short rests again.
                let late = net::TcpStream::connect(addr).unwrap();
                leave(0);
                turns_until(|| shirr::metrics().timers == 1).await;
                set_limit(PLENTY);
                advance(5 * MS).await;
                turns_until(|| server.accepted.get() == 4).await;
                drop((clients, late));
            });
        });
    });
}

#[test]
fn in_real_time_too_a_server_that_rests_sleeps() {
    alone("in_real_time_too_a_server_that_rests_sleeps", PLENTY, || {
        run(async || {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let _clients = clients(10, &listener);
            leave(0);
            let server = serve(listener);
            turns(3).await;
            let before = shirr::metrics();
            sleep(45 * MS).await;
            let after = shirr::metrics();
            // After 5, 15 and 35 ms; and a busy machine may make it fewer, never many more.
            assert!(after.polls - before.polls < 20, "{before:?} {after:?}");
            assert!(after.event_polls - before.event_polls < 40, "{before:?} {after:?}");
            assert_eq!(server.accepted.get(), 0);
        });
    });
}

#[test]
fn while_accept_rests_timers_fire_and_open_connections_are_served() {
    alone("while_accept_rests_timers_fire_and_open_connections_are_served", PLENTY, || {
        run(async || {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut clients = clients(10, &listener);
            leave(4);
            let server = serve(listener);
            until_accepted(&server, 4).await;
            for round in 0..20 {
                sleep(MS).await;
                let mut client = clients.remove(round % 4);
                let asked = unblock(move || {
                    ask(&mut client, round);
                    client
                });
                clients.insert(round % 4, asked.await.unwrap());
            }
            assert_eq!(server.accepted.get(), 4);
        });
    });
}

#[test]
fn an_accept_given_up_while_it_rests_leaves_nothing_and_loses_no_connection() {
    alone("an_accept_given_up_while_it_rests_leaves_nothing_and_loses_no_connection", PLENTY, || {
        run(async || {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            leave(0);
            assert!(timeout(3 * MS, listener.accept()).await.is_err());
            assert_eq!(registered(), (0, 2));
            set_limit(PLENTY);
            let (_, from) = listener.accept().await.unwrap();
            assert_eq!(from, client.local_addr().unwrap());
        });
    });
}

/// Breaks if the shortage is passed over, as a lost connection is, or the client is lost.
#[test]
fn a_listener_that_is_polled_gives_a_shortage_to_the_caller_and_goes_on_when_it_is_over() {
    let name = "a_listener_that_is_polled_gives_a_shortage_to_the_caller_and_goes_on_when_it_is_over";
    alone(name, PLENTY, || {
        run(async || {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut clients = clients(1, &listener);
            leave(0);
            let accept = || poll_fn(|cx| listener.poll_accept(cx));
            for _ in 0..3 {
                assert_eq!(accept().await.unwrap_err().raw_os_error(), Some(libc::EMFILE));
            }
            set_limit(PLENTY);
            drop(spawn(echo(accept().await.unwrap().0)));
            let asked = unblock(move || ask(&mut clients[0], 0));
            asked.await.unwrap();
        });
    });
}
