//! The ready queue, and a mark for every slot that says whether its task is in it.
//!
//! A [`TaskState`] per slot is what makes a wake cheap and exact.

use super::branches::KEPT;
use super::budget;
use super::inbox::Inbox;
use super::key::{Key, MAX_SLOTS};
use super::serial::Serials;
use super::state::{TaskState, Woken};
use crate::trace;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::sync::Arc;

thread_local! {
    /// The ready queue of the runtime that runs on this thread now.
    ///
    /// `ManuallyDrop`, because a thread local without a destructor can be read until the
    /// thread is gone: a waker called from another thread local's destructor is safe.
    /// [`Entered`] takes back what it put here, so nothing leaks.
    static LOCAL: RefCell<Option<ManuallyDrop<Rc<Ready>>>> = const { RefCell::new(None) };
}

/// Hands the runtime of this number to `f` if it runs on this thread, and says whether it
/// does. What `f` does must be short and call no foreign code (I3).
#[inline]
pub(super) fn on_this_thread(runtime: usize, f: impl FnOnce(&Ready)) -> bool {
    LOCAL.with_borrow(|local| match local {
        Some(ready) if ready.number == runtime => {
            f(ready);
            true
        }
        _ => false,
    })
}

/// Everything about wakes that belongs to one runtime. Its own thread only.
#[derive(Debug)]
pub(crate) struct Ready {
    number: usize,
    inbox: Arc<Inbox>,
    state: RefCell<State>,
    /// Tasks may come and go while another runtime is at work: a gather that has moved there.
    pub(crate) origin: trace::Origin,
}

#[derive(Debug)]
struct State {
    /// By slot number.
    marks: Vec<TaskState>,
    /// In the order of the wakes. A key whose task has left stays until it is popped.
    queue: VecDeque<Key>,
    serials: Serials,
    counts: WakeCounts,
}

/// How wakes went, since the runtime was made. See [`Metrics`](crate::Metrics).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WakeCounts {
    pub(crate) local: u64,
    pub(crate) remote: u64,
    pub(crate) merged: u64,
    pub(crate) stale: u64,
}

impl Ready {
    /// A queue that other threads reach through `bell`.
    ///
    /// # Errors
    /// When too many runtimes are alive.
    pub(crate) fn new(bell: mio::Waker) -> io::Result<Self> {
        let (number, inbox) = Inbox::open(bell)?;
        Ok(Self {
            number,
            inbox,
            state: RefCell::new(State {
                marks: Vec::new(),
                queue: VecDeque::new(),
                serials: Serials::new(),
                counts: WakeCounts::default(),
            }),
            origin: trace::Origin::here(),
        })
    }

    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Whether this is the runtime that runs on this thread.
    pub(crate) fn runs_here(&self) -> bool {
        on_this_thread(self.number, |_| ())
    }

    pub(crate) fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    pub(crate) fn counts(&self) -> WakeCounts {
        self.state.borrow().counts
    }

    /// How many keys wait in the queue.
    pub(crate) fn len(&self) -> usize {
        self.state.borrow().queue.len()
    }

    /// No message is accepted any more. The number stays taken as long as `self` lives, so
    /// that a socket or a gather which outlives its runtime cannot mistake another for it.
    pub(crate) fn close(&self) {
        Inbox::close(self.number);
    }

    /// Makes room for `tasks` in all, `more` of them new, so that admitting those
    /// allocates once at most.
    pub(crate) fn reserve(&self, tasks: usize, more: usize) {
        let state = &mut *self.state.borrow_mut();
        let marked = state.marks.len();
        state.marks.reserve(tasks.saturating_sub(marked));
        if state.queue.len() + more > state.queue.capacity() {
            state.make_room(more, &self.origin);
        }
    }

    /// No slot from `slots` on is in use.
    pub(crate) fn shrink(&self, slots: usize) {
        let state = &mut *self.state.borrow_mut();
        state.marks.truncate(slots);
        state.marks.shrink_to_fit();
        state.sweep(&self.origin);
        state.queue.shrink_to(KEPT);
    }

    /// Gives an empty slot a task, already queued for its first poll, and returns the
    /// task's key and serial. The slot's number must fit into a key.
    pub(crate) fn admit(&self, slot: usize) -> (Key, u64) {
        self.state.borrow_mut().admit(self, slot)
    }

    /// [`admit`](Self::admit) for many slots. The iterator is no foreign code (I3).
    pub(crate) fn admit_all(&self, slots: impl Iterator<Item = usize>) {
        let state = &mut *self.state.borrow_mut();
        for slot in slots {
            state.admit(self, slot);
        }
    }

    /// [`evict`](Self::evict), if the task with this serial still lives there.
    pub(crate) fn evict_if(&self, slot: usize, serial: u64) -> bool {
        let state = &mut *self.state.borrow_mut();
        let lives = state.marks.get_mut(slot).filter(|mark| mark.serial() == serial);
        let Some(mark) = lives else { return false };
        *mark = TaskState::default();
        trace::emit!(to self.origin; Evicted { slot });
        true
    }

