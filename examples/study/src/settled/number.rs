// From s8: src/bin/s8_number.rs, line for line.

/// What a waker is, on a machine of 64 bits: the number of its runtime (12), the slot (20), the serial (32).
fn word(runtime: usize, key: Key) -> usize {
    assert!(runtime < 1 << 12 && key.slot < 1 << 20);
    (runtime << 52) | (key.slot << 32) | key.serial as usize
}

fn from_word(word: usize) -> (usize, Key) {
    (word >> 52, Key { slot: (word >> 32) % (1 << 20), serial: word as u32 })
}

/// A `Waker` is a pointer, `data`, and such a table of functions, which are called with it. In order:
/// clone, wake, wake_by_ref, drop. `wake` is there twice, as there is nothing to drop.
static VTABLE: RawWakerVTable = RawWakerVTable::new(|data| RawWaker::new(data, &VTABLE), wake, wake, |_| ());

fn wake(data: *const ()) {
    let (runtime, key) = from_word(data.addr());
    CURRENT.with_borrow(|current| match current.as_ref().map(|core| &core.tasks.ready) {
        Some(ready) if ready.number == runtime => ready.queue().wake(key),
        _ => {
            // `table` locks it; a push calls no foreign code. A runtime that is gone has no inbox there.
            if let Some(inbox) = table().get(runtime) {
                inbox.push(key);
            }
        }
    });
}

/// The inboxes, by the number of their runtime.
static TABLE: Mutex<Slab<Arc<Inbox>>> = Mutex::new(Slab::new());

/// The tasks that are to be polled. The loop's own thread only.
struct Ready {
    number: usize,
    queue: RefCell<Queue>,
    inbox: Arc<Inbox>,
}

impl Ready {
    fn queue(&self) -> RefMut<'_, Queue> {
        self.queue.borrow_mut()
    }

    /// Any thread may hold it, and call it at any time.
    #[allow(unsafe_code)]
    fn waker(&self, key: Key) -> Waker {
        // A pointer that is only a number: it has no *provenance*, no memory that it may read. `addr` gives
        // the number back.
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
