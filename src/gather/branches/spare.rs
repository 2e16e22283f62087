//! A gather that has given its output leaves its memory to the next one of its kind.
//!
//! A program gathers the same few kinds of futures over and over, mostly few of them, of which the
//! allocator takes a large part (decision 30).

use crate::gather::batch::Batch;
use crate::task::branches::pool::{self, Spare};
use std::cell::Cell;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;

impl<F: Future + 'static, R: 'static> Batch<F, R> {
    /// One without children, which no other code knows.
    #[inline]
    pub(crate) fn spare() -> Rc<Self> {
        pool::take().map_or_else(|| Rc::new(Self::empty()), Pin::into_inner)
    }

    fn empty() -> Self {
        Self {
            tasks: None,
            children: Vec::new(),
            running: Cell::new(0),
            stopped: Cell::new(None),
            abandoned: Cell::new(false),
            report_each: Cell::new(false),
            ended: None,
            parent: Cell::new(None),
            rule: PhantomData,
        }
    }

    /// Keeps the memory of one whose results were all taken. Not if a child's turn is on the stack
    /// still: it may be when the parent's waker polls at once where it should queue.
    pub(crate) fn retire(self: Pin<Rc<Self>>) {
        let mut batch = Pin::into_inner(self);
        let Some(alone) = Rc::get_mut(&mut batch) else { return };
        debug_assert!(alone.running.get() == 0 && alone.stopped.get().is_none(), "or it was cancelled");
        alone.children.clear();
        (alone.tasks, alone.ended) = (None, None);
        alone.abandoned.set(false);
        pool::keep(Pin::new(batch));
    }
}

impl<F: Future + 'static, R: 'static> Spare for Batch<F, R> {
    fn bytes_beside(&self) -> usize {
        room(&self.children)
    }
}

fn room<T>(elements: &Vec<T>) -> usize {
    elements.capacity() * size_of::<T>()
}

/// Lays the children side by side. More room than a kilobyte and a quarter of theirs does not stay: a
/// larger gather has left it, or the iterator did not say how many come.
pub(crate) fn fill<T>(children: &mut Vec<T>, new: impl Iterator<Item = T>) {
    children.reserve_exact(new.size_hint().0);
    children.extend(new);
    if children.capacity() > children.len() + children.len() / 4 + 1024 / size_of::<T>() {
        children.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gather::as_completed;
    use crate::gather::branches::completed::Each;
    use crate::runtime::block_on;
    use std::future::{Ready, ready};

    /// Breaks if a batch in the pool keeps its runtime, and with that its number, or a list.
    #[test]
    fn a_batch_that_waits_for_the_next_gather_holds_nothing_but_memory() {
        block_on(async {
            let mut outputs = as_completed([ready(1), ready(2)]);
            while outputs.next().await.is_some() {}
            let batch = Batch::<Ready<i32>, Each>::spare();
            assert!(batch.children.capacity() >= 2, "it is a new one");
            assert!(batch.children.is_empty() && batch.tasks.is_none() && batch.ended.is_none());
            assert!(batch.parent.take().is_none() && !batch.abandoned.get());
        });
    }
}
