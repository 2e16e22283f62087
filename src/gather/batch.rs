//! The children of one gather, in one allocation.
//!
//! ```text
//! task slab          batch (one slice, pinned)
//! ┌──────────┐       ┌───────┬───────┬───────┐
//! │ child 0 ─┼─────► │ place │ place │ place │  each: a future, then its result
//! │ child 1 ─┼─────► └───────┴───────┴───────┘
//! │ child 2 ─┼─────►   ▲   listener: the waker of the task that awaits the gather
//! │ parent   │         │
//! └────┬─────┘     Engine (in the gather, in the parent's future)
//!      └───────────────┘
//! ```
//!
//! The slab holds the batch once per child that has not ended, the gather holds it once.
//! Since all children have one type, a slice serves; a box each would cost an allocation
//! and a pointer per child (decision 5).
//!
//! How the children leave, other than by ending, is in [`leaving`](super::leaving).

use super::form::Rule;
use super::leaving::after_all;
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
pub(super) const NO_SLOT: u32 = u32::MAX;

/// A future, then its result, and beside it the child's slot in the slab, or [`NO_SLOT`] when it
/// has none.
pub(super) type Child<F> = MaybeDone<F, Cell<u32>>;

/// A batch as the gather holds it, and each of its slots.
pub(super) type Shared<F, R> = Pin<Rc<Batch<F, R>>>;

pub(super) struct Batch<F: Future, R> {
    pub(super) tasks: Rc<Tasks>,
    pub(super) places: Pin<Box<[Child<F>]>>,
    /// Children that have not ended.
    running: Cell<usize>,
    /// The place whose result was the first to end the whole. The others are dropped for it: by
    /// the gather when it is polled, or before that by the loop when their turn comes.
    stopped: Cell<Option<usize>>,
    /// The gather is gone and will take no result: each is dropped when it comes,
    /// and a child that is just being polled goes when it returns.
    pub(super) left: Cell<bool>,
    /// Whether the gather wants to hear of every child.
    report_each: Cell<bool>,
    /// The places of children that have ended since it last asked, if it will ask.
    ended: Option<RefCell<VecDeque<usize>>>,
    /// Whom to wake; taken by the wake, so that many ends are one wake.
    pub(super) listener: Cell<Option<Waker>>,
    rule: PhantomData<R>,
}

impl<F, R> Batch<F, R>
where
    F: Future<Output: 'static> + 'static,
    R: Rule<F::Output>,
{
    /// Lays the futures side by side and queues each for its first poll. If results are wanted
    /// one by one, or there are as many as the limit allows, so that there may be more, the
    /// gather hears of every child that ends.
    pub(super) fn start(
        tasks: Rc<Tasks>,
        futures: &mut impl Iterator<Item = F>,
        limit: usize,
    ) -> Pin<Rc<Self>> {
        let places: Box<[_]> =
            futures.take(limit).map(|future| MaybeDone::new(future, Cell::new(NO_SLOT))).collect();
        let report_each = R::ONE_BY_ONE || places.len() == limit;
        let batch = Rc::pin(Self {
            tasks,
            places: places.into(),
            running: Cell::new(0),
            stopped: Cell::new(None),
            left: Cell::new(false),
            report_each: Cell::new(report_each),
            ended: report_each.then(RefCell::default),
            listener: Cell::new(None),
            rule: PhantomData,
        });
        trace::emit!(to batch.origin(); gather_began::<F>(
            trace::address(&*batch),
            batch.len(),
            if batch.len() == limit { futures.size_hint() } else { (0, Some(0)) },
        ));
        batch.adopt(0..batch.len());
        batch
    }

    /// Lays a future into the place of a child that has ended and whose result was taken.
    pub(super) fn replace(&self, place: usize, future: F) {
        self.places[place].begin(future);
    }

    /// Makes the futures in these places children, queued for their first poll. Once the
    /// runtime ends they are cancelled instead, and it says no.
    pub(super) fn adopt(self: &Pin<Rc<Self>>, places: impl ExactSizeIterator<Item = usize> + Clone) -> bool {
        self.running.set(self.running.get() + places.len());
        let batch = Pin::clone(self) as Pin<Rc<dyn Runnable>>;
        let note = |place: usize, slot| {
            trace::emit!(to self.origin(); Starting { gather: trace::address(&**self), child: place });
            self.places[place].beside.set(slot);
        };
        let adopted = self.tasks.adopt(&batch, places.clone(), note);
        if !adopted {
            places.for_each(|place| self.cancel_place(place));
        }
        adopted
    }

    /// A child's future is gone, its result in its place, and it has no slot any more.
    pub(super) fn end(&self, place: usize, stops: bool) {
        let running = self.running.get() - 1;
        self.running.set(running);
        let stops = stops && self.stopped.get().is_none();
        if stops {
            self.stopped.set(Some(place));
        }
        if let Some(ended) = &self.ended {
            ended.borrow_mut().push_back(place);
        }
        if running == 0 || stops || self.report_each.get() {
            self.tell();
        }
    }
}

