//! What the tests of gather, of timers and of sockets share: a time limit, things whose
//! drops, polls and order can be counted, and a door that a test opens by hand.

// Every test binary compiles this file and uses its own part of it.
#![allow(dead_code)]

#[cfg(feature = "trace")]
pub(crate) mod checker;
#[cfg(unix)]
pub(crate) mod descriptors;
#[cfg(feature = "trace")]
pub(crate) mod page;
pub(crate) mod peer;
#[cfg(feature = "trace")]
pub(crate) mod recorded;
pub(crate) mod shuffled;
pub(crate) mod source;
#[cfg(target_os = "linux")]
pub(crate) mod strace;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use shirr::Runtime;

/// After how long a test counts as hanging. Far above what any takes on a busy machine.
pub(crate) const TOO_LONG: Duration = Duration::from_secs(60);

/// Runs `body` on a thread of its own and fails if it has not ended in a minute, so that a
/// lost wake is a failed test and not a stuck build.
pub(crate) fn ends<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = channel();
    let thread = thread::spawn(move || {
        let result = body();
        // The receiver is gone when the limit has passed.
        let _ = sender.send(());
        result
    });
    if receiver.recv_timeout(TOO_LONG) == Err(RecvTimeoutError::Timeout) {
        panic!("the test has not ended in {TOO_LONG:?}");
    }
    thread.join().unwrap_or_else(|payload| resume_unwind(payload))
}

/// [`ends`] for a future, which is made on the thread that runs it and so may hold an `Rc`.
pub(crate) fn run<T, F>(body: impl FnOnce() -> F + Send + 'static) -> T
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    ends(|| shirr::block_on(body()))
}

/// [`run`] on a paused clock: a sleep takes no time, and is over to the nanosecond.
pub(crate) fn paused<T, F>(body: impl FnOnce() -> F + Send + 'static) -> T
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    ends(|| Runtime::builder().paused().build().unwrap().block_on(body()))
}

/// Counts how many of its guards were dropped.
#[derive(Clone, Default)]
pub(crate) struct Drops(Rc<Cell<usize>>);

impl Drops {
    pub(crate) fn guard(&self) -> Guard {
        Guard(Rc::clone(&self.0))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.get()
    }

    /// Whether every guard is gone: nothing but `self` holds the count.
    pub(crate) fn none_alive(&self) -> bool {
        Rc::strong_count(&self.0) == 1
    }
}

/// A value whose drop is counted.
pub(crate) struct Guard(Rc<Cell<usize>>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

/// What happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Trace(Rc<RefCell<Vec<String>>>);

impl Trace {
    pub(crate) fn note(&self, what: impl Display) {
        self.0.borrow_mut().push(what.to_string());
    }

    pub(crate) fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

/// A number that many futures add to.
#[derive(Clone, Default)]
pub(crate) struct Count(Rc<Cell<usize>>);

impl Count {
    pub(crate) fn add(&self, n: usize) {
        self.0.set(self.0.get() + n);
    }

    pub(crate) fn sub(&self, n: usize) {
        self.0.set(self.0.get() - n);
    }

    pub(crate) fn get(&self) -> usize {
        self.0.get()
    }
}

/// A door: futures wait in front of it until the test opens it.
#[derive(Clone, Default)]
pub(crate) struct Gate(Rc<GateState>);

#[derive(Default)]
struct GateState {
    open: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

impl Gate {
    pub(crate) async fn wait(self) {
        poll_fn(|cx| {
            if self.0.open.get() {
                return Poll::Ready(());
            }
            self.0.waiting.borrow_mut().push(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    pub(crate) fn open(&self) {
        self.0.open.set(true);
        self.0.waiting.take().into_iter().for_each(Waker::wake);
    }
}

/// Awaits `future` and counts its polls.
pub(crate) async fn counted<F: Future>(polls: Count, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        polls.add(1);
        future.as_mut().poll(cx)
    })
    .await
}

/// Polls `future` once, with a waker that does nothing.
pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls `future` once as the task that runs, so that it is this task that is woken.
pub(crate) async fn begin<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx))).await
}

/// Awaits `future`, and returns the payload if it panics, as `catch_unwind` does.
pub(crate) async fn caught<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(polled) => polled.map(Ok),
        Err(payload) => Poll::Ready(Err(payload)),
    })
    .await
}

/// Gives way `n` times.
pub(crate) async fn turns(n: usize) {
    for _ in 0..n {
        shirr::yield_now().await;
    }
}

/// The text with which `f` panics.
///
/// # Panics
/// When it does not.
pub(crate) fn panic_text<T>(f: impl FnOnce() -> T) -> String {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => panic!("it should have panicked"),
        Err(payload) => text_of(payload.as_ref()),
    }
}

/// The text of a panic's payload.
pub(crate) fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("the payload is no text")
}

/// Timers and sockets of the runtime that runs here.
pub(crate) fn registered() -> (usize, usize) {
    let metrics = shirr::metrics();
    (metrics.timers, metrics.sources)
}

/// A child that never ends, and whose guard says when it is dropped.
pub(crate) async fn waits(guard: Guard) {
    let _guard = guard;
    pending().await
}

/// `n` of them.
pub(crate) fn waiting(n: usize, drops: &Drops) -> Vec<impl Future<Output = ()> + 'static> {
    (0..n).map(|_| waits(drops.guard())).collect()
}
