//! The slab of tasks, and the turns that the loop gives them.
//!
//! ```text
//!          spawn, adopt        Pending
//!            │ 1          ┌───────────────┐
//!            ▼     2 run  │               │ 3
//!         [parked] ─────► [polled] ───────┘
//!            │ ▲            │
//!            │ └── woken: its key waits in the ready queue
//!            │ 5 abort,     │ 4 Ready or panic
//!            ▼   shutdown   ▼
//!         [done: the slot is free; the output waits for the handle, or in its batch]
//! ```
//!
//! 1 [`Tasks::spawn`] and [`Tasks::adopt`], 2 to 5 [`Tasks::run`], 5 also
//! [`Tasks::shut_down`].
//!
//! While a task is polled, the slab is not borrowed, and the turn holds an `Rc` of it: so the
//! code that runs (I3) may do to the slab whatever it likes (I10).

use super::branches::pool;
use super::{JoinHandle, spawned};
use crate::choice;
use crate::trace;
use crate::wake::branches::ShrinkingSlab;
use crate::wake::{Key, MAX_SLOTS, Ready, Woken, budget, waker};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// All tasks of one runtime.
pub(crate) struct Tasks {
    pub(super) slots: RefCell<Slots>,
    pub(super) ready: Rc<Ready>,
    /// In the slot of the future of `block_on`, and in slots that are closed to give back room
    /// (`wake/branches/burst.rs`).
    pub(super) root: Pin<Rc<dyn Runnable>>,
    /// The runtime ends: nothing is admitted any more.
    pub(super) closed: Cell<bool>,
    /// Turns given.
    pub(crate) polls: Cell<u64>,
    /// The serial of the task whose turn it is; zero between turns.
    pub(super) running: Cell<u64>,
}

/// What slots hold: a spawned task, or the batch of a gather, in a slot for each child.
pub(crate) trait Runnable {
    /// Polls the future of this index (a task has one); after `Ready` it will not be polled
    /// again. The turn's own `Rc` goes with it. Never panics.
    fn poll(self: Pin<Rc<Self>>, index: usize, cx: &mut Context<'_>) -> Poll<()>;

    /// Drops that future, which was aborted or whose runtime ends. Never panics.
    fn cancel(self: Pin<Rc<Self>>, index: usize);
}

/// Tasks and indexes are apart, since two words travel in registers and three do not: those
/// would be written to the stack and read back at once in other pieces, which costs more
/// than all the rest of an insertion (benches/DECISIONS.md, 2).
pub(super) struct Slots {
    pub(super) tasks: ShrinkingSlab<Pin<Rc<dyn Runnable>>>,
    /// By slot, which child of a gather; leftovers in empty slots.
    pub(super) indexes: Vec<u32>,
}

impl Slots {
    /// Panics when a key could not number `more` tasks; asked first, so that nothing is left behind.
    fn check_room(&mut self, more: usize) {
        let has_room = self.tasks.has_numbers(MAX_SLOTS, more);
        assert!(has_room, "a shirr runtime can hold {MAX_SLOTS} tasks and no more");
    }

    fn reserve(&mut self, more: usize) {
        self.tasks.reserve(more);
        self.indexes.reserve(self.tasks.room().saturating_sub(self.indexes.len()));
    }

    #[inline]
    fn insert(&mut self, task: Pin<Rc<dyn Runnable>>, index: u32) -> usize {
        let slot = self.tasks.insert(task);
        match self.indexes.get_mut(slot) {
            Some(old) => *old = index,
            None => {
                self.indexes.resize(slot, 0);
                self.indexes.push(index);
            }
        }
        slot
    }

    #[inline]
    pub(super) fn get(&self, slot: usize) -> Option<(Pin<Rc<dyn Runnable>>, usize)> {
        let task = self.tasks.get(slot)?;
        Some((Pin::clone(task), self.indexes[slot] as usize))
    }
}

/// The future of `block_on` is polled on its stack; its slot gives it a key.
struct Root;

impl Runnable for Root {
    fn poll(self: Pin<Rc<Self>>, _: usize, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn cancel(self: Pin<Rc<Self>>, _: usize) {}
}

/// The root's slot, given back when dropped.
pub(crate) struct RootSlot<'a> {
    tasks: &'a Tasks,
    key: Key,
}

impl RootSlot<'_> {
    /// One turn of the root. A key that was popped fits its task, and while this lives, the
    /// root is the task of its slot.
    pub(crate) fn poll<T>(&self, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        poll_as(self.key, poll)
    }
}

impl Drop for RootSlot<'_> {
    fn drop(&mut self) {
        self.tasks.running.set(0);
        self.tasks.remove(self.key.slot());
    }
}

impl Tasks {
    /// For a runtime that is there from now on, until [`shut_down`](Self::shut_down).
    pub(crate) fn new(ready: Rc<Ready>) -> Self {
        pool::open();
        Self {
            slots: RefCell::new(Slots { tasks: ShrinkingSlab::new(), indexes: Vec::new() }),
            ready,
            root: Rc::pin(Root),
            closed: Cell::new(false),
            polls: Cell::new(0),
            running: Cell::new(0),
        }
    }