    /// Empties a slot: every key of its task is stale from now on.
    pub(crate) fn evict(&self, slot: usize) {
        self.state.borrow_mut().marks[slot] = TaskState::default();
        trace::emit!(to self.origin; Evicted { slot });
    }

    /// Whether anything lives in this slot.
    pub(crate) fn is_occupied(&self, slot: usize) -> bool {
        self.state.borrow().marks.get(slot).is_some_and(|mark| !mark.is_empty())
    }

    /// Whether the task with this serial still lives in this slot.
    pub(crate) fn is_live(&self, slot: usize, serial: u64) -> bool {
        let state = self.state.borrow();
        state.marks.get(slot).is_some_and(|mark| mark.serial() == serial)
    }

    /// Queues the task for a poll unless it is queued already (I1).
    #[inline(never)]
    pub(crate) fn wake(&self, key: Key) {
        let state = &mut *self.state.borrow_mut();
        match state.marks.get_mut(key.slot()) {
            Some(mark) if mark.fits(key) => {
                if mark.is_scheduled() {
                    state.counts.merged += 1;
                    trace::emit!(Woken { task: mark.serial(), effect: trace::Effect::Merged });
                } else {
                    mark.set_scheduled();
                    state.queue.push_back(key);
                    state.counts.local += 1;
                    trace::emit!(Woken { task: mark.serial(), effect: trace::Effect::Queued });
                }
            }
            _ => {
                state.counts.stale += 1;
                trace::emit!(Woken { task: 0, effect: trace::Effect::Stale });
            }
        }
    }

    /// A wake that came through the inbox.
    pub(crate) fn wake_from_inbox(&self, key: Key) {
        self.state.borrow_mut().counts.remote += 1;
        self.wake(key);
    }

    /// Marks the task for dropping and queues it, if this is still its serial.
    pub(crate) fn abort(&self, slot: usize, serial: u64) {
        if self.is_live(slot, serial) {
            self.state.borrow_mut().marks[slot].set_aborted();
            trace::emit!(Aborted { task: serial });
            self.wake(Key::new(self.number, slot, serial));
        }
    }

    /// The next task to poll, its mark cleared so that a wake during the poll counts (I2).
    pub(crate) fn pop(&self) -> Option<Woken> {
        let state = &mut *self.state.borrow_mut();
        while let Some(key) = state.queue.pop_front() {
            if let Some(mark) = state.marks.get_mut(key.slot()).filter(|mark| mark.awaits(key)) {
                mark.clear_scheduled();
                trace::emit!(Popped { task: mark.serial() });
                return Some(Woken { key, mark: *mark });
            }
            trace::emit!(Skipped { slot: key.slot() });
        }
        None
    }
}

impl State {
    /// Before the queue grows for new tasks, keys of those that have left go. If they are less
    /// than half it grows, or the next admission would have to look for them again.
    #[cold]
    fn make_room(&mut self, more: usize, origin: &trace::Origin) {
        self.sweep(origin);
        if self.queue.len() + more > self.queue.capacity() / 2 {
            self.queue.reserve(self.queue.capacity().max(more));
        }
    }

    /// Takes the keys of tasks that have left out of the queue.
    fn sweep(&mut self, origin: &trace::Origin) {
        let (marks, before) = (&self.marks, self.queue.len());
        self.queue.retain(|key| marks.get(key.slot()).is_some_and(|mark| mark.awaits(*key)));
        if self.queue.len() < before {
            trace::emit!(to origin; Swept);
        }
    }

    #[inline]
    fn admit(&mut self, runtime: &Ready, slot: usize) -> (Key, u64) {
        debug_assert!(slot < MAX_SLOTS);
        let serial = self.serials.next();
        if slot >= self.marks.len() {
            self.marks.resize(slot + 1, TaskState::default());
        }
        debug_assert!(self.marks[slot].is_empty());
        self.marks[slot] = TaskState::new(serial);
        let key = Key::new(runtime.number, slot, serial);
        if self.queue.len() == self.queue.capacity() {
            self.make_room(1, &runtime.origin);
        }
        self.queue.push_back(key);
        trace::emit!(to runtime.origin; Admitted { task: serial, slot });
        (key, serial)
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        Inbox::free(self.number);
    }
}

/// While this lives, wakes on this thread go straight into one runtime's queue.
#[derive(Debug)]
pub(crate) struct Entered {
    outer: Option<ManuallyDrop<Rc<Ready>>>,
    _steps: budget::Outside,
}

impl Entered {
    pub(crate) fn new(ready: Rc<Ready>) -> Self {
        let outer = LOCAL.replace(Some(ManuallyDrop::new(ready)));
        Self { outer, _steps: budget::Outside::new() }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let inner = LOCAL.replace(self.outer.take());
        drop(inner.map(ManuallyDrop::into_inner));
    }
}
