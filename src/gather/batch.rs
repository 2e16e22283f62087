//! The children of one gather, in one allocation.
//!
//! ```text
//! task slab          batch (one slice, pinned)
//! ┌──────────┐       ┌───────────┬───────────┬───────────┐
//! │ child 0 ─┼─────► │ MaybeDone │ MaybeDone │ MaybeDone │  each: a future, then its result
//! │ child 1 ─┼─────► └───────────┴───────────┴───────────┘
//! │ child 2 ─┼─────►   ▲   parent: the waker of the task that awaits the gather
//! │ parent   │         │
//! └────┬─────┘     Gather (in the parent's future)
//!      └───────────────┘
//! ```
//!
//! The slab holds an `Rc` of the batch for each child that has not ended, the gather holds one.
//! All have one type, so a slice serves; a box each would be an allocation per child (decision 5).

use super::branches::spare;
use super::form::Rule;
use crate::task::{JoinError, MaybeDone, Runnable, Tasks};
use crate::trace;
use crate::wake::{ignore_panics, keep_latest};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

/// No slot has this number: keys have fewer bits for it.
const NO_SLOT: u32 = u32::MAX;

/// A future, then its result, and beside it the child's slot in the slab, or [`NO_SLOT`].
type Child<F> = MaybeDone<F, Cell<u32>>;

/// As the gather holds it, and each of its slots.
pub(super) type BatchRc<F, R> = Pin<Rc<Batch<F, R>>>;

pub(super) struct Batch<F: Future, R> {
    /// `None` while its memory waits for the next gather.
    pub(super) tasks: Option<Rc<Tasks>>,
    /// Filled before the first of them is polled, and only read from then on.
    pub(super) children: Vec<Child<F>>,
    /// Children that have not ended.
    pub(super) running: Cell<usize>,
    /// The first child whose result ended the gather. The others are dropped for it: by
    /// the gather when it is polled, or before that by the loop when their turn comes.
    pub(super) stopped: Cell<Option<usize>>,
    /// The gather is gone and will take no result: each is dropped when it comes,
    /// and a child that is just being polled goes when it returns.
    pub(super) abandoned: Cell<bool>,
    /// Whether the parent is woken for every child.
    pub(super) report_each: Cell<bool>,
    /// The children that have ended since the parent last asked, if it will ask.
    pub(super) ended: Option<RefCell<VecDeque<usize>>>,
    /// Taken by the wake, so that many ends are one wake.
    pub(super) parent: Cell<Option<Waker>>,
    pub(super) rule: PhantomData<R>,
}

impl<F, R> Batch<F, R>
where
    F: Future<Output: 'static> + 'static,
    R: Rule<F::Output>,
{
    /// Lays the futures side by side and queues each for its first poll. If results are wanted
    /// one by one, or there are as many as the limit allows, so that there may be more, the
    /// parent is woken for every child that ends.
    pub(super) fn start(
        tasks: Rc<Tasks>,
        futures: &mut impl Iterator<Item = F>,
        limit: usize,
    ) -> Pin<Rc<Self>> {
        let batch = Self::filled(tasks, futures, limit);
        trace::emit!(to batch.origin(); gather_began::<F>(
            trace::address(&*batch),
            batch.len(),
            if batch.len() == limit { futures.size_hint() } else { (0, Some(0)) },
        ));
        batch.adopt(0..batch.len());
        batch
    }

    fn filled(tasks: Rc<Tasks>, futures: &mut impl Iterator<Item = F>, limit: usize) -> Pin<Rc<Self>> {
        let mut batch = Self::spare();
        let new = Rc::get_mut(&mut batch).expect("a spare batch is held here only");
        let slotless = |future| MaybeDone::new(future, Cell::new(NO_SLOT));
        spare::fill(&mut new.children, futures.take(limit).map(slotless));
        new.ended = (R::ONE_BY_ONE || new.children.len() == limit).then(RefCell::default);
        new.report_each.set(new.ended.is_some());
        new.tasks = Some(tasks);
        Pin::new(batch)
    }

    /// Makes tasks of these children, queued for their first poll. Once the runtime ends they
    /// are cancelled instead, and it says no.
    pub(super) fn adopt(
        self: &Pin<Rc<Self>>,
        children: impl ExactSizeIterator<Item = usize> + Clone,
    ) -> bool {
        self.running.set(self.running.get() + children.len());
        let batch = Pin::clone(self) as Pin<Rc<dyn Runnable>>;
        let note = |child: usize, slot| {
            trace::emit!(to self.origin(); Starting { gather: trace::address(&**self), child });
            self.children[child].beside.set(slot);
        };
        let adopted = self.tasks().adopt(&batch, children.clone(), note);
        if !adopted {
            children.for_each(|child| self.cancel_child(child));
        }
        adopted
    }

    /// Drops a child that has no task any more; its result says that it was cancelled.
    pub(super) fn cancel_child(&self, child: usize) {
        self.children[child].beside.set(NO_SLOT); // the slot may get another task from here on
        trace::emit!(to self.origin(); ChildCancelled { gather: trace::address(self), child });
        self.children[child].cancel();
        self.note_end(child, R::stops(&Err(JoinError::cancelled()))); // a panic of the drop stops the same forms
    }

    /// A child's future is gone, its result is here, and it has no slot any more.
    fn note_end(&self, child: usize, stops: bool) {
        let running = self.running.get() - 1;
        self.running.set(running);
        let stops = stops && self.stopped.get().is_none();
        if stops {
            self.stopped.set(Some(child));
        }
        if let Some(ended) = &self.ended {
            ended.borrow_mut().push_back(child);
        }
        if running == 0 || stops || self.report_each.get() {
            self.notify();
        }
    }
}

