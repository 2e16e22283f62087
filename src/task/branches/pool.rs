//! Allocations of tasks that have ended, for the next tasks of the same kind.
//!
//! A program spawns the same few futures over and over: what serves a connection, what asks
//! for a page. To ask the allocator for the memory of each and to give it back was a third of
//! what a spawn and a join cost. So an allocation in which no future and no output is left
//! waits here, and the next task of its kind begins in it (decision 30).

use crate::task::spawned::Spawned;
use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::rc::Rc;

/// How many bytes may wait on one thread, but for the last list to grow: some twenty thousand
/// small tasks, or a few big ones. What comes beyond goes back to the allocator. But a kind of
/// which less than a quarter of that waits has the table begun anew, or a burst of others would
/// be in its way for ever.
const MOST_BYTES: usize = 1 << 21;

/// Of the table of kinds, of which a program has some dozen.
const ROWS: usize = 256;

thread_local! {
    /// A thread's own and not a runtime's, since a handle holds no runtime.
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { rows: Vec::new(), bytes: 0, runtimes: 0 }) };
}

/// All that is in it is empty, so no foreign code runs where it is dropped (I3).
struct Pool {
    /// By the hash of the future's type, a [`Kind`] of it. The second type in a row has its
    /// memory from the allocator: to search further would take longer than that, and so does a map
    /// of std's.
    rows: Vec<Option<Box<dyn Any>>>,
    /// Of all allocations that wait, and of the lists that they were ever in; the rows are not counted.
    bytes: usize,
    /// How many runtimes of this thread may still spawn.
    runtimes: usize,
}

type Kind<F> = Vec<Pin<Rc<Spawned<F>>>>;

/// An allocation with the two counts of its `Rc`.
const fn bytes_of<F: Future>() -> usize {
    size_of::<Spawned<F>>() + 2 * size_of::<usize>()
}

/// A runtime of this thread begins. Without one nothing is kept.
pub(crate) fn open() {
    with(|pool| pool.runtimes += 1);
}

/// It ends: all that waits goes back to the allocator, also what other runtimes could have used.
pub(crate) fn close() {
    with(|pool| {
        pool.clear();
        pool.runtimes -= 1;
    });
}

/// An allocation to begin a future of this type in, if there is one.
#[inline]
pub(crate) fn take<F: Future + 'static>() -> Option<Pin<Rc<Spawned<F>>>> {
    with(|pool| {
        let task = pool.kind::<F>()?.pop()?;
        pool.bytes -= bytes_of::<F>();
        Some(task)
    })?
}

/// Keeps the allocation of a task that has ended, and whose result was taken. The task's last turn
/// may not have returned yet, nor the slab have dropped its `Rc`: neither will touch it again.
#[inline]
pub(crate) fn keep<F: Future + 'static>(task: Pin<Rc<Spawned<F>>>) {
    with(|pool| {
        if pool.runtimes > 0 && bytes_of::<F>() <= MOST_BYTES {
            pool.keep(task);
        }
    });
}

impl Pool {
    #[inline]
    fn keep<F: Future + 'static>(&mut self, task: Pin<Rc<Spawned<F>>>) {
        if self.bytes + bytes_of::<F>() > MOST_BYTES {
            if self.kind::<F>().is_some_and(|kind| kind.len() * bytes_of::<F>() >= MOST_BYTES / 4) {
                return;
            }
            self.clear();
        }
        if self.rows.is_empty() {
            self.rows.resize_with(ROWS, || None);
        }
        let row = self.rows[row::<F>()].get_or_insert_with(|| Box::new(Kind::<F>::new()));
        let Some(kind) = row.downcast_mut::<Kind<F>>() else { return };
        let room = kind.capacity();
        kind.push(task);
        let grown = (kind.capacity() - room) * size_of::<usize>();
        self.bytes += bytes_of::<F>() + grown;
    }

    /// What waits of this kind, unless another has the row.
    fn kind<F: Future + 'static>(&mut self) -> Option<&mut Kind<F>> {
        self.rows.get_mut(row::<F>())?.as_mut()?.downcast_mut()
    }

    #[cold]
    fn clear(&mut self) {
        self.rows = Vec::new();
        self.bytes = 0;
    }
}

/// `None` while the thread ends and has given back what it had.
#[inline]
fn with<T>(f: impl FnOnce(&mut Pool) -> T) -> Option<T> {
    POOL.try_with(|pool| f(&mut pool.borrow_mut())).ok()
}

fn row<F: 'static>() -> usize {
    let mut hash = Itself(0);
    TypeId::of::<F>().hash(&mut hash);
    hash.finish() as usize % ROWS
}

/// A hasher of types, whose numbers are hashes already.
struct Itself(u64);

impl Hasher for Itself {
    fn write_u64(&mut self, number: u64) {
        self.0 ^= number;
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.0 = self.0.rotate_left(8) ^ u64::from(byte));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
