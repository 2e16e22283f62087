//! Names: looked up on a helper thread, with errors that say which name it was.

mod common;

use common::peer::read_to_end;
use common::{begin, ends, panic_text, poll_once, registered, run, turns};
use shirr::net::{TcpListener, TcpStream, lookup_host};
use shirr::time::{sleep, stalled};
use shirr::{Runtime, Unblock, gather, spawn, unblock, yield_now};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// A name that no resolver takes, so that no network is asked: a part of it is too long.
fn impossible() -> String {
    format!("{}.invalid", "x".repeat(70))
}

/// Occupies a helper until the sender is used or dropped; to be polled for that.
fn busy() -> (Sender<()>, Unblock<impl FnOnce(), ()>) {
    let (release, held) = channel();
    let hold = move || {
        let _ = held.recv();
    };
    (release, unblock(hold))
}

/// How many closures wait for a helper or have one, while the clock is paused and a timer waits.
fn closures() -> usize {
    let said = stalled().unwrap_or_default();
    let (before, _) = said.split_once(" blocking closure").expect("some closure is at work");
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Breaks if a look-up that asks no helper counts as no step.
#[test]
fn looking_up_addresses_again_and_again_gives_way_to_another_task() {
    run(async || {
        let other = spawn(async {});
        for _ in 0..200 {
            lookup_host("127.0.0.1:80").await.unwrap();
        }
        assert!(other.is_finished());
    });
}

#[test]
fn localhost_resolves_to_this_machine_with_the_port() {
    run(async || {
        let addrs = lookup_host("localhost:8080").await.unwrap();
        assert!(!addrs.is_empty());
        assert!(addrs.iter().all(|addr| addr.ip().is_loopback() && addr.port() == 8080), "{addrs:?}");
        assert_eq!(lookup_host(("localhost", 8080)).await.unwrap(), addrs);
        assert_eq!(lookup_host(("localhost".to_owned(), 8080)).await.unwrap(), addrs);
    });
}

#[test]
fn addresses_are_taken_as_they_stand() {
    run(async || {
        let one = |text: &str| vec![text.parse::<SocketAddr>().unwrap()];
        assert_eq!(lookup_host("127.0.0.1:80").await.unwrap(), one("127.0.0.1:80"));
        assert_eq!(lookup_host("[::1]:80").await.unwrap(), one("[::1]:80"));
        assert_eq!(lookup_host(("::1", 80)).await.unwrap(), one("[::1]:80"));
        let many = [one("127.0.0.1:1"), one("[::1]:2")].concat();
        assert_eq!(lookup_host(&many[..]).await.unwrap(), many);
        assert_eq!(lookup_host(many.clone()).await.unwrap(), many);
        assert_eq!(lookup_host(Vec::new()).await.unwrap(), []);
        assert_eq!(lookup_host([]).await.unwrap(), []);
    });
}

#[test]
fn a_reference_is_as_good_as_what_it_refers_to() {
    run(async || {
        let v4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 80);
        let addr = SocketAddr::from(v4);
        let both = [addr, "[::1]:2".parse().unwrap()];
        assert_eq!(lookup_host(&addr).await.unwrap(), [addr]);
        assert_eq!(lookup_host(&v4).await.unwrap(), [addr]);
        assert_eq!(lookup_host(&(*v4.ip(), 80)).await.unwrap(), [addr]);
        assert_eq!(lookup_host(&(Ipv6Addr::LOCALHOST, 2)).await.unwrap(), both[1..]);
        assert_eq!(lookup_host(&("127.0.0.1", 80)).await.unwrap(), [addr]);
        assert_eq!(lookup_host(&("127.0.0.1".to_owned(), 80)).await.unwrap(), [addr]);
        assert_eq!(lookup_host(&"127.0.0.1:80").await.unwrap(), [addr]);
        assert_eq!(lookup_host(&"127.0.0.1:80".to_owned()).await.unwrap(), [addr]);
        assert_eq!(lookup_host(&both).await.unwrap(), both);
        assert_eq!(lookup_host(&both.to_vec()).await.unwrap(), both);
        assert_eq!(lookup_host(&&both[..]).await.unwrap(), both);
    });
}

