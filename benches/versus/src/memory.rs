//! An allocator that counts, for every program here that counts memory.
//!
//! It hands everything to the system's. Outside of a count it costs one load of a flag, for
//! every contender alike.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

#[global_allocator]
static COUNTING: Counting =
    Counting { on: AtomicBool::new(false), live: AtomicI64::new(0), calls: AtomicU64::new(0) };

struct Counting {
    on: AtomicBool,
    /// Bytes asked for and not given back since the count began.
    live: AtomicI64,
    /// Blocks made, and blocks made larger or smaller, since the count began.
    calls: AtomicU64,
}

/// Begins a count at zero.
pub fn start_counting() {
    COUNTING.live.store(0, Ordering::Relaxed);
    COUNTING.calls.store(0, Ordering::Relaxed);
    COUNTING.on.store(true, Ordering::Relaxed);
}

/// Ends the count; returns the same as [`growth`].
pub fn stop_counting() -> u64 {
    COUNTING.on.store(false, Ordering::Relaxed);
    growth()
}

/// By how much the memory in use has grown since the count began, as it was asked for,
/// without what the system's allocator adds.
///
/// # Panics
/// When it has shrunk, so that something was freed which was not counted.
pub fn growth() -> u64 {
    u64::try_from(COUNTING.live.load(Ordering::Relaxed)).expect("memory was counted that only shrank")
}

/// How often a block was made or resized since the count began.
pub fn allocations() -> u64 {
    COUNTING.calls.load(Ordering::Relaxed)
}

impl Counting {
    fn note(&self, calls: u64, bytes: i64) {
        if self.on.load(Ordering::Relaxed) {
            self.live.fetch_add(bytes, Ordering::Relaxed);
            self.calls.fetch_add(calls, Ordering::Relaxed);
        }
    }
}

#[allow(unsafe_code)]
// SAFETY: every call goes to `System` unchanged, and counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.note(1, layout.size() as i64);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.note(1, layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        self.note(0, -(layout.size() as i64));
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        self.note(1, new_size as i64 - layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.realloc(place, layout, new_size) }
    }
}
