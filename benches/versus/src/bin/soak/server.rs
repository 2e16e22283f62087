//! The server: each request is eight bytes, and so is its answer. The first says what is wanted:
//! `e` an echo, `w` an echo after work on a helper thread.

use crate::told::Told;
use async_channel::{Receiver, unbounded};
use rlimit::Resource;
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{advance, now, sleep, timeout};
use shirr::{AbortHandle, Runtime, metrics, spawn, unblock};
use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use std::{fs, io, thread};

/// How long a client may leave a request unfinished. The first of them ask when all are connected,
/// which takes half a minute on a busy machine. And when the listener's queue overflows, the kernel
/// may hand over a connection whose client has gone already, and never tell of its end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Far fewer than there are closures at the same time.
pub(crate) const HELPERS: usize = 4;

/// How long a closure waits for which there was no thread.
const AGAIN: Duration = Duration::from_millis(250);

/// Of so many connections, one is aborted by another thread.
const ABORTED: u64 = 61;

/// How many days the paused clock has run.
static DAYS: AtomicU64 = AtomicU64::new(0);

#[derive(Default)]
struct Counts {
    accepted: Cell<u64>,
    served: Cell<u64>,
    worked: Cell<u64>,
    /// How often the system had no thread for a closure.
    threadless: Cell<u64>,
    aborted: Cell<u64>,
    /// Aborted, though another was meant.
    mistaken: Cell<u64>,
}

fn add(count: &Cell<u64>) {
    count.set(count.get() + 1);
}

/// In each connection's task. If that has not come to its end, it was aborted.
struct Serving {
    number: u64,
    ended: bool,
    counts: Rc<Counts>,
}

impl Serving {
    fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if !self.ended {
            let meant = self.number % ABORTED == 0;
            add(if meant { &self.counts.aborted } else { &self.counts.mistaken });
        }
    }
}

/// Serves until its input ends; says its address first, and for each line a report.
pub(crate) fn run() -> io::Result<()> {
    memory::start_counting();
    thread::Builder::new().name("paused".into()).spawn(run_paused)?;
    let (asked, asks) = unbounded();
    thread::Builder::new().name("input".into()).spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if line == "report" {
                let _ = asked.send_blocking(()); // it may have ended
            } else {
                limit(&line).expect("the limits of a process are its own");
            }
        }
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

/// How many descriptors or threads there may be from now on.
fn limit(line: &str) -> io::Result<()> {
    let told = Told::parse(line)?;
    for (name, of) in [("descriptors", Resource::NOFILE), ("threads", Resource::NPROC)] {
        if let Some(most) = told.find(name) {
            let hard = of.get_hard()?;
            of.set(hard.min(most as u64), hard)?;
        }
    }
    Ok(())
}

async fn report(asks: &Receiver<()>, counts: &Counts) {
    while asks.recv().await.is_ok() {
        let (held, entries) = (metrics(), |path| fs::read_dir(path).map_or(0, Iterator::count));
        let told = Told::default()
            .with("tasks", held.tasks)
            .with("timers", held.timers)
            .with("sources", held.sources)
            .with("sleeps", held.sleeps)
            .with("bytes", memory::growth())
            .with("descriptors", entries("/proc/self/fd"))
            .with("threads", entries("/proc/self/task"))
            .with("accepted", counts.accepted.get())
            .with("served", counts.served.get())
            .with("worked", counts.worked.get())
            .with("threadless", counts.threadless.get())
            .with("aborted", counts.aborted.get())
            .with("mistaken", counts.mistaken.get())
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
        add(&counts.accepted);
        let number = counts.accepted.get();
        let serving = Serving { number, ended: false, counts: Rc::clone(&counts) };
        let task = spawn(async move {
            serve(stream, &serving.counts).await;
            serving.end();
        });
        if number % ABORTED == 0 {
            let _ = to_abort.send(task.abort_handle());
        }
    }
}

async fn serve(stream: TcpStream, counts: &Counts) {
    let mut request = [0; 8];
    while matches!(timeout(PATIENCE, stream.read_exact(&mut request)).await, Ok(Ok(()))) {
        if request[0] == b'w' {
            assert_eq!(work(request, counts).await, request);
            add(&counts.worked);
        }
        if !matches!(timeout(PATIENCE, stream.write_all(&request)).await, Ok(Ok(()))) {
            return;
        }
        add(&counts.served);
    }
}

/// On a helper thread, and as late as there is one.
async fn work(request: [u8; 8], counts: &Counts) -> [u8; 8] {
    let mut work = unblock(move || {
        thread::sleep(Duration::from_micros(200));
        request
    });
    loop {
        match (&mut work).await {
            Ok(worked) => return worked,
            Err(error) => assert!(error.source().is_some(), "{error}"),
        }
        add(&counts.threadless);
        sleep(AGAIN).await;
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
