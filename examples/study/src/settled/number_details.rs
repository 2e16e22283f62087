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

fn copy(data: *const ()) -> RawWaker {
    RawWaker::new(data, &VTABLE)
}

fn forget(_: *const ()) {}

fn table() -> MutexGuard<'static, Slab<Arc<Inbox>>> {
    TABLE.lock().expect("no panic while it is locked")
}

impl Drop for Ready {
    fn drop(&mut self) {
        table().remove(self.number);
    }
}
