//! The children of one gather, in one allocation.
//!
//! ```text
//! task slab          batch (one slice, pinned)
//! ┌──────────┐       ┌───────┬───────┬───────┐
//! │ child 0 ─┼─────► │ place │ place │ place │  each: a future, then its output
//! │ child 1 ─┼─────► └───────┴───────┴───────┘
//! │ child 2 ─┼─────►   ▲   listener: the waker of the task that awaits the gather
//! │ parent   │         │
//! └────┬─────┘     Run (in the Gather, in the parent's future)
//!      └───────────────┘
//! ```
//!
//! The slab holds the batch once per child that has not ended, the gather holds it once.
//! Since all children have one type, a slice serves; a box each would cost an allocation
//! and a pointer per child (decision 5).

use crate::task::{Ended, Group, JoinError, Stage, Tasks};
use crate::wake::quietly;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

pub(super) struct Batch<F: Future> {
    tasks: Rc<Tasks>,
    places: Box<[Place<F>]>,
    /// Children that have not ended.
    running: Cell<usize>,
    /// The gather was dropped: a child that is just being polled is to end after it.
    cancelled: Cell<bool>,
    /// Whether the gather wants to hear of every child, having more to start.
    report_each: Cell<bool>,
    /// The places of children that have ended since it last asked, if places are reused.
    ended: Option<RefCell<Vec<usize>>>,
    /// Why the first child that failed did.
    failure: Cell<Option<JoinError>>,
    /// Whom to wake; taken by the wake, so that many ends are one wake.
    listener: Cell<Option<Waker>>,
}

struct Place<F: Future> {
    /// Borrowed while the child is polled or dropped: the one borrow that is held while
    /// foreign code runs, since a pinned future cannot be taken out. So it is always asked
    /// for with `try_borrow_mut`, and a refusal means "on the stack already" (I3).
    stage: RefCell<Stage<F>>,
    /// The child's slot in the slab, as long as it has one.
    slot: Cell<Option<u32>>,
}

impl<F> Batch<F>
where
    F: Future<Output: 'static> + 'static,
{
    /// Lays the futures side by side and queues each for its first poll.
    ///
    /// As many as `limit` means that there may be more, to be put into used places.
    pub(super) fn start(tasks: Rc<Tasks>, futures: impl Iterator<Item = F>, limit: usize) -> Rc<Self> {
        let place = |future| Place { stage: RefCell::new(Stage::Future(future, ())), slot: Cell::new(None) };
        let places: Box<[_]> = futures.take(limit).map(place).collect();
        let reused = places.len() == limit;
        let batch = Rc::new(Self {
            tasks,
            places,
            running: Cell::new(0),
            cancelled: Cell::new(false),
            report_each: Cell::new(reused),
            ended: reused.then(RefCell::default),
            failure: Cell::new(None),
            listener: Cell::new(None),
        });
        batch.adopt(0..batch.len());
        batch
    }

    /// Puts a new child into the place of one that has ended.
    pub(super) fn restart(self: &Rc<Self>, place: usize, future: F) {
        self.with_stage(place, |mut stage| stage.set(Stage::Future(future, ())));
        self.adopt(place..place + 1);
    }

    fn adopt(self: &Rc<Self>, places: Range<usize>) {
        self.running.set(self.running.get() + places.len());
        let group = Rc::clone(self) as Rc<dyn Group>;
        let note = |place: usize, slot| self.places[place].slot.set(Some(slot));
        if !self.tasks.adopt(&group, places.clone(), note) {
            places.for_each(|place| self.cancel_child(place));
        }
    }

    pub(super) fn take_output(&self, place: usize) -> Option<F::Output> {
        self.with_stage(place, Stage::take)??.ok()
    }
}

impl<F: Future> Batch<F> {
    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// How many children have not ended.
    pub(super) fn running(&self) -> usize {
        self.running.get()
    }

    /// Nothing is left to start: the listener need not hear of every child any more.
    pub(super) fn report_the_last(&self) {
        self.report_each.set(false);
    }

    /// Has `waker` woken when there is something to do, and no other (I5).
    pub(super) fn listen(&self, waker: &Waker) {
        let old = self.listener.take();
        let same = old.as_ref().is_some_and(|old| old.will_wake(waker));
        self.listener.set(if same { old } else { Some(waker.clone()) });
    }

    /// The place of a child that has ended and was not asked for before.
    pub(super) fn pop_ended(&self) -> Option<usize> {
        self.ended.as_ref()?.borrow_mut().pop()
    }

    pub(super) fn take_failure(&self) -> Option<JoinError> {
        self.failure.take()
    }

    /// Drops every child that has not ended, and every output that was not taken, in input
    /// order. One that is being polled, and has just dropped its own gather, is dropped
    /// when it returns.
    pub(super) fn cancel(&self) {
        if self.cancelled.replace(true) {
            return;
        }
        for place in 0..self.len() {
            if let Some(slot) = self.places[place].slot.take() {
                self.tasks.disown(slot as usize);
            }
            self.with_stage(place, |stage| stage.end(None));
        }
    }

    /// Nothing is left to cancel: every child has ended well, and its output is being taken.
    pub(super) fn close(&self) {
        debug_assert_eq!(self.running(), 0);
        self.cancelled.set(true);
    }

    /// `None` when the child is on the stack already.
    #[allow(unsafe_code)]
    fn with_stage<R>(&self, place: usize, f: impl FnOnce(Pin<&mut Stage<F>>) -> R) -> Option<R> {
        let mut stage = self.places[place].stage.try_borrow_mut().ok()?;
        // SAFETY: the stage never moves: it lies in a boxed slice that nothing takes apart
        // or replaces, and it is reached through this function only, which gives a `Pin`.
        Some(f(unsafe { Pin::new_unchecked(&mut *stage) }))
    }

    /// A child's future is gone; its output, if it has one, is in its place.
    fn end(&self, place: usize) {
        let running = self.running.get() - 1;
        self.running.set(running);
        self.places[place].slot.set(None);
        if let Some(ended) = &self.ended {
            ended.borrow_mut().push(place);
        }
        if running == 0 || self.report_each.get() {
            self.tell();
        }
    }

    /// [`end`](Self::end) of a child that has no output: the gather hears of it at once.
    /// Only the first failure in time is kept.
    fn fail(&self, place: usize, failure: Option<JoinError>) {
        self.end(place);
        match self.failure.take() {
            None => self.failure.set(failure),
            first => {
                self.failure.set(first);
                quietly(|| drop(failure)); // a payload's drop is foreign code
            }
        }
        self.tell();
    }

    fn tell(&self) {
        if let Some(listener) = self.listener.take() {
            quietly(|| listener.wake());
        }
    }
}

impl<F: Future> Group for Batch<F> {
    fn poll_child(&self, place: usize, cx: &mut Context<'_>) -> Poll<()> {
        let polled = self.with_stage(place, |stage| stage.poll(cx));
        if self.cancelled.get() {
            self.with_stage(place, |stage| stage.end(None));
            return Poll::Ready(());
        }
        match polled {
            Some(Poll::Ready(Ended::Well)) => self.end(place),
            Some(Poll::Ready(Ended::Panicked)) => {
                let result = self.with_stage(place, Stage::take).flatten();
                self.fail(place, result.and_then(Result::err));
            }
            Some(Poll::Ready(Ended::Before) | Poll::Pending) | None => return Poll::Pending,
        }
        Poll::Ready(())
    }

    fn cancel_child(&self, place: usize) {
        self.with_stage(place, |stage| stage.end(None));
        self.fail(place, Some(JoinError::cancelled()));
    }
}
