//! The threads on which `unblock` runs what would block the loop.
//!
//! They are few, start when there is work, and end when there has been none for a while.
//! A helper knows nothing of the runtime: it runs a closure, leaves the result where the
//! awaiting future finds it, and calls a waker, as any other thread might.

use super::current;
use crate::task::JoinError;
use crate::wake::{self, Message, quietly};
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

/// How long a helper without work waits for some before it ends.
const IDLE: Duration = Duration::from_secs(5);

/// One runtime's helper threads.
pub(super) struct Helpers {
    max: usize,
    shared: Arc<Shared>,
}

struct Shared {
    runtime: usize,
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Arc<dyn Job>>,
    threads: usize,
    idle: usize,
    busy: usize,
    /// The loop's clock stands until none has work any more.
    awaited: bool,
    closed: bool,
}

/// A closure and, after it, its result.
struct Work<F, T> {
    stage: Mutex<Stage<F, T>>,
}

enum Stage<F, T> {
    /// Nobody has begun. The closure is boxed, so that one given up leaves no room taken up
    /// in the queue. The waker, here and below, is the latest poll's (I5).
    Queued(Box<F>, Option<Waker>),
    Running(Option<Waker>),
    Done(Result<T, JoinError>),
    /// The result was taken, or the future was dropped.
    Over,
}

trait Job: Send + Sync {
    fn run(&self);
    /// The runtime ends before anybody has begun.
    fn cancel(&self);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<F, T> Work<F, T> {
    fn replace(&self, stage: Stage<F, T>) -> Stage<F, T> {
        std::mem::replace(&mut *lock(&self.stage), stage)
    }

    /// Takes the closure, if nobody has begun and the future still wants its result.
    fn begin(&self) -> Option<Box<F>> {
        let mut stage = lock(&self.stage);
        match std::mem::replace(&mut *stage, Stage::Over) {
            Stage::Queued(closure, waker) => {
                *stage = Stage::Running(waker);
                Some(closure)
            }
            other => {
                *stage = other;
                None
            }
        }
    }

    /// Leaves the result and wakes who waits for it; with nobody waiting any more, the
    /// result is dropped here, on the helper's thread.
    fn end(&self, result: Result<T, JoinError>) {
        let mut stage = lock(&self.stage);
        if let Stage::Running(waker) = &mut *stage {
            let waker = waker.take();
            *stage = Stage::Done(result);
            drop(stage);
            waker.into_iter().for_each(Waker::wake);
        }
    }
}

impl<F, T> Job for Work<F, T>
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    fn run(&self) {
        if let Some(closure) = self.begin() {
            let result = catch_unwind(AssertUnwindSafe(closure));
            self.end(result.map_err(JoinError::panicked));
        }
    }

    fn cancel(&self) {
        if let Some(closure) = self.begin() {
            quietly(|| drop(closure));
            self.end(Err(JoinError::cancelled()));
        }
    }
}

impl Helpers {
    pub(super) fn new(max: usize, runtime: usize) -> Self {
        let shared = Shared { runtime, state: Mutex::default(), work: Condvar::new() };
        Self { max, shared: Arc::new(shared) }
    }

    /// Queues a job and sees to it that some thread will take it.
    fn submit(&self, job: Arc<dyn Job>) -> io::Result<()> {
        let mut state = lock(&self.shared.state);
        if state.closed {
            drop(state);
            job.cancel();
            return Ok(());
        }
        if state.jobs.len() >= state.idle && state.threads < self.max {
            let shared = Arc::clone(&self.shared);
            let name = format!("shirr-helper-{}", state.threads);
            match thread::Builder::new().name(name).spawn(move || shared.help()) {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => return Err(error),
                Err(_) => {} // those that run will come to it
            }
        }
        state.jobs.push_back(job);
        drop(state);
        self.shared.work.notify_one();
        Ok(())
    }

    /// How many closures wait or run. The last to end has the loop look at the world again.
    pub(super) fn working(&self) -> usize {
        let mut state = lock(&self.shared.state);
        state.awaited = state.jobs.len() + state.busy > 0;
        state.jobs.len() + state.busy
    }

