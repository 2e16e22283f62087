//! How many wakers of each task there are, in the whole process.
//!
//! The other events tell what shirr's own futures wait for. A channel or a lock of another crate
//! keeps a waker and says nothing, on whatever thread; it is seen only by there being more
//! wakers than shirr's own futures account for. To copy and to drop one is no event: it
//! happens several times in a poll, and would drown the story.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{LazyLock, Mutex, PoisonError};

/// As many bits of a task's number as its key has room for, and so its wakers (`wake/key.rs`).
const GENERATION: u64 = if cfg!(target_pointer_width = "64") { (1 << 24) - 1 } else { (1 << 8) - 1 };

/// By slot and generation. It has no entry for none.
static WAKERS: LazyLock<Mutex<HashMap<(usize, u64), usize>>> = LazyLock::new(Mutex::default);

/// Set when the first recorder is made, and never cleared. Before that there is nothing to count.
static ON: AtomicBool = AtomicBool::new(false);

pub(super) fn begin_to_count() {
    ON.store(true, Relaxed);
}

/// A waker of the task in this slot was copied.
pub(crate) fn copied(slot: usize, serial: u64) {
    change(slot, serial, |wakers| wakers + 1);
}

/// One is gone: it was dropped, or a call has used it up.
pub(crate) fn gone(slot: usize, serial: u64) {
    change(slot, serial, |wakers| wakers.saturating_sub(1)); // it may be older than the recorder
}

/// How many there are, without the one that a poll has.
pub(super) fn of(slot: usize, task: u64) -> usize {
    let wakers = WAKERS.lock().unwrap_or_else(PoisonError::into_inner);
    wakers.get(&(slot, task & GENERATION)).copied().unwrap_or(0)
}

fn change(slot: usize, serial: u64, to: impl FnOnce(usize) -> usize) {
    if !ON.load(Relaxed) {
        return;
    }
    let mut wakers = WAKERS.lock().unwrap_or_else(PoisonError::into_inner);
    let task = (slot, serial & GENERATION);
    match to(wakers.remove(&task).unwrap_or(0)) {
        0 => {}
        some => _ = wakers.insert(task, some),
    }
}
