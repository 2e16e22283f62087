//! Waiting for all children, with their results in input order.

use super::engine::{Engine, OutputOf, Turn};
use super::form::Form;
use crate::task::JoinError;
use crate::wake::{budget, ignore_panics};
use std::future::Future;
use std::panic::resume_unwind;
use std::task::{Context, Poll};

/// By input position. A drop that panics does not keep the others from being dropped.
pub(super) struct Results<T>(Vec<Option<T>>);

impl<T> Default for Results<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Results<T> {
    fn put(&mut self, position: usize, result: T) {
        while self.0.len() < position {
            self.0.push(None);
        }
        if position == self.0.len() {
            self.0.push(Some(result));
        } else {
            self.0[position] = Some(result);
        }
    }

    fn clear(&mut self) {
        self.0.drain(..).for_each(|result| ignore_panics(|| drop(result)));
    }
}

impl<T> Drop for Results<T> {
    fn drop(&mut self) {
        self.clear();
    }
}

impl<I, R> Engine<I, R>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
    R: Form<OutputOf<I>>,
{
    /// Waits until every child has ended, and gives what is kept of their results; or until
    /// one returns an error that ends the whole, and gives that.
    ///
    /// # Panics
    /// With the panic of a child that ends the whole.
    #[track_caller]
    pub(super) fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<Result<Vec<R::Kept>, OutputOf<I>>> {
        let mut turn = self.turn();
        turn.batch().listen(cx.waker());
        if turn.batch().stopped().is_none() {
            turn.refill_all();
        }
        let is_over = turn.batch().stopped().is_some() || turn.is_done();
        if !is_over || budget::poll_step(cx).is_pending() {
            turn.pend();
            return Poll::Pending;
        }
        if let Some(place) = turn.batch().stopped() {
            return Poll::Ready(Err(turn.stop(place)));
        }
        Poll::Ready(Ok(turn.take_all()))
    }

    /// Stores the results of those that have ended, and starts others in their places.
    pub(super) fn refill_all(&mut self) {
        if !self.reuses_places() {
            return;
        }
        while self.batch().ended() > 0 {
            while let Some((place, position, result)) = self.next_ended() {
                self.results.put(position, result);
                self.refill(place);
            }
            self.start_fresh(); // which ends them at once when the runtime ends
        }
        self.report_the_last();
    }
}

impl<I, R> Turn<'_, I, R>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
    R: Form<OutputOf<I>>,
{
    /// All have ended: what is kept of their results, in input order.
    pub(super) fn take_all(mut self) -> Vec<R::Kept> {
        let kept = if self.reuses_places() {
            let every = "a child that has ended has a result";
            self.results.0.drain(..).map(|result| R::keep(result.expect(every))).collect()
        } else {
            let batch = self.batch();
            (0..batch.len()).map(|place| R::keep(batch.take_result(place))).collect()
        };
        self.batch().close();
        self.finish();
        kept
    }

    /// The result in this place ends the whole: the others go before the caller hears of it.
    fn stop(mut self, place: usize) -> OutputOf<I> {
        self.results.clear();
        match self.batch().take_result(place) {
            Ok(error) => {
                self.finish();
                error
            }
            Err(error) => {
                drop(self);
                raise(error)
            }
        }
    }
}

/// Goes on with the panic of a child in the task that awaits it.
pub(super) fn raise(error: JoinError) -> ! {
    if error.is_cancelled() {
        panic!("a shirr gather was polled after its runtime had ended");
    }
    resume_unwind(error.into_panic())
}
