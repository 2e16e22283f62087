// From s7: src/bin/s7_gather.rs, line for line.

struct Tasks {
    slots: RefCell<Slab<Option<Task>>>,
    ready: Ready,
}

/// The future lies on the heap: its box may move, and it does not.
type Task = Pin<Box<dyn Future<Output = ()>>>;

impl Tasks {
    /// Gives a future a slot, and queues it for its first poll.
    fn spawn(&self, future: impl Future<Output = ()> + 'static) -> Key {
        let slot = self.slots.borrow_mut().insert(Some(Box::pin(future)));
        self.ready.queue().admit(slot)
    }

    /// One poll. The future is taken out, so that nothing is borrowed while it runs (I3).
    fn turn(&self, key: Key) {
        let mut task = self.slots.borrow_mut()[key.slot].take().expect("no other turn has taken it");
        let waker = self.ready.waker(key);
        let polled = tell_poll(key.serial, || task.as_mut().poll(&mut Context::from_waker(&waker)));
        // The poll may have taken out this very task: a child that can reach its own gather may drop it.
        if polled.is_pending() && self.is_here(key) {
            self.slots.borrow_mut()[key.slot] = Some(task);
        } else {
            self.remove(key);
        }
    }

    /// Takes out a task, unless it has ended.
    fn remove(&self, key: Key) {
        if self.is_here(key) {
            self.ready.queue().evict(key.slot);
            // Dropped at the end, when nothing is borrowed any more: that may run any code (I3).
            let _task = self.slots.borrow_mut().remove(key.slot);
        }
    }

    fn is_here(&self, key: Key) -> bool {
        self.ready.queue().live(key).is_some()
    }
}
