//! The simulated world: its clock, its network, its hosts, its helper threads.

use shirr::explore::{Explorer, Freedoms, Kind, Schedule, Stuck, explore, host, latency, partition};
use shirr::net::{TcpListener, TcpStream, lookup_host};
use shirr::time::{now, sleep, timeout};
use shirr::{gather, spawn, unblock};
use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind};
use std::rc::Rc;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);

/// Runs it as the runtime does by itself, without a deviation.
fn plainly<F: Future<Output = ()>>(program: impl Fn() -> F) {
    Explorer::new().replay(&Schedule::Fifo, program).unwrap_or_else(|failure| panic!("{failure}"));
}

async fn echo(listener: TcpListener) {
    let mut incoming = listener.incoming();
    while let Some(Ok(stream)) = incoming.next().await {
        drop(spawn(async move {
            let mut buf = [0; 64];
            while let Ok(n @ 1..) = stream.read(&mut buf).await {
                if stream.write_all(&buf[..n]).await.is_err() {
                    break;
                }
            }
        }));
    }
}

async fn serve_echo() {
    echo(TcpListener::bind("0.0.0.0:7").await.unwrap()).await;
}

/// Until the server listens.
async fn connect(to: &str) -> TcpStream {
    loop {
        match TcpStream::connect(to).await {
            Ok(stream) => return stream,
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}"),
        }
        sleep(MS).await;
    }
}

async fn ask(stream: &TcpStream, text: &[u8]) -> io::Result<()> {
    stream.write_all(text).await?;
    let mut answer = vec![0; text.len()];
    stream.read_exact(&mut answer).await?;
    assert_eq!(answer, text);
    Ok(())
}

/// Breaks if the loop waits for the kernel, or reads the system's clock.
#[test]
fn a_day_of_sleep_takes_no_time_and_comes_to_the_nanosecond() {
    let real = Instant::now();
    plainly(async || {
        let start = now();
        sleep(24 * 3600 * 1000 * MS).await;
        assert_eq!(now() - start, 24 * 3600 * 1000 * MS);
    });
    assert!(real.elapsed() < Duration::from_secs(60));
}

/// Breaks if a byte is lost, doubled or out of order under any share and delay.
#[test]
fn bytes_come_whole_and_in_order_through_a_pipe_that_fills_up() {
    Explorer::new().schedules(50).max_turns(1_000_000).run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let sent: Vec<u8> = (0..100_000u32).map(|n| (n % 251) as u8).collect();
        let expected = sent.clone();
        let writer = spawn(async move { client.write_all(&sent).await });
        let (mut got, mut buf) = (Vec::new(), vec![0; 70_000]);
        loop {
            match server.read(&mut buf).await.unwrap() {
                0 => break,
                n => got.extend_from_slice(&buf[..n]),
            }
        }
        writer.await.unwrap().unwrap();
        assert!(got == expected);
    });
}

/// Breaks if the kinds of errors are others than the system's.
#[test]
fn what_cannot_be_done_is_refused_as_the_system_refuses_it() {
    plainly(async || {
        let refused = TcpStream::connect("127.0.0.1:9").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let listener = TcpListener::bind("127.0.0.1:9").await.unwrap();
        let taken = TcpListener::bind("127.0.0.1:9").await.unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
        let foreign = TcpListener::bind("10.9.9.9:9").await.unwrap_err();
        assert_eq!(foreign.kind(), ErrorKind::AddrNotAvailable);
        let client = TcpStream::connect("127.0.0.1:9").await.unwrap();
        let (server, from) = listener.accept().await.unwrap();
        assert_eq!(
            (from, client.peer_addr().unwrap()),
            (client.local_addr().unwrap(), listener.local_addr().unwrap())
        );
        drop(server);
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
        let unknown = lookup_host("nowhere:80").await.unwrap_err();
        assert!(unknown.to_string().contains("no host of this world"), "{unknown}");
    });
}

/// Breaks if two sockets have one port, or if one is outside of those that a system gives by itself.
#[test]
fn a_port_that_no_one_asked_for_is_free_and_a_high_one() {
    plainly(async || {
        let mut ports = std::collections::BTreeSet::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        ports.insert(addr.port());
        for _ in 0..100 {
            ports.insert(TcpStream::connect(addr).await.unwrap().local_addr().unwrap().port());
        }
        assert_eq!((ports.len(), ports.first()), (101, Some(&49_152)));
        drop(listener);
        for _ in 0..16_384 {
            let one_more = TcpListener::bind("127.0.0.1:0").await.unwrap(); // the numbers begin anew
            assert!(one_more.local_addr().unwrap().port() >= 49_152);
        }
    });
}

/// Breaks if a socket has the port of a listener once the numbers begin anew, or looks for ever for a
/// port that no listener has.
#[test]
fn a_port_that_a_listener_has_is_no_one_elses() {
    plainly(async || {
        let bind = async || TcpListener::bind("127.0.0.1:0").await;
        let first = bind().await.unwrap();
        let addr = first.local_addr().unwrap();
        for _ in 0..16_382 {
            bind().await.unwrap();
        }
        let client = TcpStream::connect(addr).await.unwrap(); // the first number is the next
        assert_ne!(client.local_addr().unwrap(), addr);
        let mut others = Vec::new();
        while let Ok(other) = bind().await {
            others.push(other);
        }
        assert_eq!((others.len(), bind().await.unwrap_err().kind()), (16_382, ErrorKind::AddrInUse));
        assert_eq!(TcpStream::connect(addr).await.unwrap_err().kind(), ErrorKind::AddrNotAvailable);
    });
}