// Nothing in it is pinned: the children lie elsewhere.
impl<F: Future, R> Unpin for Batch<F, R> {}

impl<F: Future, R> Batch<F, R> {
    fn tasks(&self) -> &Tasks {
        self.tasks.as_deref().expect("a gather under way has a runtime")
    }

    /// The recording it is in: that of the runtime it began in, wherever it was moved since.
    pub(super) fn origin(&self) -> &trace::Origin {
        &self.tasks().ready().origin
    }

    pub(super) fn len(&self) -> usize {
        self.children.len()
    }

    /// How many children have not ended.
    pub(super) fn running(&self) -> usize {
        self.running.get()
    }

    /// The first child whose result ended the gather.
    pub(super) fn stopped(&self) -> Option<usize> {
        self.stopped.get()
    }

    /// Whether the runtime of its children is the one that runs on this thread. Elsewhere no
    /// loop would give them a turn while the caller waits.
    pub(super) fn runs_here(&self) -> bool {
        self.running() == 0 || self.tasks().ready().runs_here()
    }

    /// Has `waker` woken when there is something to do, and no other (I5).
    pub(super) fn set_parent(&self, waker: &Waker) {
        keep_latest(&self.parent, waker);
    }

    /// No child is left to start: only the last end matters to the parent.
    pub(super) fn report_the_last(&self) {
        self.report_each.set(false);
    }

    /// How many there are for [`pop_ended`](Self::pop_ended).
    pub(super) fn ended(&self) -> usize {
        self.ended.as_ref().map_or(0, |ended| ended.borrow().len())
    }

    /// The first child to end among those not asked for before.
    pub(super) fn pop_ended(&self) -> Option<usize> {
        self.ended.as_ref()?.borrow_mut().pop_front()
    }

    /// Stores a new future instead of a child that has ended and whose result was taken.
    pub(super) fn replace(&self, child: usize, future: F) {
        self.children[child].begin(future);
    }

    /// The result of a child that has ended. One that is on the stack, and has just cut its
    /// own gather short, counts as cancelled.
    pub(super) fn take_result(&self, child: usize) -> Result<F::Output, JoinError> {
        self.children[child].take().unwrap_or_else(|| Err(JoinError::cancelled()))
    }

    /// Takes a child's task out of the slab, if it has not ended, and says whether it did.
    pub(super) fn remove_task(&self, child: usize) -> bool {
        let slot = self.children[child].beside.replace(NO_SLOT);
        let running = slot != NO_SLOT;
        if running {
            self.tasks().remove(slot as usize);
        }
        running
    }

    /// All results have been taken.
    pub(super) fn close(&self) {
        debug_assert_eq!(self.running(), 0);
        self.forget_parent();
        self.abandoned.set(true);
        trace::emit!(to self.origin(); GatherDone { gather: trace::address(self) });
    }

    /// Drops every child that has not ended, and every result that was not taken, in input
    /// order. One that is being polled, and has just dropped its own gather, is dropped
    /// when it returns.
    pub(super) fn cancel(&self) {
        self.forget_parent();
        if self.abandoned.replace(true) {
            return;
        }
        for child in 0..self.len() {
            if self.remove_task(child) {
                trace::emit!(to self.origin(); ChildCancelled { gather: trace::address(self), child });
            }
            self.children[child].discard();
        }
        trace::emit!(to self.origin(); GatherDropped { gather: trace::address(self) });
    }

    /// No task is to be woken any more. The waker's drop may panic, and the caller may be unwinding.
    pub(super) fn forget_parent(&self) {
        let parent = self.parent.take();
        ignore_panics(|| drop(parent));
    }

    fn notify(&self) {
        if let Some(parent) = self.parent.take() {
            ignore_panics(|| parent.wake());
        }
    }

    #[allow(unsafe_code)]
    fn child(&self, child: usize) -> Pin<&Child<F>> {
        // SAFETY: from an element's first poll until its future is gone the vector is only read, or
        // dropped with all, so the element stays where it is.
        unsafe { Pin::new_unchecked(&self.children[child]) }
    }
}

impl<F, R> Runnable for Batch<F, R>
where
    F: Future<Output: 'static> + 'static,
    R: Rule<F::Output>,
{
    fn poll(self: Pin<Rc<Self>>, index: usize, cx: &mut Context<'_>) -> Poll<()> {
        if self.stopped.get().is_some() {
            self.cancel_child(index);
            return Poll::Ready(());
        }
        let child = self.child(index);
        let polled = child.poll(cx, R::stops);
        if self.abandoned.get() {
            child.discard(); // its gather went meanwhile, and its slot with it
            return Poll::Ready(());
        }
        let stops = ready!(polled);
        trace::emit!(to self.origin(); ChildEnded { gather: trace::address(&*self), child: index, stops });
        child.beside.set(NO_SLOT);
        self.note_end(index, stops);
        Poll::Ready(())
    }

    fn cancel(self: Pin<Rc<Self>>, index: usize) {
        self.cancel_child(index);
    }
}
