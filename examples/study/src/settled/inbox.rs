// From s6: src/bin/s6_bell.rs, line for line.

/// How other threads reach the loop.
struct Inbox {
    messages: SegQueue<Key>,
    asleep: AtomicBool, // `Relaxed`: the fences order it
    /// Registered in the kernel, as a socket is; `deliver` skips its event.
    bell: mio::Waker,
}

impl Inbox {
    /// Pushes first, and asks after (I4). `swap` gives the old value, and clears the flag: of many messages
    /// the first one rings.
    fn push(&self, key: Key) {
        self.messages.push(key);
        fence(SeqCst); // the read below does not pass the write above
        if self.asleep.swap(false, Relaxed) {
            say!("another thread leaves a message, sees the loop asleep, and rings the bell");
            self.bell.wake().expect("the bell rings");
        } else {
            say!("another thread leaves a message, sees the loop awake, and does not ring");
        }
    }

    /// Says "asleep" first, and asks after (I4). A message that comes between the two is seen; one
    /// that comes later finds the loop asleep, and ends the wait.
    fn sleep(&self, wait: impl FnOnce()) {
        self.asleep.store(true, Relaxed);
        say!("the loop says that it is asleep");
        fence(SeqCst); // here, too
        if self.is_empty() {
            wait();
        }
        self.asleep.store(false, Relaxed);
    }
}
