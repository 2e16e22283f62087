// From s4: src/bin/s4_timers.rs, line for line.

impl Timers {
    /// The waker is cloned before the borrow, and the old one is dropped at the end, after it (I3).
    fn renew(&self, timer: (Instant, u64), waker: &Waker) {
        let waker = waker.clone();
        let _old = self.pending.borrow_mut().insert(timer, waker);
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            // Dropped at the end: also that may be any code, and finds nothing borrowed (I3).
            let _waker = current().timers.pending.borrow_mut().remove(&(self.deadline, timer));
        }
    }
}
