// From s4: src/bin/s4_timers.rs, line for line.

/// Its drop, also by a panic, ends the tasks that are left, and the loop.
struct EnterGuard;

impl Drop for EnterGuard {
    fn drop(&mut self) {
        // The tasks first: a sleep that is dropped asks for the loop. `take` leaves an empty slab, which is
        // not borrowed while they are dropped (I3).
        drop(current().tasks.slots.take());
        drop(CURRENT.take());
    }
}
