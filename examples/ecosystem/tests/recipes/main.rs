//! The recipes of the page `guide::recipes` that take other crates. The page shows a part of each
//! test as it stands here, and `tests/documents/guide.rs` compares.

mod deadlocks;

use shirr::net::{TcpListener, TcpStream};
use shirr::time::{now, sleep, timeout};
use shirr::{Runtime, gather};
use std::cell::Cell;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);

type Outcome = Result<(), Box<dyn Error>>;

/// Runs it on a paused clock, for a year at most.
fn run(recipe: impl Future<Output = Outcome>) {
    let bounded = timeout(8760 * HOUR, recipe);
    Runtime::builder().paused().build().unwrap().block_on(bounded).unwrap().unwrap();
}

/// Runs what waits for sockets, for a minute at most.
fn run_in_real_time(recipe: impl Future<Output = Outcome>) {
    shirr::block_on(timeout(60 * SECOND, recipe)).unwrap().unwrap();
}

/// Takes so many seconds.
async fn work(seconds: u64) -> u64 {
    sleep(Duration::from_secs(seconds)).await;
    seconds
}

/// Two ends of one connection.
async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let near = TcpStream::connect(listener.local_addr()?).await?;
    Ok((near, listener.accept().await?.0))
}

/// Breaks if the channel has one receiver only, or its end is not heard.
#[test]
fn workers_share_a_channel_and_end_with_it() {
    run(async {
        use futures_util::StreamExt;

        let start = now();
        let (sender, jobs) = async_channel::bounded(10);
        let worker = move |_| jobs.clone().for_each(async |job| _ = work(job).await);
        let workers = shirr::spawn(gather((0..3).map(worker)));
        for job in [1, 2, 3, 4, 5] {
            sender.send(job).await?; // waits while the channel is full
        }
        drop(sender); // when the channel is empty, the workers end
        workers.await?;
        assert_eq!(now() - start, 7 * SECOND); // 1 and 4, 2 and 5, 3
        Ok(())
    });
}

/// Breaks if they are tasks.
#[test]
fn children_of_join_all_borrow() {
    run(async {
        use futures_util::future::join_all;

        let names = [String::from("tea"), String::from("coffee")];
        let lengths = join_all(names.iter().map(async |name| name.len())).await;
        assert_eq!(lengths, [3, 6]);
        Ok(())
    });
}

/// Sleeps so long, and counts its polls.
async fn counted(seconds: u64, polls: Rc<Cell<u32>>) {
    let mut nap = sleep(Duration::from_secs(seconds));
    poll_fn(|cx| {
        polls.set(polls.get() + 1);
        pin!(&mut nap).poll(cx)
    })
    .await;
}

/// Breaks if `join_all` comes to poll only those that were woken, or gather all.
#[test]
fn thirty_children_that_end_one_by_one_take_sixty_polls_in_a_gather_and_495_in_join_all() {
    run(async {
        let polls = Rc::new(Cell::new(0));
        let children = || (1..=30).map(|seconds| counted(seconds, Rc::clone(&polls)));
        gather(children()).await;
        assert_eq!(polls.replace(0), 60);
        futures_util::future::join_all(children()).await;
        assert_eq!(polls.get(), 495);
        Ok(())
    });
}

/// Breaks if the work is done for each of them.
#[test]
fn several_tasks_await_one_gather() {
    run(async {
        use futures_util::FutureExt;

        let prices = shirr::spawn(gather([work(2), work(1)])).map(Rc::new).shared();
        let seen = gather([prices.clone(), prices]).await;
        assert!(matches!(&*seen[0], Ok(prices) if *prices == [2, 1]));
        assert!(Rc::ptr_eq(&seen[0], &seen[1]));
        Ok(())
    });
}

