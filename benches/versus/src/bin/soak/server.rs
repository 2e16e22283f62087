//! The server: each request is eight bytes, and so is its answer. The first says what is wanted:
//! `e` an echo, `w` an echo after work on a helper thread.

use crate::told::Told;
use async_channel::{Receiver, unbounded};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{advance, now, sleep, timeout};
use shirr::{AbortHandle, Runtime, metrics, spawn, unblock};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use std::{fs, io, thread};

/// How long a client may leave a request unfinished.
const PATIENCE: Duration = Duration::from_secs(20);

/// Far fewer than there are closures at the same time.
const HELPERS: usize = 4;

/// Of so many connections, one is aborted by another thread.
const ABORTED: u64 = 61;

/// How many days the paused clock has run.
static DAYS: AtomicU64 = AtomicU64::new(0);

#[derive(Default)]
struct Counts {
    accepted: Cell<u64>,
    served: Cell<u64>,
    worked: Cell<u64>,
    aborted: Cell<u64>,
}

/// Serves until its input ends; says its address first, and for each line a report.
pub(crate) fn run() -> io::Result<()> {
    memory::start_counting();
    thread::Builder::new().name("paused".into()).spawn(run_paused)?;
    let (asked, asks) = unbounded();
    thread::Builder::new().name("input".into()).spawn(move || {
        io::stdin().lines().map_while(Result::ok).for_each(|_| {
            let _ = asked.send_blocking(()); // it may have ended
        });
    })?;
    let runtime = Runtime::builder().helper_threads(HELPERS).build()?;
    runtime.block_on(async {
        // Several at once, so that all helpers are there from the beginning.
        let warm = || unblock(|| thread::sleep(Duration::from_millis(20)));
        drop(shirr::gather([(); HELPERS].map(|()| warm())).await);
        let listener = TcpListener::bind("0.0.0.0:0").await?;
        println!("port={}", listener.local_addr()?.port());
        let counts = Rc::new(Counts::default());
        let accepting = spawn(accept(listener, Rc::clone(&counts)));
        report(&asks, &counts).await;
        accepting.abort();
        drop(accepting.await);
        Ok(())
    })
}

async fn report(asks: &Receiver<()>, counts: &Counts) {
    while asks.recv().await.is_ok() {
        let (held, entries) = (metrics(), |path| fs::read_dir(path).map_or(0, Iterator::count));
        let told = Told::default()
            .with("tasks", held.tasks)
            .with("timers", held.timers)
            .with("sources", held.sources)
            .with("bytes", memory::growth())
            .with("descriptors", entries("/proc/self/fd"))
            .with("threads", entries("/proc/self/task"))
            .with("accepted", counts.accepted.get())
            .with("served", counts.served.get())
            .with("worked", counts.worked.get())
            .with("aborted", counts.aborted.get())
            .with("days", DAYS.load(Relaxed));
        println!("{told}");
    }
}

/// Without descriptors `accept` rests, and goes on by itself.
async fn accept(listener: TcpListener, counts: Rc<Counts>) {
    let (to_abort, handles) = std::sync::mpsc::channel::<AbortHandle>();
    let aborter = thread::Builder::new().name("aborter".into()).spawn(move || {
        for handle in handles {
            thread::sleep(Duration::from_millis(1));
            handle.abort();
        }
    });
    drop(aborter.expect("a thread can be started at the beginning"));
    while let Ok((stream, _)) = listener.accept().await {
        let number = counts.accepted.get() + 1;
        counts.accepted.set(number);
        let task = spawn(serve(stream, Rc::clone(&counts)));
        if number % ABORTED == 0 {
            counts.aborted.set(counts.aborted.get() + 1);
            let _ = to_abort.send(task.abort_handle());
        }
    }
}

async fn serve(stream: TcpStream, counts: Rc<Counts>) {
    let mut request = [0; 8];
    while matches!(timeout(PATIENCE, stream.read_exact(&mut request)).await, Ok(Ok(()))) {
        if request[0] == b'w' {
            let work = unblock(move || {
                thread::sleep(Duration::from_micros(200));
                request
            });
            let Ok(worked) = work.await else { return };
            assert_eq!(worked, request);
            counts.worked.set(counts.worked.get() + 1);
        }
        if !matches!(timeout(PATIENCE, stream.write_all(&request)).await, Ok(Ok(()))) {
            return;
        }
        counts.served.set(counts.served.get() + 1);
    }
}

/// A runtime whose clock is set forward by hand: what is due comes in order, and to the nanosecond.
fn run_paused() {
    let runtime = Runtime::builder().paused().build().expect("there are descriptors at the beginning");
    for days in 1.. {
        runtime.block_on(async {
            let begin = now();
            let hours = |n: u32| n * Duration::from_secs(3600);
            let woken = spawn(async move {
                for n in 1..=24 {
                    sleep(hours(1)).await;
                    assert_eq!(now() - begin, hours(n));
                }
            });
            advance(hours(7)).await;
            woken.await.expect("its hours are whole");
            assert_eq!(metrics().timers, 0);
        });
        DAYS.store(days, Relaxed);
        thread::sleep(Duration::from_millis(5));
    }
}
