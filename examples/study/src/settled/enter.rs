// From s4: src/bin/s4_timers.rs, line for line.

/// While this lives, the thread has its loop, also when a panic passes.
struct EnterGuard;

impl Drop for EnterGuard {
    fn drop(&mut self) {
        // First the tasks that are left: a sleep that is dropped asks for the loop. `take` leaves an empty
        // slab, and while they are dropped it is not borrowed (I3).
        drop(current().tasks.slots.take());
        drop(CURRENT.take());
    }
}
