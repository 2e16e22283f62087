//! How the output of a task comes back to another thread.

use super::helpers::lock;
use crate::task::{JoinError, MaybeDone};
use crate::wake::{budget, ignore_panics};
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker, ready};

/// Awaits a task that was spawned by [`Handle::spawn_with`](crate::Handle::spawn_with), anywhere: in any runtime, or on a
/// thread without one by `shirr::block_on(task)` or another crate's `block_on`.
///
/// The output is the task's own, or a [`JoinError`]: a panic of the closure or the future, also in
/// its drop, or cancelled when the runtime ended before the task did, also before it was spawned.
///
/// Dropping it detaches the task, as with a [`JoinHandle`](crate::JoinHandle): it is spawned and
/// runs on, and its output is dropped, there or here. Cancel safe: awaiting `&mut` it and giving
/// up loses nothing.
///
/// # Panics
/// When polled again after it gave the output.
#[must_use = "dropping a handle detaches its task; write `drop(..)` to say so, or await it"]
pub struct RemoteHandle<T> {
    reply: Arc<Reply<T>>,
}

/// On its way from the task.
pub(super) struct Reply<T>(Mutex<Arrival<T>>);

enum Arrival<T> {
    /// The latest poll's waker (I5).
    Awaited(Option<Waker>),
    Here(Result<T, JoinError>),
    /// It was taken, or is not wanted.
    Over,
}

impl<T> Default for Reply<T> {
    fn default() -> Self {
        Self(Mutex::new(Arrival::Awaited(None)))
    }
}

impl<T> Reply<T> {
    fn replace(&self, arrival: Arrival<T>) -> Arrival<T> {
        mem::replace(&mut *lock(&self.0), arrival)
    }

    /// The first answer counts.
    fn put(&self, result: Result<T, JoinError>) {
        let mut answer = lock(&self.0);
        if let Arrival::Awaited(waker) = &mut *answer {
            let waker = waker.take();
            *answer = Arrival::Here(result);
            drop(answer);
            ignore_panics(|| waker.into_iter().for_each(Waker::wake));
        }
    }
}

/// The closure that makes the future, and its duty to answer. Dropped before the task's first turn,
/// it says cancelled, or what the closure's drop panicked with.
pub(super) struct Owed<M, T> {
    make: Option<M>,
    reply: Arc<Reply<T>>,
}

impl<M, T> Owed<M, T> {
    pub(super) fn new(make: M, reply: &Arc<Reply<T>>) -> Self {
        Self { make: Some(make), reply: Arc::clone(reply) }
    }

    /// The closure, and whom an [`Answering`] is then owed.
    pub(super) fn begin(mut self) -> (M, Arc<Reply<T>>) {
        (self.make.take().expect("it is taken once"), Arc::clone(&self.reply))
    }
}

impl<M, T> Drop for Owed<M, T> {
    fn drop(&mut self) {
        if let Some(make) = self.make.take() {
            self.reply.put(Err(JoinError::cancelled_by(|| drop(make))));
        }
    }
}

/// A future on the task's stack that answers when this is dropped: by its result if it has ended,
/// and else by what its drop does.
pub(super) struct Answering<'a, F: Future> {
    pub(super) future: Pin<&'a MaybeDone<F>>,
    pub(super) reply: Arc<Reply<F::Output>>,
}

impl<F: Future> Drop for Answering<'_, F> {
    fn drop(&mut self) {
        if !self.future.is_done() {
            self.future.cancel();
        }
        self.reply.put(self.future.take().expect("a future that has ended has a result"));
    }
}

impl<T> RemoteHandle<T> {
    pub(super) fn new(reply: Arc<Reply<T>>) -> Self {
        Self { reply }
    }

    /// Whether awaiting it would give its result at once, unless that was taken already.
    pub fn is_finished(&self) -> bool {
        !matches!(*lock(&self.reply.0), Arrival::Awaited(_))
    }
}

impl<T> Future for RemoteHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.is_finished() {
            ready!(budget::poll_step(cx));
        }
        let waker = cx.waker().clone(); // foreign code, before the lock
        let mut answer = lock(&self.reply.0);
        if let Arrival::Awaited(kept) = &mut *answer {
            let old = kept.replace(waker);
            drop(answer);
            drop(old);
            return Poll::Pending;
        }
        drop(answer);
        match self.reply.replace(Arrival::Over) {
            Arrival::Here(result) => Poll::Ready(result),
            _ => panic!("a shirr RemoteHandle was polled after it gave its task's output"),
        }
    }
}

impl<T> Drop for RemoteHandle<T> {
    fn drop(&mut self) {
        let answer = self.reply.replace(Arrival::Over);
        ignore_panics(|| drop(answer)); // its task may be unwinding
    }
}

impl<T> fmt::Debug for RemoteHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteHandle").field("finished", &self.is_finished()).finish()
    }
}