#[test]
fn a_stream_connects_and_a_listener_binds_by_name() {
    run(async || {
        let listener = TcpListener::bind("localhost:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = TcpStream::connect(("localhost", port)).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        client.write_all(b"by name").await.unwrap();
        drop(client);
        assert_eq!(read_to_end(&server).await.unwrap(), b"by name");
    });
}

#[test]
fn a_look_up_goes_through_a_helper_and_the_loop_runs_on_meanwhile() {
    ends(|| {
        let runtime = Runtime::builder().helper_threads(1).build().unwrap();
        runtime.block_on(async {
            // The only helper is busy until the test lets it go.
            let (release, busy) = busy();
            let busy = spawn(busy);
            turns(2).await;
            let lookup = spawn(lookup_host("localhost:80"));
            for _ in 0..20 {
                sleep(Duration::from_micros(100)).await;
            }
            assert!(!lookup.is_finished(), "it was looked up on the loop's own thread");
            release.send(()).unwrap();
            busy.await.unwrap().unwrap();
            assert!(lookup.await.unwrap().is_ok());
        });
    });
}

/// Breaks if a look-up that was given up keeps its place in the helpers' queue, or two calls
/// share one answer and with it a port.
#[test]
fn each_call_is_a_look_up_of_its_own_and_one_given_up_leaves_the_queue() {
    ends(|| {
        let runtime = Runtime::builder().helper_threads(1).paused().build().unwrap();
        runtime.block_on(async {
            let _timer = spawn(sleep(Duration::from_secs(1)));
            let (release, busy) = busy();
            let busy = spawn(busy);
            let asked: Vec<_> = (1..10).map(|port| spawn(lookup_host(("localhost", port)))).collect();
            let given_up = spawn(lookup_host("localhost:80"));
            turns(3).await;
            assert_eq!(closures(), 11, "one is busy, ten wait");
            given_up.abort();
            turns(3).await;
            assert_eq!(closures(), 10);
            drop(release);
            for (port, asked) in (1..).zip(asked) {
                let addrs = asked.await.unwrap().unwrap();
                assert!(!addrs.is_empty());
                assert!(addrs.iter().all(|addr| addr.ip().is_loopback() && addr.port() == port), "{addrs:?}");
            }
            busy.await.unwrap().unwrap();
        });
    });
}

#[test]
fn a_look_up_whose_runtime_ends_first_is_an_error_that_carries_the_name() {
    ends(|| {
        let (first, second) = (Runtime::builder().helper_threads(1), Runtime::new().unwrap());
        let first = first.build().unwrap();
        let (release, held) = channel::<()>();
        let (begun, has_begun) = channel();
        let mut asked = [1, 2].map(|port| Box::pin(lookup_host(("localhost", port))));
        first.block_on(async {
            drop(spawn(unblock(move || {
                begun.send(()).unwrap();
                let _ = held.recv();
            })));
            turns(2).await;
            for lookup in &mut asked {
                assert!(begin(lookup).await.is_pending());
            }
        });
        // Else it would be withdrawn with its task, and the helper find the look-up next.
        has_begun.recv().unwrap();
        drop(first);
        for lookup in asked {
            let error = second.block_on(lookup).unwrap_err();
            assert_eq!(error.to_string(), "cannot resolve \"localhost\": task was cancelled");
        }
        drop(release);
    });
}

#[test]
fn a_text_without_a_port_is_an_error_that_shows_how_to_write_one() {
    run(async || {
        for text in ["localhost", "127.0.0.1", "localhost:", "localhost:http", "localhost:65536", ""] {
            let error = lookup_host(text).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text:?}");
            let said = error.to_string();
            assert!(said.contains(&format!("{text:?}")) && said.contains("host:port"), "{said}");
            assert_eq!(TcpStream::connect(text).await.unwrap_err().to_string(), said);
            assert_eq!(TcpListener::bind(text).await.unwrap_err().to_string(), said);
        }
    });
}

#[test]
fn a_name_that_cannot_be_resolved_is_an_error_that_carries_it() {
    run(async || {
        for name in [impossible(), "no\0name".to_owned()] {
            let error = lookup_host((name.as_str(), 80)).await.unwrap_err();
            assert!(error.to_string().contains(&format!("cannot resolve {name:?}")), "{error}");
            let text = TcpStream::connect((name.as_str(), 80)).await.unwrap_err().to_string();
            assert_eq!(text, error.to_string());
        }
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn one_name_that_fails_among_many_look_ups_harms_no_other() {
    run(async || {
        let lookup = |i: u16| {
            let host = if i == 7 { impossible() } else { "localhost".to_owned() };
            async move { lookup_host((host, i)).await.map(|addrs| addrs[0].port()) }
        };
        // More than there are helper threads.
        let answers = gather((0..20).map(lookup)).await;
        for (i, answer) in (0..).zip(answers) {
            assert_eq!(answer.ok(), (i != 7).then_some(i));
        }
    });
}

#[test]
fn a_look_up_given_up_early_disturbs_no_other() {
    run(async || {
        for _ in 0..50 {
            let mut lookup = Box::pin(lookup_host("localhost:80"));
            let _ = begin(&mut lookup).await; // a helper may have been quick
            drop(lookup);
        }
        turns(3).await;
        assert!(lookup_host("localhost:80").await.is_ok());
        assert_eq!(shirr::metrics().tasks, 1);
    });
}

#[test]
fn a_runtime_that_ends_under_look_ups_waits_for_none_of_them() {
    run(async || {
        for _ in 0..20 {
            drop(spawn(lookup_host("localhost:80")));
        }
        yield_now().await;
    });
}

#[test]
fn outside_a_runtime_a_name_panics_and_an_address_does_not() {
    assert!(poll_once(&mut Box::pin(lookup_host("127.0.0.1:80"))).is_ready());
    let text = panic_text(|| poll_once(&mut Box::pin(lookup_host("localhost:80"))));
    assert!(text.contains("shirr::block_on(async"), "{text}");
}
