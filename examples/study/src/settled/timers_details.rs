// From s4: src/bin/s4_timers.rs, line for line.

impl Timers {
    /// How long it is until the nearest deadline.
    fn nearest(&self) -> Option<Duration> {
        let pending = self.pending.borrow();
        let (deadline, _) = pending.keys().next()?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }
}
