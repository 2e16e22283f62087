// From s8: src/bin/s8_number.rs, line for line.

const _: () = assert!(usize::BITS == 64, "this step packs a key into a pointer of 64 bits");

/// A key, and the number of its runtime, in 64 bits: 32 for the serial, 20 for the slot, 12 for that.
/// More is a panic.
fn word(runtime: usize, key: Key) -> usize {
    assert!(runtime < 1 << 12 && key.slot < 1 << 20);
    (((runtime << 20) | key.slot) << 32) | key.serial as usize
}

fn from_word(word: usize) -> (usize, Key) {
    let key = Key { slot: (word >> 32) % (1 << 20), serial: word as u32 };
    (word >> 52, key)
}

// In order: clone, wake, wake_by_ref, drop. `wake` twice, as there is nothing to drop.
static VTABLE: RawWakerVTable = RawWakerVTable::new(copy, wake, wake, forget);

fn copy(data: *const ()) -> RawWaker {
    RawWaker::new(data, &VTABLE)
}

fn forget(_: *const ()) {}

fn wake(data: *const ()) {
    let (runtime, key) = from_word(data.addr());
    CURRENT.with_borrow(|current| match current.as_ref().map(|core| &core.tasks.ready) {
        Some(ready) if ready.number == runtime => ready.queue().wake(key),
        _ => {
            if let Some(inbox) = table().get(runtime) {
                inbox.push(key); // a runtime that is gone has none
            }
        }
    });
}

/// The inboxes, by the number of their runtime.
static TABLE: Mutex<Slab<Arc<Inbox>>> = Mutex::new(Slab::new());

fn table() -> MutexGuard<'static, Slab<Arc<Inbox>>> {
    TABLE.lock().expect("no panic while it is locked")
}

/// The tasks that are to be polled. The loop's own thread only.
struct Ready {
    number: usize,
    queue: RefCell<Queue>,
    inbox: Arc<Inbox>,
}

impl Ready {
    fn new(inbox: Arc<Inbox>) -> Self {
        Self { number: table().insert(Arc::clone(&inbox)), queue: RefCell::default(), inbox }
    }

    fn queue(&self) -> RefMut<'_, Queue> {
        self.queue.borrow_mut()
    }

    /// Any thread may hold it, and call it at any time.
    #[allow(unsafe_code)]
    fn waker(&self, key: Key) -> Waker {
        // A pointer that is only a number. `addr` gives the number back.
        let data = ptr::without_provenance(word(self.number, key));
        // SAFETY: the four functions read the pointer as a number, and never as an address. So they
        // hold for any number, on any thread, however often and late they are called (I9).
        unsafe { Waker::new(data, &VTABLE) }
    }

    /// Nothing is borrowed any more when this returns, so that the turn may wake (I3).
    fn pop(&self) -> Option<Key> {
        self.queue().pop()
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        table().remove(self.number);
    }
}
