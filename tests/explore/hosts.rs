//! Hosts that are taken down at any moment, by any one, and what a world leaves to the next.

use shirr::explore::{Explorer, Fault, Host, Schedule, Stuck, host, latency, partition};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{now, sleep, sleep_until, timeout};
use shirr::{spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::net::IpAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// Runs it as the runtime does by itself, without a deviation.
fn plainly<F: Future<Output = ()>>(program: impl Fn() -> F) {
    Explorer::new().replay(&Schedule::Fifo, program).unwrap_or_else(|failure| panic!("{failure}"));
}

async fn connect(to: &str) -> TcpStream {
    loop {
        match TcpStream::connect(to).await {
            Ok(stream) => return stream,
            Err(_) => latency().await,
        }
    }
}

/// Breaks if the turns of other hosts are not counted where none of their tasks is ready after them:
/// the search would not end.
#[test]
fn a_host_that_ticks_for_ever_does_not_hide_that_the_program_does_not_end() {
    let failure = Explorer::new().max_turns(500).check(async || {
        host("clock", async {
            loop {
                sleep(MS).await;
            }
        });
        std::future::pending::<()>().await;
    });
    assert_eq!(failure.unwrap_err().fault, Fault::Stuck(Stuck::NoEnd(500)));
}

/// Breaks if a host that has something to do when another host takes it down tells its peers.
#[test]
fn a_host_may_take_another_down_at_its_work() {
    plainly(async || {
        let (at, server) = (now() + 20 * MS, Rc::new(RefCell::new(None::<Host>)));
        let taken = Rc::clone(&server);
        host("killer", async move {
            sleep_until(at).await; // as the server, which comes after it
            taken.take().unwrap().crash();
        });
        server.replace(Some(host("server", async move {
            let listener = TcpListener::bind("0.0.0.0:7").await.unwrap();
            let _peer = listener.accept().await.unwrap();
            sleep_until(at).await;
            std::future::pending().await
        })));
        let stream = connect("server:7").await;
        assert!(timeout(1000 * MS, stream.read(&mut [0])).await.is_err());
    });
}

/// Breaks if a host that takes itself down goes on behind its next await, or tells its peers.
#[test]
fn a_host_may_take_itself_down() {
    plainly(async || {
        let (own, went_on) = (Rc::new(RefCell::new(None::<Host>)), Rc::new(Cell::new(false)));
        let (taken, noting) = (Rc::clone(&own), Rc::clone(&went_on));
        let server = host("server", async move {
            let listener = TcpListener::bind("0.0.0.0:7").await.unwrap();
            let _peer = listener.accept().await.unwrap();
            taken.take().unwrap().crash();
            yield_now().await;
            noting.set(true);
        });
        own.replace(Some(server));
        let stream = connect("server:7").await;
        assert!(timeout(1000 * MS, stream.read(&mut [0])).await.is_err());
        assert!(!went_on.get());
    });
}

/// Breaks if the addresses have room for 255 hosts only, or are any that someone may have.
#[test]
fn there_may_be_three_hundred_hosts_with_an_address_each() {
    plainly(async || {
        let addrs: std::collections::HashSet<_> =
            (0..300).map(|n: u32| host(&n.to_string(), async {}).addr()).collect();
        assert_eq!(addrs.len(), 300);
        assert!(addrs.iter().all(|addr| matches!(addr, IpAddr::V4(addr) if addr.is_private())));
    });
}

/// Breaks if a listener that a program has let go without a drop has its port in the next world, or
/// if one of an earlier world takes a port of a later one with it.
#[test]
fn a_listener_of_another_world_has_no_port_in_this_one() {
    let kept = RefCell::new(Vec::new());
    Explorer::new().schedules(10).run(async || {
        let listener = TcpListener::bind("127.0.0.1:80").await.unwrap();
        let addr = listener.local_addr().unwrap();
        kept.borrow_mut().push(listener);
        if kept.borrow().len() > 1 {
            drop(kept.borrow_mut().remove(0));
        }
        TcpStream::connect(addr).await.unwrap();
    });
}

/// Breaks if a connection to a host that is down, or to a port that is not reached, is under way for
/// ever: the system tries again, until there is an answer.
#[test]
fn a_connection_under_way_is_refused_when_the_host_is_reached() {
    let begin = || spawn(async { TcpStream::connect("server:7").await.map(drop) });
    plainly(async || {
        let server = host("server", async {});
        server.crash();
        let connecting = begin();
        sleep(MS).await;
        drop(partition("main", "server"));
        sleep(MS).await;
        assert!(!connecting.is_finished());
        server.restart(async {});
        assert_eq!(connecting.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionRefused);
        let (apart, connecting) = (partition("main", "server"), begin());
        sleep(MS).await;
        server.crash();
        let still_apart = partition("server", "main");
        drop(apart);
        server.restart(async {});
        sleep(MS).await;
        assert!(!connecting.is_finished());
        drop(still_apart);
        assert_eq!(connecting.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionRefused);
    });
}

/// Counts the polls.
async fn counted<F: Future>(polls: Rc<Cell<u32>>, future: F) -> F::Output {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| {
        polls.set(polls.get() + 1);
        future.as_mut().poll(cx)
    })
    .await
}

/// Breaks if a packet for a host that is down wakes a socket that the host has when it is up again.
#[test]
fn a_host_that_is_up_again_hears_nothing_that_was_for_it_before() {
    Explorer::new().schedules(100).run(async || {
        let listener = TcpListener::bind("0.0.0.0:7").await.unwrap();
        let polls = Rc::<Cell<u32>>::default();
        let client = |polls: &Rc<_>| {
            let polls = Rc::clone(polls);
            async move {
                let stream = TcpStream::connect("main:7").await.unwrap();
                drop(counted(polls, stream.read(&mut [0])).await);
            }
        };
        let host = host("client", client(&Rc::default()));
        let (stream, _) = listener.accept().await.unwrap();
        host.crash();
        stream.write_all(b"x").await.unwrap();
        host.restart(client(&polls));
        let _again = listener.accept().await.unwrap();
        sleep(60_000 * MS).await;
        assert_eq!(polls.get(), 1);
    });
}

/// Breaks if room in the pipe of a socket that was dropped wakes the one that has its place.
#[test]
fn a_socket_hears_nothing_that_was_for_the_one_in_its_place_before() {
    const ROOM: usize = 64 * 1024;
    plainly(async || {
        let listener = TcpListener::bind("0.0.0.0:7").await.unwrap();
        let (client, (server, _)) = (connect("main:7").await, listener.accept().await.unwrap());
        assert_eq!(client.write(&[0; ROOM]).await.unwrap(), ROOM);
        drop(client);
        let (client, _other) = (connect("main:7").await, listener.accept().await.unwrap());
        assert_eq!(client.write(&[0; ROOM]).await.unwrap(), ROOM);
        sleep(MS).await; // until the connection has told that it is made
        let polls = Rc::<Cell<u32>>::default();
        let polled = Rc::clone(&polls);
        let _writing = spawn(async move { counted(polled, client.write(b"x")).await });
        sleep(MS).await;
        assert_eq!(server.read(&mut [0; ROOM]).await.unwrap(), ROOM);
        sleep(MS).await;
        assert_eq!(polls.get(), 1);
    });
}

/// Breaks if the loop waits for a time that does not come: the search would not end.
#[test]
fn a_clock_that_is_to_go_by_itself_is_refused() {
    let failure = Explorer::new().check(async || {
        shirr::time::resume();
        sleep(MS).await;
    });
    assert!(failure.unwrap_err().to_string().contains("no time passes by itself"));
}
