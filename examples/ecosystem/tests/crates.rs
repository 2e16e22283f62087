//! Crates that run on shirr, each doing once what it is for. The programs in `src/bin/` have the
//! larger ones; the README's table says which.

#![cfg(unix)]

mod common;

use async_process::{Command, Stdio};
use async_signal::{Signal, Signals};
use backon::{ExponentialBuilder, Retryable};
use futures_util::{AsyncReadExt, AsyncWriteExt, StreamExt};
use governor::{Quota, RateLimiter};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{now, sleep, timeout};
use shirr::{Runtime, gather, spawn, unblock};
use std::cell::Cell;
use std::convert::Infallible;
use std::io::Write;
use std::num::NonZeroU32;
use std::panic::catch_unwind;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};
use tokio_util::compat::FuturesAsyncReadCompatExt;

const SECOND: Duration = Duration::from_secs(1);

/// Time in it takes no time.
fn on_a_paused_clock<T>(work: impl Future<Output = T>) -> T {
    Runtime::builder().paused().build().unwrap().block_on(work)
}

/// Breaks if the pauses are not shirr's, whose clock stands.
#[test]
fn backon_pauses_by_shirrs_sleep() {
    on_a_paused_clock(async {
        let (tries, start) = (Cell::new(0), now());
        let try_it = || async {
            tries.set(tries.get() + 1);
            if tries.get() < 4 { Err("not yet") } else { Ok("done") }
        };
        let pauses = ExponentialBuilder::new().with_min_delay(SECOND).with_factor(2.0);
        assert_eq!(try_it.retry(pauses).sleep(sleep).await, Ok("done"));
        assert_eq!((tries.get(), now() - start), (4, 7 * SECOND));
    });
}

/// Its waits are futures-timer's, which has a thread. Breaks if that thread's wake is lost.
#[test]
fn governor_lets_a_hundred_a_second_through() {
    let limiter =
        RateLimiter::direct(Quota::per_second(NonZeroU32::new(100).unwrap()).allow_burst(NonZeroU32::MIN));
    let start = Instant::now();
    shirr::block_on(async {
        for _ in 0..6 {
            limiter.until_ready().await;
        }
    });
    assert!(start.elapsed() >= Duration::from_millis(50));
}

/// Breaks if those that wait for the first are not woken.
#[test]
fn moka_makes_a_value_once_for_all_who_ask_at_once() {
    on_a_paused_clock(async {
        let (cache, made) = (moka::future::Cache::new(10), Rc::new(Cell::new(0)));
        let values = gather((0..100).map(|_| {
            let (cache, made) = (cache.clone(), Rc::clone(&made));
            async move {
                let value = async {
                    sleep(SECOND).await;
                    made.set(made.get() + 1);
                    made.get()
                };
                cache.get_with("key", value).await
            }
        }));
        assert_eq!((values.await, made.get()), (vec![1; 100], 1));
    });
}

/// Breaks if an object that comes back wakes no task.
#[test]
fn deadpool_gives_two_objects_to_ten_one_after_another() {
    on_a_paused_clock(async {
        let (pool, start) = (deadpool::unmanaged::Pool::from(vec!["a", "b"]), now());
        let uses = gather((0..10).map(|_| {
            let pool = pool.clone();
            async move {
                let object = pool.get().await.unwrap();
                sleep(SECOND).await;
                object.len()
            }
        }));
        assert_eq!((uses.await, now() - start), (vec![1; 10], 5 * SECOND));
    });
}

/// async-io's thread waits for the pipes and the ends. Breaks if its wakes are lost, or if a
/// child outlives the timeout that dropped it.
#[test]
fn async_process_has_children_at_once_and_a_timeout_ends_one() {
    shirr::block_on(async {
        let echoes = gather((0..8).map(|number: u8| async move {
            let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(&[number]).await.unwrap(); // and closes it
            child.output().await.unwrap().stdout
        }));
        assert_eq!(echoes.await, (0..8).map(|number| vec![number]).collect::<Vec<_>>());

        let mut child =
            Command::new("sleep").arg("600").kill_on_drop(true).stdout(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdout.take().unwrap();
        let waiting = async move { child.status().await };
        timeout(Duration::from_millis(1), waiting).await.unwrap_err();
        assert_eq!(pipe.read(&mut [0]).await.unwrap(), 0); // the pipe's other end is gone with it
    });
}

/// Breaks if the signal's wake, from async-io's thread, is lost.
#[test]
fn async_signal_tells_of_a_signal() {
    let mut signals = Signals::new([Signal::Usr1]).unwrap();
    shirr::block_on(async {
        let waiting = spawn(async move { signals.next().await.unwrap().unwrap() });
        let kill = format!("kill -USR1 {}", std::process::id());
        assert!(Command::new("sh").args(["-c", &kill]).status().await.unwrap().success());
        assert_eq!(waiting.await.unwrap(), Signal::Usr1);
    });
}

/// The server is a task of the same thread. Breaks if a blocking call keeps it from answering.
#[test]
fn ureq_asks_on_helper_threads() {
    shirr::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let echo = service_fn(|request: Request<Incoming>| async move {
                    Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(request.uri().path().to_owned())))
                });
                drop(spawn(http1::Builder::new().serve_connection(client, echo)));
            }
        });
        let answers =
            gather(
                (0..10).map(|number| {
                    let url = format!("http://{address}/{number}");
                    async move {
                        unblock(move || ureq::get(&url).call()?.body_mut().read_to_string()).await.unwrap()
                    }
                }),
            );
        let answers: Vec<_> = answers.await.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, (0..10).map(|number| format!("/{number}")).collect::<Vec<_>>());
        serving.abort();
    });
}