/// Breaks if a permit is not waited for.
#[test]
fn a_semaphore_and_a_lock_are_those_of_async_lock() {
    run(async {
        let start = now();
        use async_lock::{Mutex, Semaphore};

        let shared = Rc::new((Semaphore::new(2), Mutex::new(Vec::new())));
        let job = |(name, seconds)| {
            let shared = Rc::clone(&shared);
            async move {
                let _permit = shared.0.acquire().await;
                work(seconds).await;
                shared.1.lock().await.push(name);
            }
        };
        gather([("a", 3), ("b", 1), ("c", 3)].map(job)).await;
        assert_eq!(*shared.1.lock().await, ["b", "a", "c"]);
        assert_eq!(now() - start, 4 * SECOND); // three with a permit more
        Ok(())
    });
}

/// Breaks if a line is cut where a read ends.
#[test]
fn lines_are_read_from_a_stream() {
    run_in_real_time(async {
        let (client, stream) = pair().await?;
        client.write_all(b"one\ntwo\nthree").await?;
        drop(client);
        let mut seen = Vec::new();

        use futures_util::{AsyncBufReadExt, TryStreamExt, io::BufReader};
        let mut lines = BufReader::with_capacity(5, &stream).lines();
        while let Some(line) = lines.try_next().await? {
            seen.push(line);
        }
        assert_eq!(seen, ["one", "two", "three"]);
        Ok(())
    });
}

/// Breaks if a read that is given up at its first wait has taken bytes with it.
#[test]
fn a_read_into_a_buffer_that_grows_may_be_given_up() {
    run_in_real_time(async {
        use bytes::BytesMut;
        use futures_util::FutureExt;

        async fn read_buf(stream: &TcpStream, buf: &mut BytesMut) -> io::Result<usize> {
            let mut chunk = [0; 4096];
            let n = stream.read(&mut chunk).await?; // given up here, it has taken no byte
            buf.extend_from_slice(&chunk[..n]);
            Ok(n)
        }

        let ((client, stream), mut buf) = (pair().await?, BytesMut::new());
        for byte in b"cancel safe" {
            client.write_all(&[*byte]).await?;
            stream.readable().await?;
            while read_buf(&stream, &mut buf).now_or_never().is_some() {}
        }
        drop(client);
        while read_buf(&stream, &mut buf).await? > 0 {}
        assert_eq!(buf.split_to(6), "cancel");
        assert_eq!(buf, " safe");
        Ok(())
    });
}

/// Breaks if the signal ends the process, or does not wake the loop.
#[cfg(unix)]
#[test]
fn signals_come_through_a_socket() {
    run_in_real_time(async {
        use shirr::net::UnixStream;
        use signal_hook::consts::{SIGINT, SIGTERM};
        use signal_hook::low_level::{pipe, raise};
        use std::os::unix::net::UnixStream as Blocking;

        let (bell, near) = Blocking::pair()?;
        pipe::register(SIGINT, bell.try_clone()?)?;
        pipe::register(SIGTERM, bell)?;
        let signals = UnixStream::new(near)?;
        raise(SIGTERM)?;
        assert_eq!(signals.read(&mut [0]).await?, 1); // one has come
        Ok(())
    });
}

/// Breaks if the connection waits for ever.
#[test]
fn a_client_of_hyper_that_reads_nothing_is_given_up() {
    run(async {
        use ecosystem::{WriteLimit, with_causes};
        use http_body_util::Full;
        use hyper::server::conn::http1;
        use hyper::{Response, body::Bytes, service::service_fn};
        use shirr::time::advance;

        let ((client, server), body) = (pair().await?, Bytes::from(vec![0; 50_000_000]));
        let service = service_fn(move |_| {
            let answer = Response::new(Full::new(body.clone()));
            async { io::Result::Ok(answer) }
        });
        let stream = WriteLimit::new(server, 30 * SECOND);
        let connection = shirr::spawn(http1::Builder::new().serve_connection(stream, service));
        client.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n").await?; // and it reads nothing

        let start = now();
        while !connection.is_finished() {
            assert!(now() - start < HOUR, "it waits for ever");
            advance(SECOND).await;
        }
        let error = connection.await?.unwrap_err();
        assert!(with_causes(&error).ends_with("the other end has taken nothing for 30s"));
        Ok(())
    });
}