/// Breaks if a choice is told of another connection.
#[test]
fn connections_are_numbered_in_the_order_in_which_they_are_begun() {
    let failure = Explorer::new().replay(&Schedule::Fifo, async || {
        let listener = TcpListener::bind("127.0.0.1:80").await.unwrap();
        for _ in 0..3 {
            TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        }
        panic!("the end");
    });
    let failure = failure.unwrap_err();
    let connects = failure.choices.iter().filter(|choice| choice.kind == Kind::Connect);
    assert_eq!(connects.map(|choice| choice.about).collect::<Vec<_>>(), [1, 2, 3]);
}

/// Breaks if a host sees another's time, name or tasks, or if one of them is not run.
#[test]
fn hosts_find_each_other_by_name_and_have_one_clock() {
    Explorer::new().schedules(200).run(async || {
        let server = host("server", serve_echo());
        let seen = Rc::new(Cell::new(None));
        let noting = Rc::clone(&seen);
        host("client", async move {
            let stream = connect("server:7").await;
            assert_eq!(stream.peer_addr().unwrap().ip(), lookup_host("server:7").await.unwrap()[0].ip());
            ask(&stream, b"hello").await.unwrap();
            noting.set(Some(now()));
        });
        while seen.get().is_none() {
            sleep(MS).await;
        }
        assert!(seen.get().unwrap() <= now() && !server.is_finished());
    });
}

/// Breaks if what is sent into a partition is lost, or comes while it lasts.
#[test]
fn a_partition_holds_back_what_is_sent_and_connections_until_it_ends() {
    Explorer::new().schedules(200).run(async || {
        host("server", serve_echo());
        let stream = connect("server:7").await;
        ask(&stream, b"before").await.unwrap();
        let apart = partition("main", "server");
        assert!(timeout(10_000 * MS, ask(&stream, b"during")).await.is_err());
        assert!(timeout(10_000 * MS, TcpStream::connect("server:7")).await.is_err());
        drop(apart);
        let mut answer = [0; 6];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"during");
        ask(&stream, b"after").await.unwrap();
    });
}

/// Breaks if a crash is told to the peers, or forgotten when the host is up again.
#[test]
fn a_host_that_crashes_leaves_its_peers_half_open_until_it_is_up_again() {
    Explorer::new().schedules(200).run(async || {
        let server = host("server", serve_echo());
        let stream = connect("server:7").await;
        ask(&stream, b"before").await.unwrap();
        server.crash();
        assert!(server.is_finished());
        stream.write_all(b"into the void").await.unwrap();
        assert!(timeout(60_000 * MS, stream.read(&mut [0])).await.is_err());
        assert!(timeout(60_000 * MS, TcpStream::connect("server:7")).await.is_err());
        server.restart(serve_echo());
        assert_eq!(stream.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        ask(&connect("server:7").await, b"again").await.unwrap();
    });
}

/// Breaks if a closure runs on another thread, at once, or not at all, or if one that is given up runs.
#[test]
fn a_closure_for_a_helper_runs_on_this_thread_when_its_time_has_come() {
    Explorer::new().schedules(200).run(async || {
        let here = std::thread::current().id();
        let ran = unblock(move || std::thread::current().id() == here);
        assert!(ran.await.unwrap());
        let mut given_up = Box::pin(unblock(|| panic!("it was given up")));
        assert!(begin(given_up.as_mut()).await.is_pending());
        drop(given_up);
        sleep(1_000 * MS).await;
    });
}

/// Polls it once.
async fn begin<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    let mut future = Some(future);
    std::future::poll_fn(|cx| std::task::Poll::Ready(future.take().expect("once").poll(cx))).await
}

/// Breaks if two answers always come in the order of their questions.
#[test]
fn answers_of_helpers_come_in_either_order() {
    let orders = RefCell::new(std::collections::BTreeSet::new());
    Explorer::new().schedules(100).freedoms(Freedoms::WORLD).run(async || {
        let order = Rc::new(RefCell::new(Vec::new()));
        let ask = |n: u32| {
            let order = Rc::clone(&order);
            async move {
                unblock(move || n).await.unwrap();
                order.borrow_mut().push(n);
            }
        };
        gather([1, 2].map(ask)).await;
        orders.borrow_mut().insert(order.take());
    });
    assert_eq!(orders.take().into_iter().collect::<Vec<_>>(), [vec![1, 2], vec![2, 1]]);
}

/// Breaks if a program that can never go on waits, or ends without a word.
#[test]
fn a_program_that_nothing_can_wake_is_a_deadlock_and_one_without_an_end_is_told() {
    let failure = Explorer::new().check(async || std::future::pending::<()>().await).unwrap_err();
    assert_eq!(failure.fault, shirr::explore::Fault::Stuck(Stuck::Deadlock(1)));
    let busy = async || loop {
        latency().await;
    };
    let failure = Explorer::new().max_turns(500).check(busy).unwrap_err();
    assert_eq!(failure.fault, shirr::explore::Fault::Stuck(Stuck::NoEnd(500)));
    let failure = Explorer::new().check(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        drop(listener.accept().await);
    });
    assert_eq!(failure.unwrap_err().fault, shirr::explore::Fault::Stuck(Stuck::Deadlock(1)));
}

/// Breaks if a world inside a world takes that one's events away.
#[test]
fn a_program_that_explores_inside_of_an_explored_run_is_told_so() {
    let failure = Explorer::new().check(async || explore(async || ())).unwrap_err();
    assert!(failure.to_string().contains("inside of a run that is explored"), "{failure}");
}

/// Breaks if a world leaves a port, a host or a timer to the next.
#[test]
fn each_run_has_a_world_of_its_own() {
    explore(async || {
        let _listener = TcpListener::bind("127.0.0.1:80").await.unwrap();
        host("other", async { sleep(MS).await });
        drop(spawn(sleep(1_000_000 * MS)));
    });
}
