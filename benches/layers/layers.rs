//! What each layer costs on its own, from the lowest up: `cargo bench -p layers`.
//!
//! The figures are for comparing two versions of this crate; `benches/versus` compares it with
//! other runtimes.

use criterion::Criterion;
use shirr::net::{TcpListener, TcpStream};
use shirr::time;
use shirr::{AsCompleted, Runtime};
use std::future::{Future, pending, poll_fn};
use std::hint::black_box;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

fn main() {
    let mut c = Criterion::default().configure_from_args();
    for layer in [wake, remote_wake, task, timers, net, gather] {
        layer(&mut c);
    }
    c.final_summary();
}

fn bench(c: &mut Criterion, name: &str, work: impl AsyncFn()) {
    bench_on(&Runtime::new().unwrap(), c, name, work);
}

/// Has criterion measure `work`, done over and over inside one `block_on`.
fn bench_on(runtime: &Runtime, c: &mut Criterion, name: &str, work: impl AsyncFn()) {
    let timed = async |times| {
        let start = Instant::now();
        for _ in 0..times {
            work().await;
        }
        start.elapsed()
    };
    c.bench_function(name, |b| b.iter_custom(|times| runtime.block_on(timed(times))));
}

fn wake(c: &mut Criterion) {
    let wake_twice = async || {
        let mut polled = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut polled, true) {
                return Poll::Ready(());
            }
            let waker = cx.waker().clone();
            waker.wake_by_ref();
            waker.wake();
            Poll::Pending
        })
        .await;
    };
    bench(c, "wake: twice, then the one poll that follows", wake_twice);
}

/// The thread waits for the task, and the task in the kernel for the thread.
fn remote_wake(c: &mut Criterion) {
    let (to_thread, wakers) = mpsc::channel::<Waker>();
    let thread = thread::spawn(move || wakers.into_iter().for_each(Waker::wake));
    bench(c, "wake: to a thread and back", async || {
        let mut told = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut told, true) {
                return Poll::Ready(());
            }
            to_thread.send(cx.waker().clone()).unwrap();
            Poll::Pending
        })
        .await;
    });
    drop(to_thread);
    thread.join().unwrap();
}

fn task(c: &mut Criterion) {
    bench(c, "task: spawn and join", async || shirr::spawn(async {}).await.unwrap());
    bench(c, "task: spawn 1,000 and join", async || {
        let handles: Vec<_> = (0..1_000).map(|_| shirr::spawn(async {})).collect();
        for handle in handles {
            handle.await.unwrap();
        }
    });
    bench(c, "task: yield", async || shirr::yield_now().await);
}

fn timers(c: &mut Criterion) {
    let timeout = async || {
        let mut timeout = pin!(time::timeout(Duration::from_secs(60), pending::<()>()));
        let pending = poll_fn(|cx| Poll::Ready(timeout.as_mut().poll(cx).is_pending()));
        assert!(pending.await);
    };
    bench(c, "timers: a timeout polled once and dropped", timeout);
    let runtime = Runtime::new().unwrap();
    runtime.block_on(crowd());
    bench_on(&runtime, c, "timers: the same beside 10,000", timeout);
    // Nothing waits for a clock that is paused, so what is measured is not the kernel's timer.
    let paused = Runtime::builder().paused().build().unwrap();
    paused.block_on(crowd());
    let sleep = async || time::sleep(Duration::from_nanos(1)).await;
    bench_on(&paused, c, "timers: a sleep beside 10,000, to its end", sleep);
}

/// Ten thousand tasks that sleep until long after the last measurement.
async fn crowd() {
    for number in 0..10_000 {
        drop(shirr::spawn(time::sleep(Duration::from_secs(36_000 + number))));
    }
    shirr::yield_now().await;
}

fn net(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let client = runtime.block_on(connect_to_echo()).unwrap();
    bench_on(&runtime, c, "net: echo of 64 bytes", async || {
        client.write_all(&[7; 64]).await.unwrap();
        client.read_exact(&mut [0; 64]).await.unwrap();
    });
}

/// A connection whose other end is a task of the same runtime that sends everything back.
async fn connect_to_echo() -> std::io::Result<TcpStream> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = TcpStream::connect(listener.local_addr()?).await?;
    let (server, _) = listener.accept().await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    drop(shirr::spawn(async move {
        let mut buffer = [0; 64];
        while server.read_exact(&mut buffer).await.is_ok() {
            server.write_all(&buffer).await.unwrap();
        }
    }));
    Ok(client)
}

fn gather(c: &mut Criterion) {
    for children in [10u64, 1_000] {
        let name = format!("gather: {children} children that yield once");
        let child = |number| async move {
            shirr::yield_now().await;
            number
        };
        bench(c, &name, async || {
            black_box(shirr::gather((0..children).map(child)).await);
        });
    }
    // Once the futures are made, the two are to cost the same.
    let pages = || {
        std::array::from_fn::<_, 1024, _>(|number| async move {
            let page = [number as u8; 1024];
            shirr::yield_now().await;
            usize::from(black_box(&page)[number])
        })
    };
    let runtime = Runtime::new().unwrap();
    c.bench_function("gather: as_completed over an array of 1,024 futures of 1 KiB", |b| {
        b.iter_custom(|times| runtime.block_on(drain(times, || shirr::as_completed(pages()))));
    });
    c.bench_function("gather: as_completed over a Vec of them", |b| {
        b.iter_custom(|times| runtime.block_on(drain(times, || shirr::as_completed(Vec::from(pages())))));
    });
}

/// How long it takes to await all outputs of `source`, made anew each time; the making is left out.
async fn drain<I>(times: u64, source: impl Fn() -> AsCompleted<I>) -> Duration
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    let mut taken = Duration::ZERO;
    for _ in 0..times {
        let mut source = source();
        let start = Instant::now();
        while let Some(output) = source.next().await {
            black_box(output);
        }
        taken += start.elapsed();
    }
    taken
}
