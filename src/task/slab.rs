//! The slab of tasks, and one turn of one task.
//!
//! ```text
//!          spawn                 Pending: put back
//!            │ 1                ┌────────────────┐
//!            ▼        2 run     │                │ 3
//!         [parked] ─────────► [polled] ──────────┘
//!            │ ▲                │
//!            │ └── woken: its key waits in the ready queue
//!            │ 5 abort,         │ 4 Ready or panic
//!            ▼   shutdown       ▼
//!         [done: the output waits for the handle] ── 6 taken, or handle dropped ──► free
//! ```
//!
//! 1 [`Tasks::spawn`], 2 and 3 [`Tasks::run`], 4 and 5 [`Tasks::finish`],
//! 6 [`Tasks::take_done`] and [`Tasks::detach`]. Without a handle, 4 frees at once.
//!
//! While a task is polled its box is out of the slab, on the stack of [`Tasks::run`]: so
//! no borrow is held while foreign code runs (I3), and the code may do to the slab
//! whatever it likes (I10).

use super::stage::{Body, Stage};
use super::{Id, JoinError, JoinHandle};
use crate::wake::{Key, MAX_SLOTS, Ready, Woken, quietly, waker};
use slab::Slab;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// All tasks of one runtime.
pub(crate) struct Tasks {
    pub(super) slots: RefCell<Slab<Slot>>,
    ready: Rc<Ready>,
    /// The runtime ends: nothing is admitted any more.
    closed: Cell<bool>,
}

pub(super) enum Slot {
    Root,
    Task(Task),
    Child { group: Rc<dyn Group>, index: u32 },
}

pub(super) struct Task {
    /// The box; out of the slab while it is polled or dropped.
    pub(super) body: Option<Pin<Box<dyn Body>>>,
    /// Who awaits the handle; the latest poll's waker (I5).
    pub(super) joiner: Option<Waker>,
    /// A handle exists, so the output must wait for it.
    pub(super) held: bool,
    /// The future has ended and is gone.
    pub(super) done: bool,
}

/// A gather's side of its children: it owns them, the slab only gives them turns.
pub(crate) trait Group {
    /// Polls one child; after `Ready` it will not be polled again. Never panics.
    fn poll_child(&self, index: usize, cx: &mut Context<'_>) -> Poll<()>;

    /// Drops one child's future, since its runtime ends. Never panics.
    fn cancel_child(&self, index: usize);
}

/// The root's place in the slab, given back when dropped.
pub(crate) struct Seat<'a> {
    tasks: &'a Tasks,
    key: Key,
}

impl Seat<'_> {
    pub(crate) fn key(&self) -> Key {
        self.key
    }

    /// Whether it is the root whose turn has come. A key that was popped fits its tenant,
    /// and while the seat lives, the root is the tenant of its slot.
    pub(crate) fn is(&self, woken: Woken) -> bool {
        self.key == woken.key
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.tasks.disown(self.key.slot());
    }
}

impl Tasks {
    pub(crate) fn new(ready: Rc<Ready>) -> Self {
        Self { slots: RefCell::default(), ready, closed: Cell::new(false) }
    }

    /// How many tasks and children there are whose future has not ended, and outputs that
    /// wait for their handle.
    pub(crate) fn len(&self) -> usize {
        self.slots.borrow().len()
    }

