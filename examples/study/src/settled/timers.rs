// From s4: src/bin/s4_timers.rs, line for line.

#[derive(Default)]
struct Timers {
    /// By deadline; those of the same moment by their number.
    pending: RefCell<BTreeMap<(Instant, u64), Waker>>,
    made: Cell<u64>,
}

impl Timers {
    fn put(&self, deadline: Instant, waker: &Waker) -> u64 {
        // A waker may be any code, also in its clone: a *combinator*, a future that polls several others,
        // gives them wakers of its own. So it is cloned before the borrow (I3).
        let waker = waker.clone();
        let timer = self.made.get() + 1;
        self.made.set(timer);
        self.pending.borrow_mut().insert((deadline, timer), waker);
        say!("{} sets timer {timer}", actor());
        timer
    }

    /// The waker is cloned before the borrow, and the old one is dropped at the end, after it (I3).
    fn renew(&self, timer: (Instant, u64), waker: &Waker) {
        let waker = waker.clone();
        let _old = self.pending.borrow_mut().insert(timer, waker);
    }

    fn fire_due(&self) {
        while let Some(((_, timer), waker)) = self.take_due() {
            say!("timer {timer} fires, since its time has come");
            acting(Actor::Timer(timer), || waker.wake()); // wakes, and has the story say who does
        }
    }

    /// A function of its own, so that the borrow ends before the waker is called (I3).
    fn take_due(&self) -> Option<((Instant, u64), Waker)> {
        let mut pending = self.pending.borrow_mut();
        let first = pending.first_entry()?; // the map is ordered: the nearest deadline
        (first.key().0 <= Instant::now()).then(|| first.remove_entry())
    }

    /// How long it is until the nearest deadline.
    fn nearest(&self) -> Option<Duration> {
        let pending = self.pending.borrow();
        let (deadline, _) = pending.keys().next()?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }
}
