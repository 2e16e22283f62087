//! What is counted: each operation done a number of times, in the same words for both runtimes.

use std::future::Future;

/// Does an operation this many times, to its end, on one runtime.
pub(crate) type Run = fn(u32);

/// An operation, and how each runtime does it.
pub(crate) struct Operation {
    /// As DESIGN.md has it.
    pub(crate) name: &'static str,
    pub(crate) shirr: Run,
    pub(crate) tokio: Run,
    /// How often it is done in the longer run; the shorter one has half of it.
    pub(crate) times: u32,
}

/// Every operation, in the order of the table.
pub(crate) fn all() -> Vec<Operation> {
    macro_rules! operation {
        ($name:literal, $times:literal, $run:ident) => {
            Operation { name: $name, shirr: on_shirr::$run, tokio: on_tokio::$run, times: $times }
        };
    }
    vec![
        operation!("spawn and join", 2_000, spawn),
        operation!("yield", 2_000, yields),
        operation!("wake of another task, and its turn", 2_000, wake),
        operation!("remote wake, by a thread, of a runtime that waits", 200, remote_wake),
        operation!("sleep of 100 µs", 40, sleep),
        operation!("timeout that waits once and is dropped", 2_000, timeout),
        operation!("read that is ready", 2_000, read_ready),
        operation!("read that waits, and the write it waits for", 2_000, read_waits),
        operation!("round trip of a byte: two writes, two reads that wait", 2_000, round_trip),
        operation!("accept that is ready, and close", 120, accept),
        operation!("connect, accept, and close both", 400, connect),
        operation!("gather, per child that yields once", 2_000, gather),
        operation!("gather of 100, whole", 200, gathers),
    ]
}

/// Runs as a task on shirr, and prints shirr's own counters.
fn on_shirr(future: impl Future<Output = ()> + 'static) {
    shirr::block_on(async {
        shirr::spawn(future).await.unwrap();
        let metrics = shirr::metrics();
        println!("polls {}", metrics.polls);
        // Another thread's wakes are among these.
        println!("wakes {}", metrics.wakes_local);
    });
}

/// Runs as a task on tokio's current_thread runtime. As the future of `block_on` it would be
/// slower: the runtime polls for events whenever that one has yielded.
fn on_tokio(future: impl Future<Output = ()> + Send + 'static) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the system has descriptors left for a runtime");
    runtime.block_on(async { tokio::spawn(future).await.unwrap() });
}

