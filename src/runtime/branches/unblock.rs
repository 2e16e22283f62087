//! `unblock`: a closure that blocks, on its way to a helper thread and back.

use super::helpers::{Job, Ticket, lock};
use crate::runtime::current;
use crate::task::JoinError;
use crate::trace;
use crate::wake::{budget, ignore_panics};
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker, ready};

/// Runs a closure that blocks (file I/O, name resolution, a long computation) on a helper
/// thread, and gives its result to the task that awaits it.
///
/// A runtime has a bounded number of helpers
/// ([`Builder::helper_threads`](crate::Builder::helper_threads)); beyond that, closures
/// wait for their turn in the order of their first polls; their results may come in any order.
/// The closure is handed over
/// when the future is first polled.
///
/// Cancel safety: dropping the future before a helper has begun means that the closure
/// never runs. One that has begun runs on, for no thread can be stopped from outside, and
/// its result is dropped. While all helpers are busy, whatever else needs one waits: also
/// the look-up of a name.
///
/// # Errors
/// When the closure panics. As cancelled, when the runtime ends before the closure was begun,
/// and when the system cannot start the first helper thread: then the error's
/// [`source`](std::error::Error::source) is the system's [`io::Error`], the closure is still
/// here, and awaiting the same future again tries again.
///
/// # Panics
/// When first polled with no shirr runtime on the thread; the closure is still here.
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
    let state = Mutex::new(JobState::Queued(closure, None));
    Unblock { work: Arc::new(Work { state }), ticket: None }
}

/// The future of [`unblock`].
#[must_use = "futures do nothing unless awaited"]
pub struct Unblock<F, T> {
    work: Arc<Work<F, T>>,
    /// Once the closure was handed over.
    ticket: Option<Ticket>,
}

impl<F, T> Unblock<F, T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    /// Hands the closure over, unless that was done before.
    ///
    /// # Errors
    /// When the system cannot start the first helper thread.
    #[track_caller]
    pub(crate) fn submit(&mut self) -> io::Result<()> {
        if self.ticket.is_none() {
            let job = Arc::clone(&self.work) as Arc<dyn Job>;
            self.ticket = Some(current("shirr::unblock").helpers.submit(job)?);
        }
        Ok(())
    }

    /// The poll, as it is when it counts for no task's budget.
    #[track_caller]
    pub(crate) fn poll_result(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        let waker = cx.waker().clone();
        if let Err(error) = self.submit() {
            budget::step();
            return Poll::Ready(Err(JoinError::no_thread(error)));
        }
        let mut state = lock(&self.work.state);
        match &mut *state {
            JobState::Queued(_, kept) | JobState::Running(kept) => {
                let old = kept.replace(waker);
                drop(state);
                trace::emit!(Unblocking);
                drop(old);
                Poll::Pending
            }
            JobState::Done(_) => match std::mem::replace(&mut *state, JobState::Over) {
                JobState::Done(result) => Poll::Ready(result),
                _ => unreachable!("the state was matched under this lock"),
            },
            JobState::Over => panic!("a shirr Unblock was polled after it gave its result"),
        }
    }
}

impl<F, T> Future for Unblock<F, T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    type Output = Result<T, JoinError>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.work.is_done() {
            ready!(budget::poll_step(cx));
        }
        self.poll_result(cx)
    }
}

impl<F, T> Drop for Unblock<F, T> {
    fn drop(&mut self) {
        let state = self.work.replace(JobState::Over);
        if let (JobState::Queued(..), Some(ticket)) = (&state, &self.ticket) {
            ticket.give_up();
        }
        ignore_panics(|| drop(state)); // its task may be unwinding
    }
}

impl<F, T> fmt::Debug for Unblock<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unblock").field("submitted", &self.ticket.is_some()).finish_non_exhaustive()
    }
}

/// A closure and, after it, its result.
struct Work<F, T> {
    state: Mutex<JobState<F, T>>,
}

enum JobState<F, T> {
    /// No helper has begun. The waker, here and below, is the latest poll's (I5).
    Queued(F, Option<Waker>),
    Running(Option<Waker>),
    Done(Result<T, JoinError>),
    /// The result was taken, or the future was dropped.
    Over,
}

impl<F, T> Work<F, T> {
    fn is_done(&self) -> bool {
        matches!(*lock(&self.state), JobState::Done(_))
    }

    fn replace(&self, state: JobState<F, T>) -> JobState<F, T> {
        std::mem::replace(&mut *lock(&self.state), state)
    }

    /// Takes the closure, if no helper has begun and the future still wants its result.
    fn begin(&self) -> Option<F> {
        let mut state = lock(&self.state);
        match std::mem::replace(&mut *state, JobState::Over) {
            JobState::Queued(closure, waker) => {
                *state = JobState::Running(waker);
                Some(closure)
            }
            other => {
                *state = other;
                None
            }
        }
    }

    /// Leaves the result and wakes the task that waits for it; if none does any more, the
    /// result is dropped here, on the helper's thread.
    fn end(&self, result: Result<T, JoinError>) {
        let mut state = lock(&self.state);
        if let JobState::Running(waker) = &mut *state {
            let waker = waker.take();
            *state = JobState::Done(result);
            drop(state);
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
            self.end(Err(JoinError::cancelled_by(|| drop(closure))));
        }
    }
}
