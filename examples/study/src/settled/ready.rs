// From s6: src/bin/s6_bell.rs, line for line.

/// Any thread may hold it, and call it at any time.
struct TaskWaker {
    key: Key,
    inbox: Arc<Inbox>,
}

// A waker must be `Send`, so it cannot hold an `Rc` of its `Ready`. On its loop's thread it finds that by
// `CURRENT`; on another, it uses the inbox. `Arc::ptr_eq` asks whether this thread's loop is its own.
impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        CURRENT.with_borrow(|current| match current.as_ref().map(|core| &core.tasks.ready) {
            Some(ready) if Arc::ptr_eq(&ready.inbox, &self.inbox) => ready.queue().wake(self.key),
            _ => self.inbox.push(self.key),
        });
    }
}

/// The tasks that are to be polled. The loop's own thread only.
struct Ready {
    queue: RefCell<Queue>,
    inbox: Arc<Inbox>,
}

impl Ready {
    fn queue(&self) -> RefMut<'_, Queue> {
        self.queue.borrow_mut()
    }

    fn waker(&self, key: Key) -> Waker {
        Waker::from(Arc::new(TaskWaker { key, inbox: Arc::clone(&self.inbox) }))
    }

    /// Nothing is borrowed any more when this returns, so that the turn may wake (I3).
    fn pop(&self) -> Option<Key> {
        self.queue().pop()
    }
}
