//! What a handle may ask of the slab: the way from a task's end to whoever awaits it.
//!
//! While a handle lives, its task's slot is not given to another, so the slot's number is
//! all that a handle needs.

use super::Tasks;
use super::slab::Slot;
use super::stage::Body;
use crate::wake::quietly;
use std::pin::Pin;
use std::task::Waker;

impl Tasks {
    /// Whether the task in this slot has ended.
    pub(super) fn is_done(&self, slot: usize) -> bool {
        matches!(self.slots.borrow().get(slot), Some(Slot::Task(task)) if task.done)
    }

    /// The body of a task that has ended, with its output; its slot is free then.
    pub(super) fn take_done(&self, slot: usize) -> Option<Pin<Box<dyn Body>>> {
        let slots = &mut *self.slots.borrow_mut();
        match slots.get_mut(slot) {
            Some(Slot::Task(task)) if task.done => match slots.remove(slot) {
                Slot::Task(task) => task.body,
                _ => None,
            },
            _ => None,
        }
    }

    /// Has `waker` woken when the task ends, and no other (I5).
    pub(super) fn join(&self, slot: usize, waker: &Waker) {
        if self.with_joiner(slot, |joiner| joiner.as_ref().is_some_and(|old| old.will_wake(waker))) {
            return;
        }
        let waker = waker.clone();
        let old = self.with_joiner(slot, |joiner| joiner.replace(waker));
        drop(old);
    }

    fn with_joiner<R>(&self, slot: usize, f: impl FnOnce(&mut Option<Waker>) -> R) -> R {
        match self.slots.borrow_mut().get_mut(slot) {
            Some(Slot::Task(task)) => f(&mut task.joiner),
            _ => unreachable!("a handle's slot is its task's"),
        }
    }

    /// The handle goes: the task runs on, and nobody will ask for its output.
    pub(super) fn detach(&self, slot: usize) {
        if let Some(body) = self.take_done(slot) {
            quietly(|| drop(body));
        } else if let Some(joiner) = self.let_go(slot) {
            quietly(|| drop(joiner));
        }
    }

    fn let_go(&self, slot: usize) -> Option<Waker> {
        match self.slots.borrow_mut().get_mut(slot) {
            Some(Slot::Task(task)) => {
                task.held = false;
                task.joiner.take()
            }
            _ => None,
        }
    }
}
