//! An allocator that counts, for the tests that promise how much is allocated. Including
//! this module makes it the allocator of the whole test binary.
//!
//! What is counted are calls and requested bytes of the thread that asks, without what the
//! system's allocator adds to each.

#![allow(dead_code, reason = "every test file is a crate of its own and uses a part of this")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What one thread has asked of the allocator.
#[derive(Clone, Copy)]
pub(crate) struct Counts {
    /// Blocks made or moved.
    pub(crate) calls: usize,
    /// Bytes asked for and not given back.
    pub(crate) live: isize,
    /// The most that `live` has been.
    pub(crate) peak: isize,
}

thread_local! {
    static COUNTS: Cell<Counts> = const { Cell::new(Counts { calls: 0, live: 0, peak: 0 }) };
}

/// What this thread has allocated.
pub(crate) fn counts() -> Counts {
    COUNTS.get()
}

/// Starts a new peak, and returns what is allocated now.
pub(crate) fn reset() -> Counts {
    let mut counts = COUNTS.get();
    counts.peak = counts.live;
    COUNTS.set(counts);
    counts
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

impl Counting {
    fn count(calls: usize, bytes: isize) {
        let mut counts = COUNTS.get();
        counts.calls += calls;
        counts.live += bytes;
        counts.peak = counts.peak.max(counts.live);
        COUNTS.set(counts);
    }
}

// SAFETY: every request goes to `System` as it came and its answer is returned as it is. The
// counters are cells of the thread, which are made without allocating and never dropped.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(1, layout.size() as isize);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        Self::count(0, -(layout.size() as isize));
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::count(1, size as isize - layout.size() as isize);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.realloc(block, layout, size) }
    }
}
