//! The slab of tasks, and one turn of one task.
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
//!         [done: the slot is free; the output waits for the handle, or in its place]
//! ```
//!
//! 1 [`Tasks::spawn`] and [`Tasks::adopt`], 2 to 5 [`Tasks::run`], 5 also
//! [`Tasks::shut_down`].
//!
//! While a task is polled, the slab is not borrowed, and the turn holds the task by a
//! count of its own: so the code that runs (I3) may do to the slab whatever it likes (I10).

use super::branches::pool;
use super::{Id, JoinHandle, spawned};
use crate::trace;
use crate::wake::branches::ShrinkingSlab;
use crate::wake::{Key, MAX_SLOTS, Ready, Woken, waker};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// All tasks of one runtime.
pub(crate) struct Tasks {
    slots: RefCell<Slots>,
    ready: Rc<Ready>,
    /// In the slot of the future of `block_on`.
    root: Pin<Rc<dyn Runnable>>,
    /// The runtime ends: nothing is admitted any more.
    closed: Cell<bool>,
}

/// Who lives in a slot: a task, or all children of one gather, of which each has a slot.
pub(crate) trait Runnable {
    /// Polls the future in this place of the task's (a task has one place); after `Ready`
    /// it will not be polled again. The turn's own count goes with it. Never panics.
    fn poll(self: Pin<Rc<Self>>, place: usize, cx: &mut Context<'_>) -> Poll<()>;

    /// Drops that future, which was aborted or whose runtime ends. Never panics.
    fn cancel(self: Pin<Rc<Self>>, place: usize);
}

/// Tasks and places are apart, since two words travel in registers and three do not: those
/// would be written to the stack and read back at once in other pieces, which costs more
/// than all the rest of an insertion (decision 2).
struct Slots {
    tasks: ShrinkingSlab<Pin<Rc<dyn Runnable>>>,
    /// By slot, which of the task's places; leftovers in empty slots.
    places: Vec<u32>,
}

impl Slots {
    fn reserve(&mut self, more: usize) {
        self.tasks.reserve(more);
        self.places.reserve(self.tasks.room().saturating_sub(self.places.len()));
    }

    #[inline]
    fn insert(&mut self, task: Pin<Rc<dyn Runnable>>, place: u32) -> usize {
        let slot = self.tasks.insert(task);
        match self.places.get_mut(slot) {
            Some(old) => *old = place,
            None => {
                self.places.resize(slot, 0);
                self.places.push(place);
            }
        }
        slot
    }

    #[inline]
    fn get(&self, slot: usize) -> Option<(Pin<Rc<dyn Runnable>>, usize)> {
        let task = self.tasks.get(slot)?;
        Some((Pin::clone(task), self.places[slot] as usize))
    }
}

/// The future of `block_on` is polled where it lies; its slot gives it a key.
struct Root;

impl Runnable for Root {
    fn poll(self: Pin<Rc<Self>>, _: usize, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn cancel(self: Pin<Rc<Self>>, _: usize) {}
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

    /// Whether it is the root whose turn has come. A key that was popped fits its task,
    /// and while the seat lives, the root is the task of its slot.
    pub(crate) fn is(&self, woken: Woken) -> bool {
        self.key == woken.key
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.tasks.remove(self.key.slot());
    }
}

impl Tasks {
    /// For a runtime that is there from now on, until [`shut_down`](Self::shut_down).
    pub(crate) fn new(ready: Rc<Ready>) -> Self {
        pool::open();
        Self {
            slots: RefCell::new(Slots { tasks: ShrinkingSlab::new(), places: Vec::new() }),
            ready,
            root: Rc::pin(Root),
            closed: Cell::new(false),
        }
    }

    /// How many tasks and children there are whose future has not ended, with the root.
    pub(crate) fn len(&self) -> usize {
        self.slots.borrow().tasks.len()
    }

    pub(crate) fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Gives the future of `block_on` a place in the queue.
    pub(crate) fn seat(&self) -> Seat<'_> {
        trace::emit!(Rooting);
        let (key, _) = self.admit(Pin::clone(&self.root));
        Seat { tasks: self, key }
    }

    /// Puts a future on the heap and queues it for its first poll. Once the runtime ends, the
    /// future is dropped instead, and its handle says cancelled.
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
        JoinHandle::new(key, Id::new(serial), task)
    }

