// From s2: src/bin/s2_tasks.rs, line for line.

/// Any thread may hold it, and call it at any time.
struct TaskWaker {
    key: Key,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.ready.queue().wake(self.key);
        self.ready.thread.unpark();
    }
}

/// The tasks that are to be polled. Any thread may add one.
struct Ready {
    queue: Mutex<Queue>,
    thread: Thread,
}

impl Ready {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect("no panic while it is locked")
    }

    fn waker(self: &Arc<Self>, key: Key) -> Waker {
        Waker::from(Arc::new(TaskWaker { key, ready: Arc::clone(self) }))
    }

    /// The lock is free again when this returns, so that the turn may wake.
    fn pop(&self) -> Option<Key> {
        self.queue().pop()
    }
}
