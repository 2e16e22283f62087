//! A spawned task: what the slab gives turns to, and what its handle asks for the output.

use super::JoinError;
use super::place::Place;
use super::slab::Tenant;
use crate::wake::{keep_latest, quietly};
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

/// The slab holds it until it ends, its handle until the output is taken.
pub(super) type Spawned<F> = Place<F, Joiner>;

/// Who awaits a task's handle.
pub(super) struct Joiner {
    /// The latest poll's (I5).
    waker: Cell<Option<Waker>>,
    /// A handle exists, so the output must wait for it.
    held: Cell<bool>,
}

/// A task's side of its handle.
pub(super) trait Joined<T> {
    /// Whether the task has ended.
    fn has_ended(&self) -> bool;

    /// Takes the result, if there is one yet.
    fn take_result(&self) -> Option<Result<T, JoinError>>;

    /// Has `waker` woken when the task ends, and no other (I5).
    fn join(&self, waker: &Waker);

    /// The handle goes: the task runs on, and nobody will ask for its output.
    fn let_go(&self);
}

impl Joiner {
    pub(super) fn new() -> Self {
        Self { waker: Cell::new(None), held: Cell::new(true) }
    }
}

impl<F: Future> Spawned<F> {
    /// The future is gone, its result is here.
    fn tell(&self) {
        if !self.beside.held.get() {
            self.end(None);
        } else if let Some(waker) = self.beside.waker.take() {
            quietly(|| waker.wake());
        }
    }
}

impl<F: Future> Tenant for Spawned<F> {
    fn poll(self: Pin<&Self>, _: usize, cx: &mut Context<'_>) -> Poll<()> {
        ready!(Place::poll(self, cx, |_| ()));
        self.tell();
        Poll::Ready(())
    }

    fn cancel(self: Pin<&Self>, _: usize) {
        self.end(Some(Err(JoinError::cancelled())));
        self.tell();
    }
}

impl<F: Future> Joined<F::Output> for Spawned<F> {
    fn has_ended(&self) -> bool {
        self.is_done()
    }

    fn take_result(&self) -> Option<Result<F::Output, JoinError>> {
        self.take()
    }

    fn join(&self, waker: &Waker) {
        keep_latest(&self.beside.waker, waker);
    }

    fn let_go(&self) {
        self.beside.held.set(false);
        let (waker, result) = (self.beside.waker.take(), self.take());
        quietly(|| drop(waker));
        quietly(|| drop(result));
    }
}
