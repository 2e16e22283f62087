//! Waiting for all children, with their results in input order.

use super::engine::{Engine, OutputOf, ResultOf, Run};
use super::rule::Rule;
use crate::task::JoinError;
use crate::wake::quietly;
use std::future::Future;
use std::panic::resume_unwind;
use std::task::{Context, Poll};

/// An [`Engine`] whose results are wanted all together.
pub(super) struct Collect<I: Iterator<Item: Future>, R> {
    pub(super) engine: Engine<I, R>,
    /// Used when places are used more than once; otherwise the results wait in their places.
    results: Results<ResultOf<I>>,
}

/// By input position. A drop that panics does not keep the others from being dropped.
struct Results<T>(Vec<Option<T>>);

impl<T> Results<T> {
    fn put(&mut self, position: usize, result: T) {
        match self.0.get_mut(position) {
            Some(place) => *place = Some(result),
            None => {
                self.0.resize_with(position, || None);
                self.0.push(Some(result));
            }
        }
    }

    fn clear(&mut self) {
        self.0.drain(..).for_each(|result| quietly(|| drop(result)));
    }
}

impl<T> Drop for Results<T> {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The result that ended a gather before its time, and what still runs.
pub(super) type Stopped<I, R> = (ResultOf<I>, Run<I, R>);

impl<I, R> Collect<I, R>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
    R: Rule<OutputOf<I>>,
{
    #[cfg_attr(feature = "trace", track_caller)]
    pub(super) fn new(futures: I) -> Self {
        Self { engine: Engine::new(futures, false), results: Results(Vec::new()) }
    }

    /// The same futures under another rule.
    #[track_caller]
    pub(super) fn under<S>(self) -> Collect<I, S> {
        Collect { engine: self.engine.under(), results: self.results }
    }

    /// Waits until every child has ended, and gives what `keep` makes of their results; or
    /// until one stops the whole.
    #[track_caller]
    pub(super) fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        keep: impl Fn(ResultOf<I>) -> T,
    ) -> Poll<Result<Vec<T>, Stopped<I, R>>> {
        let mut run = self.engine.take().expect("a shirr gather was polled after it gave its output");
        run.listen(cx.waker());
        if !run.has_stopped() {
            self.refill(&mut run);
        }
        if let Some(result) = run.take_stopped() {
            self.results.clear();
            return Poll::Ready(Err((result, run)));
        }
        if !run.is_done() {
            self.engine.pend(run);
            return Poll::Pending;
        }
        Poll::Ready(Ok(self.take_all(&run, keep)))
    }

    /// Ends the children that run; what they would have given is an error that says so.
    pub(super) fn cut_short<T>(&mut self, keep: impl Fn(ResultOf<I>) -> T) -> Vec<T> {
        let Some(mut run) = self.engine.take() else { return Vec::new() };
        run.start_no_more();
        run.cancel_unfinished();
        self.refill(&mut run);
        self.take_all(&run, keep)
    }

    /// Stores the results of those that have ended, and starts others in their places.
    fn refill(&mut self, run: &mut Run<I, R>) {
        if !run.reuses_places() {
            return;
        }
        while run.has_ended() {
            while let Some((place, position, result)) = run.next_ended() {
                self.results.put(position, result);
                run.refill(place);
            }
            run.start_fresh(); // which ends them at once when the runtime ends
        }
        run.report_the_last();
    }

    fn take_all<T>(&mut self, run: &Run<I, R>, keep: impl Fn(ResultOf<I>) -> T) -> Vec<T> {
        let values = if run.reuses_places() {
            let every = "a child that has ended has a result";
            self.results.0.drain(..).map(|result| keep(result.expect(every))).collect()
        } else {
            run.take_results().map(keep).collect()
        };
        run.close();
        values
    }
}

/// Goes on with the panic of a child in the task that awaits it.
pub(super) fn raise(error: JoinError) -> ! {
    if error.is_cancelled() {
        panic!("a shirr gather was polled after its runtime had ended");
    }
    resume_unwind(error.into_panic())
}