    /// How many tasks and children there are whose future has not ended, with the root.
    pub(crate) fn len(&self) -> usize {
        self.slots.borrow().tasks.len()
    }

    pub(crate) fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Queues the future of `block_on` like any task.
    pub(crate) fn add_root(&self) -> RootSlot<'_> {
        trace::emit!(Rooting);
        let (key, _) = self.admit(Pin::clone(&self.root));
        RootSlot { tasks: self, key }
    }

    /// Puts a future on the heap and queues it for its first poll. Once the runtime ends, the
    /// future is dropped instead, and its handle says cancelled.
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub(crate) fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: 'static> + 'static,
    {
        let task = spawned::begin(future);
        trace::emit!(spawning::<F>(trace::Caller::here()));
        let (key, serial) = self.admit(Pin::clone(&task) as Pin<Rc<dyn Runnable>>);
        if self.closed.get() {
            self.cancel(key.slot());
        }
        JoinHandle::new(key, serial, task)
    }

    pub(super) fn admit(&self, task: Pin<Rc<dyn Runnable>>) -> (Key, u64) {
        let slots = &mut *self.slots.borrow_mut();
        slots.check_room(1);
        let slot = slots.insert(task, 0);
        self.ready.admit(slot)
    }

    /// Gives children of a gather's batch their slots, in order, and tells `note` which. Refuses
    /// once the runtime ends.
    pub(crate) fn adopt(
        &self,
        batch: &Pin<Rc<dyn Runnable>>,
        children: impl ExactSizeIterator<Item = usize>,
        mut note: impl FnMut(usize, u32),
    ) -> bool {
        if self.closed.get() {
            return false;
        }
        let slots = &mut *self.slots.borrow_mut();
        slots.check_room(children.len());
        slots.reserve(children.len());
        self.ready.reserve_slots(slots.tasks.len() + children.len(), children.len());
        self.ready.admit_all(children.map(|child| {
            let slot = slots.insert(Pin::clone(batch), child as u32);
            note(child, slot as u32);
            slot
        }));
        true
    }

    /// Gives turns in the order of the wakes, until it is the root's. When no task is ready, or
    /// after 128 turns, it calls `poll_events` and says which: `true` for the first.
    #[inline(always)] // a function fewer between the loop and its system call (decision 23)
    pub(crate) fn run(&self, root: &RootSlot<'_>, poll_events: impl Fn(bool)) {
        loop {
            choice::make!(if self.ends_turn() {
                poll_events(false)
            });
            let due = budget::are_events_due();
            let woken = if due { None } else { self.ready.pop() };
            let Some(woken) = woken else {
                self.running.set(0);
                poll_events(!due);
                continue;
            };
            budget::begin_turn();
            self.polls.set(self.polls.get() + 1);
            self.running.set(woken.serial());
            if woken.key == root.key {
                return;
            }
            self.turn(woken);
        }
    }

    /// One turn of one task: edges 2 to 5 of the picture.
    #[inline]
    pub(super) fn turn(&self, woken: Woken) {
        let slot = woken.key.slot();
        if woken.is_aborted() {
            return self.cancel(slot);
        }
        let Some((task, index)) = self.slots.borrow_mut().get(slot) else { return };
        let polled = poll_as(woken.key, |cx| task.poll(index, cx));
        // It may have dropped its own gather, and a newcomer may have the slot.
        if polled.is_ready() && self.ready.evict_if(slot, woken.serial()) {
            drop(self.take(slot));
        }
    }

    pub(super) fn cancel(&self, slot: usize) {
        if !self.ready.is_occupied(slot) {
            return; // it is empty, or closed
        }
        let Some((task, index)) = self.slots.borrow().get(slot) else { return };
        trace::emit!(to self.ready.origin; Cancelled { slot });
        self.remove(slot); // first, since the drop may give the slot away
        task.cancel(index);
    }

    /// Takes out a task that is not to be polled any more.
    pub(crate) fn remove(&self, slot: usize) {
        self.ready.evict(slot);
        drop(self.take(slot));
    }

    /// Empties a slot whose task is evicted already. What it returns may be the last `Rc` of
    /// it, to be dropped where nothing is borrowed.
    #[inline]
    fn take(&self, slot: usize) -> Option<Pin<Rc<dyn Runnable>>> {
        self.slots.borrow_mut().tasks.take(slot, || Pin::clone(&self.root))
    }

    /// Ends the runtime's tasks: every future is dropped, in slot order, every awaited
    /// handle woken. Outputs go on waiting for their handles.
    pub(crate) fn shut_down(&self) {
        self.closed.set(true);
        let mut slot = 0;
        while slot < self.slots.borrow().tasks.room() {
            self.cancel(slot);
            slot += 1;
        }
        pool::close();
    }
}

/// Polls with the waker of the task that `key` names.
fn poll_as<T>(key: Key, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    // Its drop does nothing, and need not be called for that.
    let waker = ManuallyDrop::new(waker(key));
    trace::emit!(Polling { slot: key.slot() });
    let polled = poll(&mut Context::from_waker(&waker));
    trace::emit!(Polled { slot: key.slot(), poll: trace::Poll::of(&polled) });
    polled
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").field("len", &self.len()).finish_non_exhaustive()
    }
}
