//! Takes the place of `std::thread`: loom's threads, of which the system may have none left.

use loom::thread::JoinHandle;
use real::cell::{Cell, RefCell};
use real::io;

real::thread_local! {
    /// Those of this execution, which are all one thread to std.
    static STARTED: RefCell<Vec<JoinHandle<()>>> = const { RefCell::new(Vec::new()) };
    /// How many more the system has.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// An execution begins. Those of one that failed are left alone, for its threads are gone.
pub(crate) fn begin() {
    STARTED.take();
    LEFT.set(usize::MAX);
}

/// Waits for all threads; those that wait for ever are a deadlock to loom.
pub(crate) fn join_all() {
    while let Some(thread) = STARTED.with_borrow_mut(Vec::pop) {
        thread.join().unwrap();
    }
}

/// How many there have been.
pub(crate) fn started() -> usize {
    STARTED.with_borrow(Vec::len)
}

/// From now on, the system has so many threads.
pub(crate) fn set_left(threads: usize) {
    LEFT.set(threads);
}

pub(crate) fn spawn(f: impl FnOnce() + Send + 'static) {
    Builder::new().spawn(f).unwrap();
}

pub(crate) struct Builder(loom::thread::Builder);

impl Builder {
    pub(crate) fn new() -> Self {
        Self(loom::thread::Builder::new())
    }

    pub(crate) fn name(self, name: String) -> Self {
        Self(self.0.name(name))
    }

    pub(crate) fn spawn(self, f: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let left = LEFT.get().checked_sub(1).ok_or_else(|| io::Error::other("no thread is left"))?;
        LEFT.set(left);
        let thread = self.0.spawn(f)?;
        STARTED.with_borrow_mut(|started| started.push(thread));
        Ok(())
    }
}
