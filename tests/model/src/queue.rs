//! Takes the place of `crossbeam-queue` and `mio`.

use crate::steps::note;
use loom::sync::atomic::AtomicUsize;
use loom::sync::{Condvar, Mutex};
use real::collections::VecDeque;
use real::io;
use real::sync::Arc;
use real::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// A queue that promises less than the real one: the thread that pops an element sees what its
/// pusher did before, and that is all. Above all, it may give an old answer to whether it is
/// empty.
#[derive(Debug)]
pub(crate) struct SegQueue<T> {
    /// The only word that threads share; the rest goes along with a step that changes it.
    pushed: AtomicUsize,
    elements: real::sync::Mutex<Elements<T>>,
}

#[derive(Debug)]
struct Elements<T> {
    here: VecDeque<T>,
    popped: usize,
}

impl<T> SegQueue<T> {
    pub(crate) fn new() -> Self {
        let elements = Elements { here: VecDeque::new(), popped: 0 };
        Self { pushed: AtomicUsize::new(0), elements: elements.into() }
    }

    #[track_caller]
    pub(crate) fn push(&self, element: T) {
        let before = self.pushed.fetch_add(1, Release);
        note("push after", before);
        self.elements.lock().unwrap().here.push_back(element);
    }

    #[track_caller]
    pub(crate) fn pop(&self) -> Option<T> {
        let pushed = self.pushed.load(Acquire);
        note("pop of those pushed:", pushed);
        let mut elements = self.elements.lock().unwrap();
        if pushed == elements.popped {
            return None;
        }
        elements.popped += 1;
        elements.here.pop_front()
    }

    #[track_caller]
    pub(crate) fn len(&self) -> usize {
        let pushed = self.pushed.load(Relaxed);
        note("length, of those pushed:", pushed);
        pushed - self.elements.lock().unwrap().popped
    }

    #[track_caller]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The bell, as `mio::Waker` and `mio::Poll` are two ends of one. Rings add up to one until
/// the wait, as those of an eventfd do; the wait sees what was done before the ring, as a
/// system call that was woken by another one does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waker(Arc<(Mutex<bool>, Condvar)>);

impl Waker {
    #[track_caller]
    pub(crate) fn wake(&self) -> io::Result<()> {
        *self.0.0.lock().unwrap() = true;
        note("ring", 1);
        self.0.1.notify_one();
        Ok(())
    }

    /// Waits for a ring. When none comes any more, loom reports a deadlock.
    #[track_caller]
    pub(crate) fn wait(&self) {
        let mut rung = self.0.0.lock().unwrap();
        while !*rung {
            rung = self.0.1.wait(rung).unwrap();
        }
        *rung = false;
        note("rung", 1);
    }
}