macro_rules! side {
    ($side:ident, $spawn:path, $yield_now:path, $sleep:path, $timeout:path, $net:ident, $gather:ident) => {
        #[allow(unused_mut, unused_imports, reason = "tokio reads and writes by a trait and `&mut`")]
        mod $side {
            use futures_lite::future::zip;
            use std::future::poll_fn;
            use std::io::Write;
            use std::sync::{Arc, Mutex};
            use std::task::{Poll, Waker};
            use std::time::Duration;
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            use $net::net::{TcpListener, TcpStream};

            pub(super) fn spawn(times: u32) {
                super::$side(async move {
                    for _ in 0..times {
                        $spawn(async {}).await.unwrap();
                    }
                });
            }

            pub(super) fn yields(times: u32) {
                super::$side(async move {
                    for _ in 0..times {
                        $yield_now().await;
                    }
                });
            }

            /// One task sleeps until the other wakes it, and then sleeps again.
            pub(super) fn wake(times: u32) {
                super::$side(async move {
                    let asleep = Arc::new(Mutex::new(None::<Waker>));
                    let own = Arc::clone(&asleep);
                    let sleeper = $spawn(poll_fn(move |cx| {
                        *own.lock().unwrap() = Some(cx.waker().clone());
                        Poll::<()>::Pending
                    }));
                    $yield_now().await;
                    for _ in 0..times {
                        let waker = asleep.lock().unwrap().take().expect("it has had its turn");
                        waker.wake();
                        $yield_now().await;
                    }
                    sleeper.abort();
                });
            }

            /// How often the thread asks for a waker. By then the runtime waits in the kernel. A
            /// notice to the thread would be a system call sometimes, and so spoil the count.
            const PAUSE: Duration = Duration::from_millis(1);

            /// Task and thread wait in turn.
            pub(super) fn remote_wake(times: u32) {
                super::$side(async move {
                    let asleep = Arc::new(Mutex::new(None::<Waker>));
                    let seen = Arc::clone(&asleep);
                    let thread = std::thread::spawn(move || {
                        let mut woken = 0;
                        while woken < times {
                            std::thread::sleep(PAUSE);
                            let waker = seen.lock().unwrap().take();
                            woken += u32::from(waker.map(Waker::wake).is_some());
                        }
                    });
                    for _ in 0..times {
                        let mut waits = true;
                        poll_fn(|cx| {
                            if !std::mem::take(&mut waits) && asleep.lock().unwrap().is_none() {
                                return Poll::Ready(());
                            }
                            *asleep.lock().unwrap() = Some(cx.waker().clone());
                            Poll::Pending
                        })
                        .await;
                    }
                    thread.join().unwrap();
                });
            }

            pub(super) fn sleep(times: u32) {
                super::$side(async move {
                    for _ in 0..times {
                        $sleep(Duration::from_micros(100)).await;
                    }
                });
            }

            pub(super) fn timeout(times: u32) {
                super::$side(async move {
                    for _ in 0..times {
                        $timeout(Duration::from_secs(3600), $yield_now()).await.unwrap();
                    }
                });
            }

            async fn pair() -> (TcpStream, TcpStream) {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
                (near, listener.accept().await.unwrap().0)
            }

            pub(super) fn read_ready(times: u32) {
                super::$side(async move {
                    let (mut near, mut far) = pair().await;
                    far.write_all(&vec![7; times as usize + 1]).await.unwrap();
                    let mut byte = [0; 1];
                    for _ in 0..times {
                        assert_eq!(near.read(&mut byte).await.unwrap(), 1);
                    }
                });
            }

            /// The read is polled first and finds nothing. With room for more than comes, as below.
            pub(super) fn read_waits(times: u32) {
                super::$side(async move {
                    let (mut near, mut far) = pair().await;
                    let mut buf = [0; 64];
                    for _ in 0..times {
                        let (read, written) = zip(near.read(&mut buf), far.write_all(b"x")).await;
                        assert_eq!(read.unwrap(), 1);
                        written.unwrap();
                    }
                });
            }

            /// With room for more than comes, since a full buffer proves nothing.
            pub(super) fn round_trip(times: u32) {
                super::$side(async move {
                    let (mut near, mut far) = pair().await;
                    let echo = $spawn(async move {
                        let mut buf = [0; 64];
                        while near.read(&mut buf).await.unwrap() > 0 {
                            near.write_all(&buf[..1]).await.unwrap();
                        }
                    });
                    let mut buf = [0; 64];
                    for _ in 0..times {
                        far.write_all(b"x").await.unwrap();
                        assert_eq!(far.read(&mut buf).await.unwrap(), 1);
                    }
                    drop(far);
                    echo.await.unwrap();
                });
            }

            /// Of connections that a thread has made. They stay open to the end of the process,
            /// and are fewer than the listener's queue holds.
            pub(super) fn accept(times: u32) {
                super::$side(async move {
                    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                    let addr = listener.local_addr().unwrap();
                    let connect = move |_| std::net::TcpStream::connect(addr).unwrap();
                    let thread =
                        std::thread::spawn(move || (0..times).map(connect).for_each(std::mem::forget));
                    thread.join().unwrap();
                    for _ in 0..times {
                        drop(listener.accept().await.unwrap());
                    }
                });
            }

            pub(super) fn connect(times: u32) {
                super::$side(async move {
                    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                    let addr = listener.local_addr().unwrap();
                    for _ in 0..times {
                        let near = TcpStream::connect(addr).await.unwrap();
                        drop((listener.accept().await.unwrap(), near));
                    }
                });
            }

            pub(super) fn gather(times: u32) {
                super::$side(super::$gather(times));
            }

            /// What a gather costs once shows here, and what a child costs a hundredfold.
            pub(super) fn gathers(times: u32) {
                super::$side(async move {
                    for _ in 0..times {
                        super::$gather(100).await;
                    }
                });
            }
        }
    };
}

/// asyncio's gather, and what comes nearest to it with tokio.
async fn gather_on_shirr(children: u32) {
    shirr::gather((0..children).map(|_| shirr::yield_now())).await;
}

async fn gather_on_tokio(children: u32) {
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..children {
        set.spawn(tokio::task::yield_now());
    }
    while set.join_next().await.is_some() {}
}

side!(
    on_shirr,
    shirr::spawn,
    shirr::yield_now,
    shirr::time::sleep,
    shirr::time::timeout,
    shirr,
    gather_on_shirr
);
side!(
    on_tokio,
    tokio::spawn,
    tokio::task::yield_now,
    tokio::time::sleep,
    tokio::time::timeout,
    tokio,
    gather_on_tokio
);