    fn admit(&self, task: Pin<Rc<dyn Runnable>>) -> (Key, u64) {
        self.check_room(1);
        let slot = self.slots.borrow_mut().insert(task, 0);
        self.ready.admit(slot)
    }

    /// Gives places of a gather's batch their slots, in order, and tells `note` which. Refuses
    /// once the runtime ends.
    pub(crate) fn adopt(
        &self,
        batch: &Pin<Rc<dyn Runnable>>,
        places: impl ExactSizeIterator<Item = usize>,
        mut note: impl FnMut(usize, u32),
    ) -> bool {
        if self.closed.get() {
            return false;
        }
        self.check_room(places.len());
        let slots = &mut *self.slots.borrow_mut();
        slots.reserve(places.len());
        self.ready.reserve(slots.tasks.len() + places.len(), places.len());
        self.ready.admit_all(places.map(|place| {
            let slot = slots.insert(Pin::clone(batch), place as u32);
            note(place, slot as u32);
            slot
        }));
        true
    }

    /// Takes out a task that is not to be polled any more.
    pub(crate) fn remove(&self, slot: usize) {
        self.ready.evict(slot);
        drop(self.take(slot));
    }

    /// One turn of one task: edges 2 to 5 of the picture.
    #[inline]
    pub(crate) fn run(&self, woken: Woken) {
        let slot = woken.key.slot();
        if woken.is_aborted() {
            return self.cancel(slot);
        }
        let Some((task, place)) = self.slots.borrow().get(slot) else { return };
        let polled = poll_as(woken.key, |cx| task.poll(place, cx));
        // It may have dropped its own gather, and a newcomer may have the slot.
        if polled.is_ready() && self.ready.evict_if(slot, woken.serial()) {
            drop(self.take(slot));
        }
    }

    /// Ends the runtime's tasks: every future is dropped, in slot order, every awaited
    /// handle woken. Outputs go on waiting for their handles.
    pub(crate) fn shut_down(&self) {
        self.closed.set(true);
        let mut slot = 0;
        while slot < self.room() {
            self.cancel(slot);
            slot += 1;
        }
        pool::close();
    }

    /// How many slots there is room for.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        self.slots.borrow().tasks.room()
    }

    /// Gives back what a burst of tasks has left, if it is over.
    #[cold]
    pub(crate) fn shrink(&self, at_rest: bool) {
        let slots = &mut *self.slots.borrow_mut();
        if let Some(room) = slots.tasks.shrink(at_rest, || Pin::clone(&self.root)) {
            slots.places.truncate(room);
            slots.places.shrink_to_fit();
            self.ready.shrink(room);
        }
    }

    fn cancel(&self, slot: usize) {
        if !self.ready.is_occupied(slot) {
            return; // it is empty, or holds a placeholder
        }
        let Some((task, place)) = self.slots.borrow().get(slot) else { return };
        trace::emit!(Cancelled { slot });
        self.remove(slot); // first, since the drop may give the slot away
        task.cancel(place);
    }

    /// Asked before anything is inserted, so that a refusal leaves nothing behind.
    ///
    /// # Panics
    /// When a key could not number `more` tasks.
    fn check_room(&self, more: usize) {
        let tasks = &mut self.slots.borrow_mut().tasks;
        if tasks.numbered() + more > MAX_SLOTS {
            tasks.open(); // a slab that grows past its closed slots would run out of numbers
        }
        assert!(more <= MAX_SLOTS - tasks.len(), "a shirr runtime can hold {MAX_SLOTS} tasks and no more");
    }

    /// Empties a slot whose task is evicted already. What it returns may be the last of
    /// its task: it is to be dropped where nothing is borrowed.
    fn take(&self, slot: usize) -> Option<Pin<Rc<dyn Runnable>>> {
        self.slots.borrow_mut().tasks.take(slot, || Pin::clone(&self.root))
    }
}

/// Polls with the waker of the task that `key` names.
pub(crate) fn poll_as<T>(key: Key, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    // Its drop does nothing, and need not be called for that.
    let waker = ManuallyDrop::new(waker(key));
    trace::emit!(Polling { slot: key.slot() });
    let polled = poll(&mut Context::from_waker(&waker));
    trace::emit!(Polled { slot: key.slot(), poll: trace::Poll::of(&polled) });
    polled
}

impl std::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tasks").field("len", &self.len()).finish_non_exhaustive()
    }
}
