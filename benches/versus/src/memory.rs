//! An allocator that counts, for the rows about memory.
//!
//! It hands everything to the system's. While nobody counts it costs one load of a flag,
//! on both sides alike.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

#[global_allocator]
static COUNTING: Counting = Counting { on: AtomicBool::new(false), live: AtomicI64::new(0) };

struct Counting {
    on: AtomicBool,
    /// Bytes asked for and not given back since the count began.
    live: AtomicI64,
}

/// Begins a count at zero.
pub(crate) fn start_counting() {
    COUNTING.live.store(0, Ordering::Relaxed);
    COUNTING.on.store(true, Ordering::Relaxed);
}

/// Ends the count; returns by how much the memory in use has grown meanwhile, as it was
/// asked for, without what the system's allocator adds.
pub(crate) fn stop_counting() -> u64 {
    COUNTING.on.store(false, Ordering::Relaxed);
    u64::try_from(COUNTING.live.load(Ordering::Relaxed)).expect("memory was counted that only shrank")
}

impl Counting {
    fn note(&self, bytes: i64) {
        if self.on.load(Ordering::Relaxed) {
            self.live.fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

#[allow(unsafe_code)]
// SAFETY: every call goes to `System` unchanged, and counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.note(layout.size() as i64);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        self.note(-(layout.size() as i64));
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        self.note(new_size as i64 - layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.realloc(place, layout, new_size) }
    }
}
