//! What all forms of gather do alike: start at the first poll, wait for the children, and
//! cancel them when dropped.

use super::batch::{Batch, BatchRc};
use super::branches::Refills;
use super::form::{Children, Form, Rule, raise};
use super::plain::{Gather, Progress};
use crate::runtime::current;
use crate::task::{JoinError, Tasks};
use crate::trace;
use crate::wake::{budget, ignore_panics};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

const ELSEWHERE: &str = "a shirr gather was awaited while the runtime of its children does not run on this thread; \
     await it in that runtime's block_on";

pub(super) type ResultOf<I> = Result<<I as Children>::Output, JoinError>;

impl<I: Children, F: Rule<I::Output>> Gather<I, F> {
    #[cfg_attr(feature = "trace", track_caller)]
    pub(super) fn new(futures: I) -> Self {
        Self::with(Box::new(futures), usize::MAX, trace::Caller::here())
    }

    /// The same under another rule.
    #[track_caller]
    pub(super) fn with_rule<S: Rule<I::Output>>(mut self) -> Gather<I, S> {
        assert!(self.progress == Progress::New, "a gather's form must be chosen before its first poll");
        let futures = self.futures.take().expect("a gather that has not begun has its iterator");
        Gather::with(futures, self.limit, self.made)
    }

    /// Waits until every child has ended, or one has ended the gather.
    #[track_caller]
    pub(super) fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<F::Output>
    where
        F: Form<I::Output>,
    {
        self.poll_started(cx.waker(), |gather| {
            gather.refill_all();
            let stopped = gather.batch().stopped();
            if stopped.is_none() && !gather.is_done() {
                return Poll::Pending;
            }
            ready!(budget::poll_step(cx));
            Poll::Ready(match stopped {
                Some(child) => gather.stop(child),
                None => gather.finish(),
            })
        })
    }

    /// Starts the children if this is the first poll, and polls by `poll`, after which they run
    /// on unless it ends the gather. A panic of foreign code leaves no child behind.
    ///
    /// # Panics
    /// With no runtime on the thread, or another than that of the children; and when it is
    /// [over](Self::is_over).
    #[track_caller]
    pub(super) fn poll_started<T>(
        &mut self,
        waker: &Waker,
        poll: impl FnOnce(&mut Self) -> Poll<T>,
    ) -> Poll<T> {
        let new = match self.progress {
            Progress::New => Some(current("shirr::gather")),
            Progress::Running => None,
            Progress::Over => panic!("a shirr gather was polled after it gave its output"),
            Progress::Panicked => panic!(
                "a shirr gather was polled after an earlier poll had panicked (a child, the iterator or a waker)"
            ),
        };
        assert!(self.runs_here(), "{ELSEWHERE}");
        self.progress = Progress::Panicked; // until the poll has returned
        let polled = catch_unwind(AssertUnwindSafe(|| {
            if let Some(core) = new {
                self.start(Rc::clone(&core.tasks));
            }
            self.batch().set_parent(waker);
            poll(self)
        }));
        let polled = polled.unwrap_or_else(|panic| {
            self.cancel();
            resume_unwind(panic)
        });
        if polled.is_pending() {
            if !self.runs_here() {
                self.cancel(); // it has begun children where no loop runs
                panic!("{ELSEWHERE}");
            }
            trace::emit!(to self.batch().origin(); GatherAwaited { gather: trace::address(&**self.batch()) });
        }
        if self.progress == Progress::Panicked {
            self.progress = Progress::Running;
        }
        polled
    }

    fn start(&mut self, tasks: Rc<Tasks>) {
        trace::emit!(Gathering { at: self.made.0 });
        let futures = self.futures.as_deref_mut().expect("a gather that has not begun has its iterator");
        let batch = Batch::start(tasks, futures, self.limit);
        let children = batch.len();
        self.batch = Some(batch);
        if children == self.limit {
            self.refills = Some(Box::new(Refills::new(children)));
        } else {
            self.futures = None; // should its drop panic, the children are cancelled
        }
    }

    /// All have ended: what becomes of their results, in input order.
    pub(super) fn finish(&mut self) -> F::Output
    where
        F: Form<I::Output>,
    {
        let output = match &mut self.refills {
            Some(refills) => F::all(refills.results()),
            None => F::all((0..self.batch().len()).map(|child| self.batch().take_result(child))),
        };
        self.close();
        output
    }

    /// All results were taken.
    pub(super) fn close(&mut self) {
        if let Some(batch) = self.batch.take() {
            batch.close();
            batch.retire();
        }
        self.refills = None;
        self.start_no_more();
        self.progress = Progress::Over;
    }

    /// This child's result ends the gather: the others go before the caller has it.
    fn stop(&mut self, child: usize) -> F::Output
    where
        F: Form<I::Output>,
    {
        let result = self.batch().take_result(child);
        self.cancel();
        let output = result.unwrap_or_else(|error| raise(error));
        self.progress = Progress::Over;
        F::stopped(output)
    }
}

impl<I: Children, F> Gather<I, F> {
    pub(super) fn with(futures: Box<I>, limit: usize, made: trace::Caller) -> Self {
        let futures = Some(futures);
        Self { progress: Progress::New, limit, batch: None, refills: None, made, futures }
    }

    pub(super) fn batch(&self) -> &BatchRc<I::Item, F> {
        self.batch.as_ref().expect("a gather under way has a batch")
    }

    /// Whether it has given its output, or a panic has passed through.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.progress, Progress::Over | Progress::Panicked)
    }

    /// Whether all have ended, and there are no more to start.
    pub(super) fn is_done(&self) -> bool {
        self.futures.is_none() && self.batch().running() == 0
    }

    fn runs_here(&self) -> bool {
        self.batch.as_ref().is_none_or(|batch| batch.runs_here())
    }

    /// Drops the children that have not ended, results that were kept, then the futures that were not
    /// started.
    fn cancel(&mut self) {
        if let Some(batch) = self.batch.take() {
            batch.cancel();
            self.refills = None;
        }
        self.start_no_more();
    }

    /// Drops the futures that were not started; a panic of that is ignored, as of those that were.
    pub(super) fn start_no_more(&mut self) {
        if let Some(futures) = self.futures.take() {
            ignore_panics(|| drop(futures));
        }
    }
}

impl<I: Children, F> Drop for Gather<I, F> {
    fn drop(&mut self) {
        self.cancel();
    }
}
