//! A spawned task: what the slab gives turns to, and what its handle asks for the output.

use super::JoinError;
use super::branches::pool;
use super::maybe_done::MaybeDone;
use super::slab::Runnable;
use crate::wake::{ignore_panics, keep_latest, no_task};
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

/// The slab holds it until it ends, its handle until the output is taken.
pub(super) type Spawned<F> = MaybeDone<F, JoinWaker>;

/// Of the task that awaits the handle: the latest poll's waker (I5). Once there is no handle it
/// is the waker of no task; a flag for that would cost each task eight bytes.
pub(super) type JoinWaker = Cell<Option<Waker>>;

/// A task's side of its handle.
pub(super) trait Joined<T> {
    /// Whether the task has ended.
    fn has_ended(&self) -> bool;

    /// Takes the result of a task that has ended; its memory goes to the pool.
    fn finish(self: Pin<Rc<Self>>) -> Option<Result<T, JoinError>>;

    /// Has `waker` woken when the task ends, and no other (I5).
    fn join(&self, waker: &Waker);

    /// The handle goes: the task runs on, and its output will be dropped.
    fn detach(self: Pin<Rc<Self>>);
}

/// Puts a future on the heap, for a handle.
#[inline]
pub(super) fn begin<F: Future + 'static>(future: F) -> Pin<Rc<Spawned<F>>> {
    let task: Pin<Rc<Spawned<F>>> = pool::begin(future);
    task.beside.set(None); // as one that ended without a handle has left it
    task
}

impl<F: Future + 'static> Spawned<F> {
    /// The future is gone, its result is here. Without a handle no task will ask for that.
    fn notify(self: Pin<Rc<Self>>) {
        match self.beside.take() {
            Some(waker) if waker.will_wake(&no_task()) => {
                self.discard();
                pool::keep(self);
            }
            waker => ignore_panics(|| waker.into_iter().for_each(Waker::wake)),
        }
    }
}

impl<F: Future + 'static> Runnable for Spawned<F> {
    fn poll(self: Pin<Rc<Self>>, _: usize, cx: &mut Context<'_>) -> Poll<()> {
        ready!(MaybeDone::poll(self.as_ref(), cx, |_| ()));
        self.notify();
        Poll::Ready(())
    }

    fn cancel(self: Pin<Rc<Self>>, _: usize) {
        MaybeDone::cancel(&self);
        self.notify();
    }
}

impl<F: Future + 'static> Joined<F::Output> for Spawned<F> {
    fn has_ended(&self) -> bool {
        self.is_done()
    }

    fn finish(self: Pin<Rc<Self>>) -> Option<Result<F::Output, JoinError>> {
        let result = self.take();
        pool::keep(self);
        result
    }

    fn join(&self, waker: &Waker) {
        keep_latest(&self.beside, waker);
    }

    fn detach(self: Pin<Rc<Self>>) {
        // Asked first: a task that ends while these are dropped finds that there is no handle.
        let ended = self.is_done();
        let (waker, result) = (self.beside.replace(Some(no_task())), self.take());
        ignore_panics(|| drop(waker));
        ignore_panics(|| drop(result));
        if ended {
            pool::keep(self);
        }
    }
}
