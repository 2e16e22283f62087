//! The ready queue: a wake puts a task's key in, the loop takes it out to poll the task.
//!
//! # A waker that is a number
//! `std` gives a waker one pointer of data. Most runtimes point it at the task and count
//! references; here it *is* the task's [`Key`], in the form of a pointer without provenance.
//! A waker therefore owns nothing: cloning copies, dropping does nothing, it may outlive
//! its task, its runtime and its thread, and there is no memory it could reach too late.
//!
//! Wakers must be `Send + Sync` although the runtime has one thread: `std` promises so to
//! all code that stores one. [`wake`] therefore asks first whether its runtime runs on this thread.

use super::branches::WakeCounts;
use super::budget;
use super::inbox::{self, Inbox, Message};
use super::key::Key;
use super::serial::Serials;
use super::state::{TaskState, Woken};
use crate::choice;
use crate::trace;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::mem::ManuallyDrop;
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

thread_local! {
    /// The ready queue of the runtime that runs on this thread now.
    ///
    /// `ManuallyDrop`, because a thread local without a destructor can be read until the
    /// thread is gone: a waker called from another thread local's destructor is safe.
    /// [`LocalGuard`] takes back what it put here, so nothing leaks.
    static LOCAL: RefCell<Option<ManuallyDrop<Rc<Ready>>>> = const { RefCell::new(None) };
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(copy, use_up, wake_data, forget);

fn copy(data: *const ()) -> RawWaker {
    trace::emit!(waker copied(key_in(data).slot(), key_in(data).generation()));
    RawWaker::new(data, &VTABLE)
}

fn use_up(data: *const ()) {
    wake_data(data);
    forget(data);
}

fn wake_data(data: *const ()) {
    wake(key_in(data));
}

fn forget(_data: *const ()) {
    trace::emit!(waker gone(key_in(_data).slot(), key_in(_data).generation()));
}

fn key_in(data: *const ()) -> Key {
    Key::from_bits(data.addr())
}

/// The waker of the task that `key` names.
#[allow(unsafe_code)]
pub(crate) fn waker(key: Key) -> Waker {
    let data = ptr::without_provenance(key.bits());
    // SAFETY: the vtable's functions read `data` as a number and never as an address, so
    // they hold for any value, at any time, on any thread (I9).
    unsafe { Waker::new(data, &VTABLE) }
}

/// Wakes a task: at once when its runtime runs on this thread, else through its inbox.
/// It only queues and never polls, so it may be called under the caller's locks.
fn wake(key: Key) {
    if !on_this_thread(key.runtime(), |ready| ready.wake(key)) {
        inbox::send(key.runtime(), Message::Wake(key));
    }
}

/// Hands the runtime of this number to `f` if it runs on this thread, and says whether it
/// does. What `f` does must be short, call no foreign code (I3) and not ask this again: the borrow
/// is a mutable one, which takes fewer instructions.
#[inline]
pub(super) fn on_this_thread(runtime: usize, f: impl FnOnce(&Ready)) -> bool {
    LOCAL.with_borrow_mut(|local| match local {
        Some(ready) if ready.number == runtime => {
            f(ready);
            true
        }
        _ => false,
    })
}

/// Whether the runtime of this key runs on this thread.
pub(crate) fn runs_here(key: Key) -> bool {
    on_this_thread(key.runtime(), |_| ())
}

/// Everything about wakes that belongs to one runtime. Its own thread only.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(super) number: usize,
    inbox: Arc<Inbox>,
    pub(super) queue: RefCell<Queue>,
    /// The recording that its events go to, also while another runtime is at work: a gather may
    /// have moved there.
    pub(crate) origin: trace::Origin,
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    /// By slot number.
    pub(super) states: Vec<TaskState>,
    /// In the order of the wakes. A key whose task has left stays until it is popped.
    pub(super) keys: VecDeque<Key>,
    pub(super) serials: Serials,
    pub(super) counts: WakeCounts,
    #[cfg(feature = "explore")]
    pub(super) order: choice::Order,
}

impl Ready {
    /// A queue that other threads reach through `bell`.
    ///
    /// # Errors
    /// When too many runtimes are alive.
    pub(crate) fn new(bell: mio::Waker) -> io::Result<Self> {
        let (number, inbox) = Inbox::open(bell)?;
        Ok(Self { number, inbox, queue: RefCell::default(), origin: trace::Origin::here() })
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

    /// How many keys wait in the queue.
    pub(crate) fn len(&self) -> usize {
        self.queue.borrow().keys.len()
    }

    /// No message is accepted any more. The number stays taken as long as `self` lives, so
    /// that a socket or a gather which outlives its runtime cannot mistake another for it.
    pub(crate) fn close(&self) {
        Inbox::close(self.number);
    }

    /// Queues the task for a poll unless it is queued already (I1).
    #[inline]
    pub(crate) fn wake(&self, key: Key) {
        let queue = &mut *self.queue.borrow_mut();
        match queue.states.get_mut(key.slot()) {
            Some(state) if state.waits_for(key) => {
                state.set_scheduled();
                queue.keys.push_back(key);
                queue.counts.local += 1;
                trace::emit!(Woken { task: state.serial(), effect: trace::Effect::Queued });
            }
            Some(state) if state.fits(key) => {
                queue.counts.merged += 1;
                trace::emit!(Woken { task: state.serial(), effect: trace::Effect::Merged });
            }
            _ => {
                queue.counts.stale += 1;
                trace::emit!(Woken { task: 0, effect: trace::Effect::Stale });
            }
        }
    }

    /// A wake that came through the inbox.
    pub(crate) fn wake_from_inbox(&self, key: Key) {
        self.queue.borrow_mut().counts.remote += 1;
        self.wake(key);
    }

    /// Wakes the task if it is this runtime's. Else the waker comes back, to be called where
    /// nothing is borrowed: it may be any code, and this is not (I3).
    #[inline]
    pub(crate) fn wake_own(&self, waker: Waker) -> Option<Waker> {
        if ptr::eq(waker.vtable(), &VTABLE) {
            let key = key_in(waker.data());
            if key.runtime() == self.number {
                self.wake(key);
                return None;
            }
        }
        Some(waker)
    }

    /// The next task to poll, no longer scheduled, so that a wake during the poll counts (I2).
    pub(crate) fn pop(&self) -> Option<Woken> {
        let queue = &mut *self.queue.borrow_mut();
        choice::make!(queue.bring_forward(self.number));
        while let Some(key) = queue.keys.pop_front() {
            if let Some(state) = queue.states.get_mut(key.slot()).filter(|state| state.awaits(key)) {
                state.clear_scheduled();
                trace::emit!(Popped { task: state.serial() });
                return Some(Woken { key, state: *state });
            }
            trace::emit!(Skipped { slot: key.slot() });
        }
        None
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        Inbox::free(self.number);
    }
}

/// While this lives, wakes on this thread go straight into one runtime's queue.
#[derive(Debug)]
pub(crate) struct LocalGuard {
    outer: Option<ManuallyDrop<Rc<Ready>>>,
    _steps: budget::Outside,
}

impl LocalGuard {
    pub(crate) fn new(ready: Rc<Ready>) -> Self {
        let outer = LOCAL.replace(Some(ManuallyDrop::new(ready)));
        Self { outer, _steps: budget::Outside::new() }
    }
}

impl Drop for LocalGuard {
    fn drop(&mut self) {
        let inner = LOCAL.replace(self.outer.take());
        drop(inner.map(ManuallyDrop::into_inner));
    }
}
