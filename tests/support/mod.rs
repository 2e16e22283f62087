//! What the tests share: an end for every test that hangs, counted drops, an ordered log,
//! futures that show how they are, and (in `hooked` and `meddle`) foreign code.

#![allow(dead_code, reason = "every test file is a crate of its own and uses a part of this")]

pub(crate) mod hooked;
pub(crate) mod meddle;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::process::Command;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use shirr::net::{TcpListener, TcpStream};
use shirr::{Builder, Runtime, yield_now};

/// A test that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `body` on a thread of its own, and fails the test when it does not come back.
#[track_caller]
pub(crate) fn in_time<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    let worker = thread::spawn(move || {
        let output = body();
        let _ = done.send(());
        output
    });
    if wait.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
        panic!("the test still hangs after {PATIENCE:?}");
    }
    worker.join().unwrap_or_else(|payload| resume_unwind(payload))
}

/// Runs the future that `body` makes on a runtime of its own, in time, and checks that it
/// left nothing behind.
#[track_caller]
pub(crate) fn run<F: Future<Output = ()>>(body: impl FnOnce() -> F + Send + 'static) {
    run_on(Runtime::builder(), body);
}

/// [`run`] on a paused clock: a sleep takes no time, and is over to the nanosecond.
#[track_caller]
pub(crate) fn run_paused<F: Future<Output = ()>>(body: impl FnOnce() -> F + Send + 'static) {
    run_on(Runtime::builder().paused(), body);
}

#[track_caller]
fn run_on<F: Future<Output = ()>>(builder: Builder, body: impl FnOnce() -> F + Send + 'static) {
    in_time(|| {
        let runtime = builder.build().unwrap();
        runtime.block_on(body());
        assert_nothing_left(&runtime);
    });
}

/// Every slab and queue of the runtime is empty, once the queue has gone round.
#[track_caller]
pub(crate) fn assert_nothing_left(runtime: &Runtime) {
    runtime.block_on(yield_now());
    let left = runtime.metrics();
    assert_eq!((left.tasks, left.ready, left.timers, left.sources), (0, 0, 0, 0), "left behind: {left:?}");
}

/// Runs `body` in a process of its own, for what other tests of this file would disturb:
/// the count of descriptors, memory, the numbers of runtimes. `name` is the test's.
#[track_caller]
pub(crate) fn alone(name: &str, body: impl FnOnce() + Send + 'static) {
    const MARK: &str = "SHIRR_TEST_ALONE";
    if std::env::var_os(MARK).is_some() {
        return in_time(body);
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture"]).env(MARK, "1");
    // AddressSanitizer, if the tests run under it, is not to keep what was freed.
    let output = command.env("ASAN_OPTIONS", "quarantine_size_mb=1").output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name} failed in its own process:\n{out}\n{err}");
    assert!(out.contains("1 passed"), "there is no test of the name {name}:\n{out}");
}

/// [`run`] in a process of its own, for what counts wakes from other threads, or event polls:
/// another test's late wake for a runtime that is gone reaches the one that has its number now.
#[track_caller]
pub(crate) fn run_alone<F: Future<Output = ()>>(name: &str, body: impl FnOnce() -> F + Send + 'static) {
    alone(name, || run(body));
}

/// Values whose drops are counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drops(Arc<AtomicUsize>);

/// One of them.
#[derive(Debug)]
pub(crate) struct Guard(Arc<AtomicUsize>);

impl Drops {
    pub(crate) fn guard(&self) -> Guard {
        Guard(Arc::clone(&self.0))
    }

    /// How many guards were dropped.
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// What happened, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, entry: impl Into<String>) {
        self.0.borrow_mut().push(entry.into());
    }

    /// A value that adds `entry` when it is dropped.
    pub(crate) fn at_drop(&self, entry: &'static str) -> impl Sized + use<> {
        let log = self.clone();
        on_drop(move || log.add(entry))
    }

    /// Everything so far, which is then forgotten.
    pub(crate) fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(f) = self.0.take() {
            f();
        }
    }
}

