//! The tasks of a set: each leaves its result there when it ends.
//!
//! ```text
//! task slab        task                          Members (one Rc, the set's own)
//! ┌──────┐        ┌───────────┬──────┐   Weak   ┌─────────────────────────────┐
//! │ task ┼──────► │ MaybeDone │ Seat ┼────────► │ running: keys by index      │
//! └──────┘        └───────────┴──────┘          │ ended: results, in order    │
//!                                               │ waiting: who asks           │
//!                                               └─────────────────────────────┘
//! ```
//!
//! The set asks no task whether it has ended, and looks for none: an end takes the task's key out
//! of `running` and puts its result behind the others. So a join takes a few steps however many
//! tasks there are, and a task's memory is free when it ends, not when it is joined.
//!
//! Only the set holds its `Members`, so they are dropped with it. That drops the tasks, and a task
//! that ends later finds no set.

use super::abort::{AbortHandle, Id};
use super::pool;
use crate::task::{JoinError, MaybeDone, Runnable, Tasks};
use crate::trace;
use crate::wake::{budget, ignore_panics, keep_latest};
use slab::Slab;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker, ready};

/// What is known of the tasks of a set.
pub(crate) struct Members<T> {
    running: RefCell<Running>,
    /// In the order in which they ended.
    ended: RefCell<VecDeque<(Id, Result<T, JoinError>)>>,
    /// The latest poll's waker (I5), taken by the first end after it.
    waiting: Cell<Option<Waker>>,
}

#[derive(Default)]
struct Running {
    /// Of the runtime that all of them are in.
    tasks: Option<Rc<Tasks>>,
    keys: Slab<AbortHandle>,
}

/// A task of a set.
type Member<F> = MaybeDone<F, Seat<<F as Future>::Output>>;

/// Where a task leaves its result, and the index of its key there.
struct Seat<T> {
    set: Cell<Weak<Members<T>>>,
    index: Cell<usize>,
}

/// The task was told to end while it was on the stack.
const NOWHERE: usize = usize::MAX;

impl<T> Default for Seat<T> {
    fn default() -> Self {
        Self { set: Cell::default(), index: Cell::new(NOWHERE) }
    }
}

impl Tasks {
    /// Spawns a task whose result is for this set. Once the runtime ends, the future is dropped
    /// instead, and the result says cancelled.
    ///
    /// # Panics
    /// When the set has unfinished tasks in another runtime; when there is no room for a task.
    #[track_caller]
    pub(crate) fn spawn_into<F>(self: &Rc<Self>, set: &Rc<Members<F::Output>>, future: F) -> AbortHandle
    where
        F: Future<Output: 'static> + 'static,
    {
        set.enter(self);
        let task: Pin<Rc<Member<F>>> = pool::begin(future);
        trace::emit!(spawning::<F>(trace::Caller::here()));
        let (key, serial) = self.admit(Pin::clone(&task) as Pin<Rc<dyn Runnable>>);
        let handle = AbortHandle { key, id: Id(serial) };
        task.beside.index.set(set.running.borrow_mut().keys.insert(handle));
        task.beside.set.set(Rc::downgrade(set));
        if self.closed.get() {
            self.cancel(key.slot());
        }
        handle
    }
}

impl<T> Members<T> {
    /// How many tasks have not ended.
    pub(crate) fn running(&self) -> usize {
        self.running.borrow().keys.len()
    }

    /// How many results wait.
    pub(crate) fn ended(&self) -> usize {
        self.ended.borrow().len()
    }

    pub(crate) fn pop(&self) -> Option<(Id, Result<T, JoinError>)> {
        self.ended.borrow_mut().pop_front()
    }

    /// Waits for a result; `None` when there is no task to wait for.
    #[track_caller]
    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<(Id, Result<T, JoinError>)>> {
        if self.ended() == 0 && self.running() > 0 {
            assert!(
                self.runs_here(),
                "a shirr JoinSet was awaited while the runtime of its tasks does not run on this thread; \
                 await it in that runtime's block_on"
            );
            keep_latest(&self.waiting, cx.waker());
            return Poll::Pending;
        }
        ready!(budget::poll_step(cx));
        Poll::Ready(self.pop())
    }