    /// Drops what nobody has begun; idle threads end, busy ones after their closure.
    pub(super) fn shut_down(&self) {
        let mut state = lock(&self.shared.state);
        state.closed = true;
        let jobs = std::mem::take(&mut state.jobs);
        drop(state);
        self.shared.work.notify_all();
        jobs.iter().for_each(|job| quietly(|| job.cancel()));
    }
}

impl Shared {
    /// The life of a helper thread.
    fn help(&self) {
        while let Some(job) = self.next_job() {
            // What is left to panic is the drop of a result or of a waker.
            quietly(|| job.run());
            quietly(|| drop(job));
            self.end_job();
        }
    }

    /// Comes after the wake of whoever awaits the result, so a loop that finds nobody at work
    /// will find that wake in its inbox.
    fn end_job(&self) {
        let mut state = lock(&self.state);
        state.busy -= 1;
        let last = state.busy == 0 && state.jobs.is_empty();
        if last && std::mem::take(&mut state.awaited) {
            drop(state);
            wake::send(self.runtime, Message::Look);
        }
    }

    /// Waits for a job; `None` when the thread is to end.
    fn next_job(&self) -> Option<Arc<dyn Job>> {
        let mut state = lock(&self.state);
        let mut timed_out = false;
        loop {
            if let Some(job) = state.jobs.pop_front() {
                state.busy += 1;
                return Some(job);
            }
            if state.closed || timed_out {
                state.threads -= 1;
                return None;
            }
            state.idle += 1;
            let waited = self.work.wait_timeout(state, IDLE);
            let (guard, result) = waited.unwrap_or_else(PoisonError::into_inner);
            state = guard;
            state.idle -= 1;
            timed_out = result.timed_out();
        }
    }
}

/// Runs a closure that blocks (file I/O, name resolution, a long computation) on a helper
/// thread, and gives its result to whoever awaits.
///
/// A runtime has a bounded number of helpers
/// ([`Builder::helper_threads`](crate::Builder::helper_threads)); beyond that, closures
/// wait for their turn in the order of their first polls. The closure is handed over
/// when the future is first polled. A panic of the closure is a [`JoinError`]; so is a
/// runtime that ends before the closure was begun.
///
/// Cancel safety: dropping the future before a helper has begun means that the closure
/// never runs. One that has begun runs on, for no thread can be stopped from outside, and
/// its result is dropped. While all helpers are busy, whatever else needs one waits: also
/// the look-up of a name.
///
/// # Panics
/// When first polled with no shirr runtime on the thread, and when the system cannot start
/// the first helper thread.
///
/// ```
/// shirr::block_on(async {
///     let sum = shirr::unblock(|| (1..=1_000_000u64).sum::<u64>()).await.unwrap();
///     assert_eq!(sum, 500_000_500_000);
/// });
/// ```
pub fn unblock<F, T>(closure: F) -> Unblock<F, T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let stage = Mutex::new(Stage::Queued(Box::new(closure), None));
    Unblock { work: Arc::new(Work { stage }), submitted: false }
}

/// The future of [`unblock`].
#[must_use = "futures do nothing unless awaited"]
pub struct Unblock<F, T> {
    work: Arc<Work<F, T>>,
    submitted: bool,
}

impl<F, T> Future for Unblock<F, T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let waker = cx.waker().clone();
        if !self.submitted {
            self.submitted = true;
            let job = Arc::clone(&self.work) as Arc<dyn Job>;
            let submitted = current("shirr::unblock").helpers.submit(job);
            submitted.unwrap_or_else(|error| panic!("shirr cannot start a helper thread: {error}"));
        }
        let mut stage = lock(&self.work.stage);
        match &mut *stage {
            Stage::Queued(_, place) | Stage::Running(place) => {
                let old = place.replace(waker);
                drop(stage);
                drop(old);
                Poll::Pending
            }
            Stage::Done(_) => match std::mem::replace(&mut *stage, Stage::Over) {
                Stage::Done(result) => Poll::Ready(result),
                _ => unreachable!("the stage was matched under this lock"),
            },
            Stage::Over => panic!("a shirr Unblock was polled after it gave its result"),
        }
    }
}

impl<F, T> Drop for Unblock<F, T> {
    fn drop(&mut self) {
        drop(self.work.replace(Stage::Over));
    }
}

impl<F, T> fmt::Debug for Unblock<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unblock").field("submitted", &self.submitted).finish_non_exhaustive()
    }
}