/// Breaks if a stream of one connection waits for another.
#[test]
fn h2_has_twenty_streams_of_one_connection_under_way() {
    shirr::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let serving = spawn(async move {
            let mut connection = h2::server::handshake(server.compat()).await.unwrap();
            let mut all = Vec::new();
            while let Some(stream) = connection.accept().await {
                all.push(stream.unwrap());
                if all.len() == 20 {
                    for (request, mut answer) in all.drain(..).rev() {
                        let path = Bytes::from(request.uri().path().to_owned());
                        answer
                            .send_response(Response::new(()), false)
                            .unwrap()
                            .send_data(path, true)
                            .unwrap();
                    }
                }
            }
        });
        let (sender, connection) = h2::client::handshake(client.compat()).await.unwrap();
        let moving = spawn(connection);
        let answers = gather((0..20).map(|number| {
            let sender = sender.clone();
            async move {
                let request = Request::get(format!("http://here/{number}")).body(()).unwrap();
                let (answer, _) = sender.ready().await.unwrap().send_request(request, true).unwrap();
                answer.await.unwrap().into_body().data().await.unwrap().unwrap()
            }
        }));
        assert_eq!(answers.await, (0..20).map(|number| format!("/{number}")).collect::<Vec<_>>());
        drop(sender);
        moving.await.unwrap().unwrap();
        serving.await.unwrap();
    });
}

/// What needs tokio's runtime has the one of async-compat beside. Breaks if a wake of that is
/// lost, or if it is no longer needed.
#[test]
fn tokios_own_runs_under_compat_and_only_so() {
    let without = catch_unwind(|| shirr::block_on(async { tokio::time::sleep(SECOND).await })).unwrap_err();
    assert!(without.downcast_ref::<String>().unwrap().starts_with("there is no reactor running"));
    let work = async_compat::Compat::new(async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(tokio::spawn(async { 1 }).await.unwrap(), 1);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        assert_eq!(stream.local_addr().unwrap(), listener.accept().await.unwrap().1);
        assert!(tokio::fs::read_to_string("/dev/null").await.unwrap().is_empty());
        assert!(tokio::process::Command::new("true").status().await.unwrap().success());
    });
    shirr::block_on(work);
}

/// Breaks if what is not `Send` cannot be spawned.
#[test]
fn tokios_local_tasks_run_in_a_local_set_under_compat() {
    let set = tokio::task::LocalSet::new();
    let local = Rc::new(Cell::new(0));
    let task = Rc::clone(&local);
    let spawns = set.run_until(async move { tokio::task::spawn_local(async move { task.set(7) }).await });
    shirr::block_on(async_compat::Compat::new(spawns)).unwrap();
    assert_eq!(local.get(), 7);
}

/// Fetches at once, of which one fails; and while they run, one thread is there that is tokio's.
#[test]
fn reqwest_fetches_at_once_with_tokios_thread_beside() {
    let server = common::Program::start(env!("CARGO_BIN_EXE_http_server"), &["--listen=127.0.0.1:0"]);
    let port = server.port();
    let url = |path: &str| format!("http://127.0.0.1:{port}/{path}");
    let urls = [url("slow/500"), url("count/1000"), "http://127.0.0.1:1/".to_owned(), url("nowhere")];
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let client = common::Program::start(env!("CARGO_BIN_EXE_reqwest_get"), &urls);
    #[cfg(target_os = "linux")]
    common::wait_until("tokio's thread is not there", || {
        client.threads() == ["reqwest_get", "async-compat/tok"[..15].into()]
    });
    let ended = client.ended();
    let said: Vec<_> = ended.lines.iter().map(|line| line.split_once(": ").unwrap().1).collect();
    assert_eq!(said[..2], ["200 OK, 13 bytes", "200 OK, 3893 bytes"]);
    assert!(said[2].starts_with("404 Not Found, "), "{said:?}");
    assert!(ended.stderr.contains("http://127.0.0.1:1/") && ended.stderr.contains("refused"), "{ended:?}");
    assert!(ended.stderr.ends_with("reqwest_get: not fetched: 1\n") && ended.code == Some(1), "{ended:?}");
    server.interrupt();
    assert_eq!(server.ended().code, Some(0));
}

/// Breaks if a body is read whole, however long it is. The server stops at four times that, to
/// spare the memory of one that does.
#[test]
fn reqwest_gives_up_a_body_without_end() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        common::head(&mut socket);
        socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        (0..400).take_while(|_| socket.write_all(&[b'x'; 100_000]).is_ok()).count()
    });
    let client = common::Program::start(env!("CARGO_BIN_EXE_reqwest_get"), &["--largest=10000000", &url]);
    let ended = client.ended();
    assert!(
        ended.stderr.starts_with(&format!("{url}: the body has more than 10000000 bytes\n")),
        "{ended:?}"
    );
    assert!(server.join().unwrap() < 400);
    assert_eq!(ended.code, Some(1));
}
