//! A waker that is a number.
//!
//! `std` gives a waker one pointer of data. Most runtimes point it at the task and count
//! references; here it *is* the task's [`Key`], dressed as a pointer without provenance.
//! A waker therefore owns nothing: cloning copies, dropping does nothing, it may outlive
//! its task, its runtime and its thread, and there is no memory it could reach too late.
//!
//! Wakers must be `Send + Sync` although the runtime has one thread: `std` promises so to
//! everybody who stores one. [`wake`] therefore asks first on whose thread it is.

use super::inbox::{self, Message};
use super::{Key, Ready, ready};
use crate::trace;
use std::ptr;
use std::task::{RawWaker, RawWakerVTable, Waker};

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

/// The key that a waker is, unless another runtime's code made it.
fn key_of(waker: &Waker) -> Option<Key> {
    ptr::eq(waker.vtable(), &VTABLE).then(|| key_in(waker.data()))
}

impl Ready {
    /// Wakes the task if it is this runtime's. Else the waker comes back, to be called where
    /// nothing is borrowed: it may be anybody's code, and this is not (I3).
    #[inline]
    pub(crate) fn wake_own(&self, waker: Waker) -> Option<Waker> {
        match key_of(&waker) {
            Some(key) if key.runtime() == self.number() => {
                self.wake(key);
                None
            }
            _ => Some(waker),
        }
    }
}

/// A waker that is no task's.
pub(crate) fn nobody() -> Waker {
    waker(Key::NOBODY)
}

/// Wakes a task: at once when its runtime runs on this thread, else through its inbox.
/// It only queues and never polls, so it may be called under the caller's locks.
fn wake(key: Key) {
    if !ready::on_this_thread(key.runtime(), |ready| ready.wake(key)) {
        inbox::send(key.runtime(), Message::Wake(key));
    }
}

/// Has a task's future dropped, the same two ways; it only queues, too (`task/join.rs`).
pub(crate) fn abort(key: Key, serial: u64) {
    let (runtime, slot) = (key.runtime(), key.slot());
    if !ready::on_this_thread(runtime, |ready| ready.abort(slot, serial)) {
        inbox::send(runtime, Message::Abort { slot, serial });
    }
}

/// Whether the runtime of this key runs on this thread.
pub(crate) fn runs_here(key: Key) -> bool {
    ready::on_this_thread(key.runtime(), |_| ())
}
