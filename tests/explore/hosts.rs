//! Hosts that are taken down at any moment, by any one, and what a world leaves to the next.

use shirr::explore::{Explorer, Fault, Host, Schedule, Stuck, host, latency, partition};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{now, sleep, sleep_until, timeout};
use shirr::{spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
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

/// Breaks if the addresses have room for 255 hosts only.
#[test]
fn there_may_be_three_hundred_hosts_with_an_address_each() {
    plainly(async || {
        let addrs: std::collections::HashSet<_> =
            (0..300).map(|n: u32| host(&n.to_string(), async {}).addr()).collect();
        assert_eq!(addrs.len(), 300);
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

/// Breaks if the loop waits for a time that does not come: the search would not end.
#[test]
fn a_clock_that_is_to_go_by_itself_is_refused() {
    let failure = Explorer::new().check(async || {
        shirr::time::resume();
        sleep(MS).await;
    });
    assert!(failure.unwrap_err().to_string().contains("no time passes by itself"));
}
