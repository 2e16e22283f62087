//! How children leave a gather, other than by ending: cancelled one by one, when it is cut
//! short or the runtime ends, or all dropped with it.

use super::batch::{Batch, Child, NO_SLOT};
use super::form::Rule;
use crate::task::JoinError;
use crate::trace;
use crate::wake::ignore_panics;
use std::future::Future;
use std::task::Poll;

impl<F, R> Batch<F, R>
where
    F: Future<Output: 'static> + 'static,
    R: Rule<F::Output>,
{
    pub(super) fn cancel_place(&self, place: usize) {
        self.places[place].beside.set(NO_SLOT); // the slot may get another task from here on
        trace::emit!(to self.origin(); ChildCancelled { gather: trace::address(self), child: place });
        self.places[place].cancel();
        self.end(place, R::stops(&Err(JoinError::cancelled()))); // as a panic of the drop would
    }
}

impl<F: Future, R> Batch<F, R> {
    /// Drops every child that has not ended, and every result that was not taken, in input
    /// order. One that is being polled, and has just dropped its own gather, is dropped
    /// when it returns.
    pub(super) fn cancel(&self) {
        self.forget_listener();
        if self.left.replace(true) {
            return;
        }
        for place in 0..self.len() {
            if let Some(slot) = self.take_slot(place) {
                self.tasks.disown(slot);
                trace::emit!(to self.origin(); ChildCancelled { gather: trace::address(self), child: place });
            }
            self.places[place].end();
        }
        trace::emit!(to self.origin(); GatherDropped { gather: trace::address(self) });
    }

    pub(super) fn take_slot(&self, place: usize) -> Option<usize> {
        let slot = self.places[place].beside.replace(NO_SLOT);
        (slot != NO_SLOT).then_some(slot as usize)
    }

    /// No task is to be told any more. Its drop may panic, and the caller may be unwinding.
    pub(super) fn forget_listener(&self) {
        let listener = self.listener.take();
        ignore_panics(|| drop(listener));
    }
}

/// A child was polled whose gather went meanwhile, and its slot with it.
pub(super) fn after_all<F: Future>(child: &Child<F>) -> Poll<()> {
    child.end();
    Poll::Ready(())
}