/// A value that runs `f` when it is dropped.
pub(crate) fn on_drop<F: FnOnce()>(f: F) -> impl Sized + use<F> {
    OnDrop(Some(f))
}

/// Opens a future that is in a task, and counts its polls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probe(Rc<ProbeState>);

#[derive(Debug, Default)]
struct ProbeState {
    polls: Cell<usize>,
    open: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Probe {
    /// A future that ends when the probe is open; until then it keeps its latest waker.
    pub(crate) fn future(&self) -> impl Future<Output = ()> + use<> {
        let probe = self.clone();
        poll_fn(move |cx| {
            probe.0.polls.set(probe.0.polls.get() + 1);
            if probe.0.open.get() {
                return Poll::Ready(());
            }
            probe.0.waker.replace(Some(cx.waker().clone()));
            Poll::Pending
        })
    }

    pub(crate) fn polls(&self) -> usize {
        self.0.polls.get()
    }

    /// The waker that the future was last polled with.
    pub(crate) fn waker(&self) -> Waker {
        self.0.waker.borrow().clone().expect("the probe was not polled yet")
    }

    pub(crate) fn wake(&self) {
        self.waker().wake();
    }

    /// Lets the future end when it is next polled.
    pub(crate) fn set_open(&self) {
        self.0.open.set(true);
    }

    /// Lets the future end, and wakes it.
    pub(crate) fn open(&self) {
        self.set_open();
        if let Some(waker) = self.0.waker.take() {
            waker.wake();
        }
    }
}

/// A connection: our end in the runtime, the other one `std`'s and blocking.
pub(crate) async fn tcp_pair() -> (TcpStream, std::net::TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (listener.accept().await.unwrap().0, peer)
}

/// Another thread that wakes the task that asks for it.
#[derive(Debug)]
pub(crate) struct Alarm {
    requests: mpsc::Sender<Waker>,
    wakes: Arc<AtomicUsize>,
    asked: usize,
}

impl Alarm {
    /// Starts the thread; it ends with the alarm.
    pub(crate) fn new() -> Self {
        let (requests, asked) = mpsc::channel::<Waker>();
        let wakes = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&wakes);
        thread::spawn(move || {
            for (round, waker) in asked.into_iter().enumerate() {
                // A little later each time, so that the loop has got further each time.
                (0..round % 64 * 8).for_each(|_| std::hint::spin_loop());
                counted.fetch_add(1, Ordering::SeqCst);
                waker.wake();
            }
        });
        Self { requests, wakes, asked: 0 }
    }

    /// Waits for one wake. It is asked for within the poll that waits for it, so it may
    /// come before that poll has ended, or after.
    pub(crate) async fn wake_me(&mut self) {
        let waker = own_waker().await;
        self.requests.send(waker).unwrap();
        self.asked += 1;
        poll_fn(|_| match self.wakes.load(Ordering::SeqCst) >= self.asked {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }
}

/// The waker of the task that awaits this.
pub(crate) async fn own_waker() -> Waker {
    poll_fn(|cx| Poll::Ready(cx.waker().clone())).await
}

/// Waits until the loop has polled for events, and everything it found has had a turn.
pub(crate) async fn event_poll() {
    let before = shirr::metrics().event_polls;
    while shirr::metrics().event_polls == before {
        yield_now().await;
    }
    yield_now().await;
}

/// Polls a future once with this waker.
pub(crate) fn poll_with<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(waker))
}

/// Polls a future once with a waker that does nothing.
pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_with(future, Waker::noop())
}

/// The text of the panic that `f` must end in.
#[track_caller]
pub(crate) fn panic_of<T>(f: impl FnOnce() -> T) -> String {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => panic!("a panic was expected here"),
        Err(payload) => text_of(payload),
    }
}

/// The text that a panic was made with.
pub(crate) fn text_of(payload: Box<dyn Any + Send>) -> String {
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast::<&str>().expect("the payload should be a text").to_string(),
    }
}