    pub(crate) fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Gives the future of `block_on` a place in the queue.
    pub(crate) fn seat(&self) -> Seat<'_> {
        self.check_room(1);
        let slot = self.slots.borrow_mut().insert(Slot::Root);
        let (key, _) = self.ready.admit(slot);
        Seat { tasks: self, key }
    }

    /// Boxes a future and queues it for its first poll. Once the runtime ends, the future
    /// is dropped instead, and its handle says cancelled.
    pub(crate) fn spawn<F>(self: &Rc<Self>, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: 'static> + 'static,
    {
        let body: Pin<Box<dyn Body>> = Box::pin(Stage::Future(future, ()));
        let task = Task { body: Some(body), joiner: None, held: true, done: false };
        let (slot, serial) = self.admit(Slot::Task(task));
        if self.closed.get() {
            self.cancel(slot);
        }
        JoinHandle::new(Rc::clone(self), slot, Id::new(serial))
    }

    /// Gives children of a gather their slots, in order: child `i` is polled as `group`'s
    /// `i`, and `note` is told its slot. Refuses once the runtime ends.
    pub(crate) fn adopt(
        &self,
        group: &Rc<dyn Group>,
        children: impl ExactSizeIterator<Item = usize>,
        mut note: impl FnMut(usize, u32),
    ) -> bool {
        if self.closed.get() {
            return false;
        }
        self.check_room(children.len());
        let slots = &mut *self.slots.borrow_mut();
        slots.reserve(children.len());
        self.ready.reserve(slots.len() + children.len(), children.len());
        self.ready.admit_all(children.map(|child| {
            let index = child as u32;
            let slot = slots.insert(Slot::Child { group: Rc::clone(group), index });
            note(child, slot as u32);
            slot
        }));
        true
    }

    /// Takes a child out, its gather having no more use for it.
    pub(crate) fn disown(&self, slot: usize) {
        self.ready.evict(slot);
        drop(self.remove(slot));
    }

    /// One turn of one task: edges 2 to 5 of the picture.
    #[inline]
    pub(crate) fn run(&self, woken: Woken) {
        let slot = woken.key.slot();
        match self.take_turn(slot) {
            Turn::Task(body) if woken.is_aborted() => self.finish(slot, body, Some(JoinError::cancelled())),
            Turn::Task(mut body) => match poll_as(woken.key, |cx| body.as_mut().poll(cx)) {
                Poll::Pending => self.put_back(slot, body),
                Poll::Ready(()) => self.finish(slot, body, None),
            },
            Turn::Child(group, index) => {
                let polled = poll_as(woken.key, |cx| group.poll_child(index, cx));
                // It may have dropped its own gather, and a newcomer may have the slot.
                if polled.is_ready() && self.ready.evict_tenant(slot, woken.serial()) {
                    drop(self.remove(slot));
                }
            }
            Turn::Nobody => {}
        }
    }

    /// Ends the runtime's tasks: every future is dropped, in slot order, every awaited
    /// handle woken. Outputs that wait for their handle go on waiting for it.
    pub(crate) fn shut_down(&self) {
        self.closed.set(true);
        let mut slot = 0;
        while slot < self.capacity() {
            self.cancel(slot);
            slot += 1;
        }
    }

    fn capacity(&self) -> usize {
        self.slots.borrow().capacity()
    }

    fn cancel(&self, slot: usize) {
        match self.take_turn(slot) {
            Turn::Task(body) => self.finish(slot, body, Some(JoinError::cancelled())),
            Turn::Child(group, index) => {
                self.disown(slot);
                group.cancel_child(index);
            }
            Turn::Nobody => {}
        }
    }

    fn admit(&self, tenant: Slot) -> (usize, u64) {
        self.check_room(1);
        let slot = self.slots.borrow_mut().insert(tenant);
        (slot, self.ready.admit(slot).1)
    }

    /// Asked before anything is inserted, so that a refusal leaves nothing behind.
    ///
    /// # Panics
    /// When a key could not number `more` tenants.
    fn check_room(&self, more: usize) {
        let room = MAX_SLOTS - self.len();
        assert!(more <= room, "a shirr runtime can hold {MAX_SLOTS} tasks and no more");
    }

    /// Empties a slot whose tenant is evicted already. What it returns may be foreign: it
    /// is to be dropped where nothing is borrowed.
    fn remove(&self, slot: usize) -> Option<Slot> {
        self.slots.borrow_mut().try_remove(slot)
    }

    fn take_turn(&self, slot: usize) -> Turn {
        match self.slots.borrow_mut().get_mut(slot) {
            Some(Slot::Task(task)) if !task.done => task.body.take().map_or(Turn::Nobody, Turn::Task),
            Some(Slot::Child { group, index }) => Turn::Child(Rc::clone(group), *index as usize),
            _ => Turn::Nobody,
        }
    }

    fn put_back(&self, slot: usize, body: Pin<Box<dyn Body>>) {
        if let Some(Slot::Task(task)) = self.slots.borrow_mut().get_mut(slot) {
            task.body = Some(body);
        }
    }

    /// The future has ended, or ends here if there is an `error`. The output stays for the
    /// handle; without one it is dropped.
    fn finish(&self, slot: usize, mut body: Pin<Box<dyn Body>>, error: Option<JoinError>) {
        if let Some(error) = error {
            body.as_mut().fail(error);
        }
        self.ready.evict(slot);
        match self.settle(slot, body) {
            Ok(joiner) => joiner.into_iter().for_each(|joiner| quietly(|| joiner.wake())),
            Err(unheld) => self.free(slot, unheld),
        }
    }

    /// Lays an ended task down for its handle and returns whom to tell; without a handle,
    /// gives the task back.
    fn settle(&self, slot: usize, body: Pin<Box<dyn Body>>) -> Result<Option<Waker>, Pin<Box<dyn Body>>> {
        match self.slots.borrow_mut().get_mut(slot) {
            Some(Slot::Task(task)) if task.held => {
                task.done = true;
                task.body = Some(body);
                Ok(task.joiner.take())
            }
            _ => Err(body),
        }
    }

    fn free(&self, slot: usize, body: Pin<Box<dyn Body>>) {
        let task = self.remove(slot);
        quietly(|| drop((task, body)));
    }
}

/// What the slab hands out for a turn.
enum Turn {
    Task(Pin<Box<dyn Body>>),
    Child(Rc<dyn Group>, usize),
    /// The slot is empty, or its task has ended, or is on the stack already.
    Nobody,
}

/// Polls with the waker of the task that `key` names.
pub(crate) fn poll_as<T>(key: Key, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    // Its drop does nothing, and need not be called for that.
    let waker = ManuallyDrop::new(waker(key));
    poll(&mut Context::from_waker(&waker))
}

impl std::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tasks").field("len", &self.len()).finish_non_exhaustive()
    }
}