impl<F: Future, R> Batch<F, R> {
    /// Whose recording it is in: that of the runtime it began in, wherever it was moved since.
    pub(super) fn origin(&self) -> &trace::Origin {
        &self.tasks.ready().origin
    }

    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// How many children have not ended.
    pub(super) fn running(&self) -> usize {
        self.running.get()
    }

    /// The first child whose result ended the whole.
    pub(super) fn stopped(&self) -> Option<usize> {
        self.stopped.get()
    }

    /// Nothing is left to start: the listener need not hear of every child any more.
    pub(super) fn report_the_last(&self) {
        self.report_each.set(false);
    }

    /// # Panics
    /// When the children have begun in a runtime that is not the one that runs on this
    /// thread: no loop would give them a turn while the caller waits here.
    #[track_caller]
    pub(super) fn check_it_runs(&self) {
        assert!(
            self.running() == 0 || self.tasks.ready().runs_here(),
            "a shirr gather was awaited while the runtime of its children does not run on this thread; \
             await it in that runtime's block_on"
        );
    }

    /// Has `waker` woken when there is something to do, and no other (I5).
    pub(super) fn listen(&self, waker: &Waker) {
        keep_latest(&self.listener, waker);
    }

    /// How many there are for [`pop_ended`](Self::pop_ended).
    pub(super) fn ended(&self) -> usize {
        self.ended.as_ref().map_or(0, |ended| ended.borrow().len())
    }

    /// The place of the first child to end among those not asked for before.
    pub(super) fn pop_ended(&self) -> Option<usize> {
        self.ended.as_ref()?.borrow_mut().pop_front()
    }

    /// The result of a child that has ended. One that is on the stack, and has just cut its
    /// own gather short, counts as cancelled.
    pub(super) fn take_result(&self, place: usize) -> Result<F::Output, JoinError> {
        self.places[place].take().unwrap_or_else(|| Err(JoinError::cancelled()))
    }

    /// Nothing is left to cancel: all results have been taken.
    pub(super) fn close(&self) {
        debug_assert_eq!(self.running(), 0);
        self.left.set(true);
        trace::emit!(to self.origin(); GatherDone { gather: trace::address(self) });
    }

    #[allow(unsafe_code)]
    fn place(&self, place: usize) -> Pin<&Child<F>> {
        // SAFETY: an element of a pinned slice, which lies within it and moves when it does.
        unsafe { self.places.as_ref().map_unchecked(|places| &places[place]) }
    }

    fn tell(&self) {
        if let Some(listener) = self.listener.take() {
            ignore_panics(|| listener.wake());
        }
    }
}

impl<F, R> Runnable for Batch<F, R>
where
    F: Future<Output: 'static> + 'static,
    R: Rule<F::Output>,
{
    fn poll(self: Pin<Rc<Self>>, place: usize, cx: &mut Context<'_>) -> Poll<()> {
        if self.stopped.get().is_some() {
            self.cancel_place(place);
            return Poll::Ready(());
        }
        let child = self.place(place);
        let polled = child.poll(cx, R::stops);
        if self.left.get() {
            return after_all(&child);
        }
        let stops = ready!(polled);
        trace::emit!(to self.origin(); ChildEnded { gather: trace::address(&*self), child: place, stops });
        child.beside.set(NO_SLOT);
        self.end(place, stops);
        Poll::Ready(())
    }

    fn cancel(self: Pin<Rc<Self>>, place: usize) {
        self.cancel_place(place);
    }
}