    /// Has every task dropped at its next turn.
    pub(crate) fn abort_all(&self) {
        self.running.borrow().keys.iter().for_each(|(_, handle)| handle.abort());
    }

    /// Forgets the tasks, so that they run on.
    pub(crate) fn detach_all(&self) {
        self.running.take();
    }

    /// A task of this runtime is to come.
    #[track_caller]
    fn enter(&self, tasks: &Rc<Tasks>) {
        let running = &mut *self.running.borrow_mut();
        let same = running.tasks.as_ref().is_some_and(|own| Rc::ptr_eq(own, tasks));
        if !same {
            assert!(
                running.keys.is_empty(),
                "a shirr JoinSet that has unfinished tasks in one runtime was to spawn in another"
            );
            running.tasks = Some(Rc::clone(tasks));
        }
    }

    fn runs_here(&self) -> bool {
        self.running.borrow().tasks.as_ref().is_some_and(|tasks| tasks.ready.runs_here())
    }

    /// A task's future is gone. The caller is to wake what it gets, and not to keep the set for
    /// that, which another may drop in the wake.
    fn put(&self, index: usize, result: Result<T, JoinError>) -> Option<Waker> {
        let handle = self.running.borrow_mut().keys.remove(index);
        self.ended.borrow_mut().push_back((handle.id, result));
        self.waiting.take()
    }
}

impl Tasks {
    /// Takes a task out that its set drops. That is an act of what drops the set, perhaps a task in
    /// the middle of its poll: so it is not told as `Cancelled`, which is what the loop does.
    fn expel(&self, slot: usize) -> Option<Pin<Rc<dyn Runnable>>> {
        let (task, _) = self.slots.borrow().get(slot)?;
        self.remove(slot); // first, since the drop may give the slot away
        Some(task)
    }
}

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self { running: RefCell::default(), ended: RefCell::default(), waiting: Cell::default() }
    }
}

/// Drops every task that has not ended, and every result. A task that is being polled, and has
/// just dropped its own set, goes when its poll returns.
impl<T> Drop for Members<T> {
    fn drop(&mut self) {
        let waiting = self.waiting.take();
        ignore_panics(|| drop(waiting));
        let Running { tasks, keys } = self.running.take();
        for (_, AbortHandle { key, id }) in keys {
            // One that is just being dropped has left its slot, perhaps to another.
            let tasks = tasks.as_ref().filter(|tasks| tasks.ready.is_live(key.slot(), id.0));
            let Some(task) = tasks.and_then(|tasks| tasks.expel(key.slot())) else { continue };
            task.cancel(0);
        }
        for (_, result) in self.ended.take() {
            ignore_panics(|| drop(result));
        }
    }
}

impl<F: Future<Output: 'static> + 'static> Member<F> {
    /// Leaves the result to the set, if there is one still.
    fn end(self: Pin<Rc<Self>>) {
        let (set, index) = (self.beside.set.take(), self.beside.index.replace(NOWHERE));
        let Some(result) = self.take() else { return }; // on the stack, it goes when its poll returns
        pool::keep(self);
        match set.upgrade() {
            None => ignore_panics(|| drop(result)),
            Some(members) => {
                let waiting = members.put(index, result);
                drop(members);
                ignore_panics(|| waiting.into_iter().for_each(Waker::wake));
            }
        }
    }
}

impl<F: Future<Output: 'static> + 'static> Runnable for Member<F> {
    fn poll(self: Pin<Rc<Self>>, _: usize, cx: &mut Context<'_>) -> Poll<()> {
        let polled = MaybeDone::poll(self.as_ref(), cx, |_| ());
        if self.beside.index.get() == NOWHERE {
            self.discard();
            pool::keep(self);
            return Poll::Ready(());
        }
        ready!(polled);
        self.end();
        Poll::Ready(())
    }

    fn cancel(self: Pin<Rc<Self>>, _: usize) {
        MaybeDone::cancel(&self);
        self.end();
    }
}
