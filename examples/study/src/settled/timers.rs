// From s4: src/bin/s4_timers.rs, line for line.

/// Its deadline, and its number, since two may have the same deadline.
type Timer = (Instant, u64);

#[derive(Default)]
struct Timers {
    pending: RefCell<BTreeMap<Timer, Waker>>,
    made: Cell<u64>,
}

impl Timers {
    fn put(&self, deadline: Instant, waker: &Waker) -> Timer {
        // A waker may be any code: one that others made may have a `Sleep` in it, whose drop borrows
        // `pending`. So no waker is cloned, called or dropped while `pending` is borrowed (I3).
        let waker = waker.clone();
        self.made.set(self.made.get() + 1);
        let timer = (deadline, self.made.get());
        self.pending.borrow_mut().insert(timer, waker);
        say!("{} sets timer {}", actor(), timer.1);
        timer
    }

    fn fire_due(&self) {
        while let Some((timer, waker)) = self.take_due() {
            say!("timer {} fires, since its time has come", timer.1);
            acting(Actor::Timer(timer.1), || waker.wake()); // wakes, and has the story say who does
        }
    }

    /// A function of its own, so that the borrow ends before the waker is called.
    fn take_due(&self) -> Option<(Timer, Waker)> {
        let mut pending = self.pending.borrow_mut();
        let first = pending.first_entry()?; // the map is ordered: the nearest deadline
        (first.key().0 <= Instant::now()).then(|| first.remove_entry())
    }
}
