//! Allocations of tasks and gathers that have ended, for the next ones of the same kind.
//!
//! A program spawns the same few futures over and over: what serves a connection, what asks
//! for a page. To ask the allocator for the memory of each and to give it back was a third of
//! what a spawn and a join cost. So an allocation in which no future and no output is left
//! waits here, and the next task of its kind begins in it (decision 30). So does a gather in the
//! memory of another one, with the slice of its children.

use crate::task::MaybeDone;
use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::mem::ManuallyDrop;
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
    /// A thread's own and not a runtime's, since a handle holds no runtime. `ManuallyDrop`, since
    /// a thread local without a destructor is cheaper to reach; the last runtime empties it.
    static POOL: ManuallyDrop<RefCell<Pool>> =
        const { ManuallyDrop::new(RefCell::new(Pool { rows: None, bytes: 0, runtimes: 0 })) };
}

/// All that is in it is empty, so no foreign code runs where it is dropped (I3).
struct Pool {
    /// By the hash of the task's type, a [`Kind`] of it. The second type in a row has its
    /// memory from the allocator: to search further would take longer than that, and so does a map
    /// of std's.
    rows: Option<Box<[Row; ROWS]>>,
    /// Of all allocations that wait, and of the lists that they were ever in; the rows are not counted.
    bytes: usize,
    /// How many runtimes of this thread may still spawn.
    runtimes: usize,
}

type Row = Option<Box<dyn Any>>;

type Kind<K> = Vec<Pin<Rc<K>>>;

/// What may wait here.
pub(crate) trait Spare: 'static {
    /// The bytes that it owns beside its own, which wait with it. Those do not change meanwhile.
    fn bytes_beside(&self) -> usize;
}

impl<F: Future + 'static, S: 'static> Spare for MaybeDone<F, S> {
    fn bytes_beside(&self) -> usize {
        0
    }
}

/// An allocation with the two counts of its `Rc`.
fn bytes_of<K: Spare>(spare: &K) -> usize {
    size_of::<K>() + 2 * size_of::<usize>() + spare.bytes_beside()
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

/// Puts a future on the heap: into the memory of a task of its kind that has ended, if there is one.
/// What is beside it is as that one has left it.
#[inline]
pub(crate) fn begin<F: Future + 'static, S: Default + 'static>(future: F) -> Pin<Rc<MaybeDone<F, S>>> {
    let Some(task) = take::<MaybeDone<F, S>>() else { return Rc::pin(MaybeDone::new(future, S::default())) };
    debug_assert!(task.is_done());
    task.begin(future);
    task
}

#[inline]
pub(crate) fn take<K: Spare>() -> Option<Pin<Rc<K>>> {
    with(|pool| {
        let spare = pool.kind::<K>()?.pop()?;
        pool.bytes -= bytes_of(&*spare);
        Some(spare)
    })
}

/// Keeps the allocation of a task that has ended, and whose result was taken. The task's last turn
/// may not have returned yet, nor the slab have dropped its `Rc`: neither will touch it again.
#[inline]
pub(crate) fn keep<K: Spare>(spare: Pin<Rc<K>>) {
    let bytes = bytes_of(&*spare);
    with(|pool| {
        if pool.runtimes > 0 && bytes <= MOST_BYTES / 2 {
            // or one large gather would be all that waits
            pool.keep(spare, bytes);
        }
    });
}

impl Pool {
    #[inline]
    fn keep<K: Spare>(&mut self, spare: Pin<Rc<K>>, bytes: usize) {
        if self.bytes + bytes > MOST_BYTES {
            if self.kind::<K>().is_some_and(|kind| kind.len() * bytes >= MOST_BYTES / 4) {
                return;
            }
            self.clear();
        }
        let rows = self.rows.get_or_insert_with(|| Box::new([const { None }; ROWS]));
        let row = rows[row::<K>()].get_or_insert_with(|| Box::new(Kind::<K>::new()));
        let Some(kind) = row.downcast_mut::<Kind<K>>() else { return };
        let room = kind.capacity();
        kind.push(spare);
        let grown = (kind.capacity() - room) * size_of::<usize>();
        self.bytes += bytes + grown;
    }

    /// What waits of this kind, unless another has the row.
    fn kind<K: 'static>(&mut self) -> Option<&mut Kind<K>> {
        self.rows.as_mut()?[row::<K>()].as_mut()?.downcast_mut()
    }

    #[cold]
    fn clear(&mut self) {
        self.rows = None;
        self.bytes = 0;
    }
}

#[inline]
fn with<T>(f: impl FnOnce(&mut Pool) -> T) -> T {
    POOL.with(|pool| f(&mut pool.borrow_mut()))
}

fn row<K: 'static>() -> usize {
    let mut hash = Itself(0);
    TypeId::of::<K>().hash(&mut hash);
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
