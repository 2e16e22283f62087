//! What is counted: each operation done so many times, with the same words on either side.

use std::future::Future;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// One side's way to do an operation so many times, to its end.
pub(crate) type Run = fn(u32);

/// An operation, and how either side does it.
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
        operation!("wake by another thread, asked by a byte, and the turn", 310, remote_wake),
        operation!("sleep of 100 µs", 40, sleep),
        operation!("timeout that waits once and is dropped", 2_000, timeout),
        operation!("read that is ready", 2_000, read_ready),
        operation!("round trip of a byte: two writes, two reads that wait", 2_000, round_trip),
        operation!("connect, accept, and close both", 400, accept),
        operation!("gather, per child that yields once", 2_000, gather),
        operation!("gather of 10, whole", 400, gather_of_ten),
    ]
}

/// Runs as a task on shirr, and says what its own counters say.
fn on_shirr(future: impl Future<Output = ()> + 'static) {
    shirr::block_on(async {
        shirr::spawn(future).await.unwrap();
        let metrics = shirr::metrics();
        println!("polls {}", metrics.polls);
        // Those from other threads are among them.
        println!("wakes {}", metrics.wakes_local);
    });
}

/// Runs as a task on tokio's current_thread runtime. As the future of `block_on` it would be
/// slower: the runtime looks at the world whenever that one has yielded.
fn on_tokio(future: impl Future<Output = ()> + Send + 'static) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the system has descriptors left for a runtime");
    runtime.block_on(async { tokio::spawn(future).await.unwrap() });
}

/// Where who waits leaves its waker.
type Asleep = Arc<Mutex<Option<Waker>>>;

/// A thread that wakes who is asleep, once for each byte that comes from the other end of the
/// connection.
///
/// It is asked by a byte because that is one system call of who asks, whatever the thread does
/// just then. And it is slow, so that the runtime has fallen asleep and must be woken.
fn waking_thread(asleep: Asleep) -> (std::net::TcpStream, JoinHandle<()>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let near = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    near.set_nodelay(true).unwrap();
    let (mut far, _) = listener.accept().unwrap();
    let thread = thread::spawn(move || {
        while far.read(&mut [0; 1]).unwrap() > 0 {
            thread::sleep(Duration::from_micros(200));
            let waker = asleep.lock().unwrap().take().expect("it asks after it has left its waker");
            waker.wake();
        }
    });
    (near, thread)
}

macro_rules! side {
    ($side:ident, $spawn:path, $yield_now:path, $sleep:path, $timeout:path, $net:ident, $gather:ident) => {
        #[allow(unused_mut, unused_imports, reason = "tokio reads and writes by a trait and `&mut`")]
        mod $side {
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

            /// One task sleeps until the other wakes it, and says so by sleeping again.
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

            /// A task and a thread wait in turn.
            pub(super) fn remote_wake(times: u32) {
                let asleep = super::Asleep::default();
                let (mut ask, thread) = super::waking_thread(Arc::clone(&asleep));
                super::$side(async move {
                    for _ in 0..times {
                        let mut asked = false;
                        let woken = poll_fn(|cx| {
                            if std::mem::replace(&mut asked, true) {
                                assert!(asleep.lock().unwrap().is_none(), "nobody else wakes it");
                                return Poll::Ready(());
                            }
                            *asleep.lock().unwrap() = Some(cx.waker().clone());
                            ask.write_all(b"x").unwrap();
                            Poll::Pending
                        });
                        woken.await;
                    }
                });
                thread.join().unwrap();
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

            pub(super) fn accept(times: u32) {
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

            pub(super) fn gather_of_ten(times: u32) {
                super::$side(async move {
                    for _ in 0..times {
                        super::$gather(10).await;
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
