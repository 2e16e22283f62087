//! What all forms of gather do alike: begin at the first poll, refill under a limit, and
//! cancel when dropped.

use super::batch::Batch;
use super::rule::Rule;
use crate::runtime::current;
use crate::task::JoinError;
use crate::trace;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Waker;

pub(super) type OutputOf<I> = <<I as Iterator>::Item as Future>::Output;
pub(super) type ResultOf<I> = Result<OutputOf<I>, JoinError>;

/// A gather of any form.
pub(super) struct Engine<I: Iterator<Item: Future>, R> {
    state: State<I, R>,
    limit: usize,
    /// Whether results are wanted as they come, and not all together.
    one_by_one: bool,
    made: trace::Caller,
}

enum State<I: Iterator<Item: Future>, R> {
    /// Not yet polled.
    Begin(I),
    Running(Run<I, R>),
    /// The output was given, or a panic passed through.
    Over,
}

impl<I, R> Engine<I, R>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
    R: Rule<OutputOf<I>>,
{
    #[cfg_attr(feature = "trace", track_caller)]
    pub(super) fn new(futures: I, one_by_one: bool) -> Self {
        let made = trace::Caller::here();
        Self { state: State::Begin(futures), limit: usize::MAX, one_by_one, made }
    }

    /// Lets at most `n` children exist at a time.
    #[track_caller]
    pub(super) fn limit(&mut self, n: usize) {
        assert!(n > 0, "a gather with limit(0) could never run a child; use 1 or more");
        assert!(matches!(self.state, State::Begin(_)), "a gather's limit must be set before its first poll");
        self.limit = n;
    }

    /// The same futures under another rule.
    #[track_caller]
    pub(super) fn under<S>(self) -> Engine<I, S> {
        let State::Begin(futures) = self.state else {
            panic!("a gather's form must be chosen before its first poll");
        };
        Engine {
            state: State::Begin(futures),
            limit: self.limit,
            one_by_one: self.one_by_one,
            made: self.made,
        }
    }

    /// The gather under way, begun if need be, taken out so that a panic of foreign code
    /// leaves nothing behind. Whoever is not done with it puts it back; `None` once it is
    /// over.
    ///
    /// # Panics
    /// With no runtime on the thread, or another than that of the children.
    #[track_caller]
    pub(super) fn take(&mut self) -> Option<Run<I, R>> {
        if let State::Running(run) = &self.state {
            run.check_it_runs();
        }
        match std::mem::replace(&mut self.state, State::Over) {
            State::Begin(futures) => {
                trace::emit!(Gathering { at: self.made.0 });
                Some(Run::begin(futures, self.limit, self.one_by_one))
            }
            State::Running(run) => Some(run),
            State::Over => None,
        }
    }

    pub(super) fn put_back(&mut self, run: Run<I, R>) {
        self.state = State::Running(run);
    }

    /// Puts it back for the next poll; whoever [listens](Run::listen) waits until then.
    ///
    /// # Panics
    /// When it has begun more children meanwhile, in another runtime than runs on this thread.
    #[track_caller]
    pub(super) fn pend(&mut self, run: Run<I, R>) {
        run.check_it_runs();
        trace::emit!(to run.batch.home(); GatherAwaited { gather: trace::address(&*run.batch) });
        self.put_back(run);
    }
}

impl<I: Iterator<Item: Future>, R> Engine<I, R> {
    /// For `Debug`: how many children were started and how many of them have ended.
    pub(super) fn fmt(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct(name);
        match &self.state {
            State::Begin(_) => out.field("started", &0),
            State::Running(run) => {
                out.field("started", &run.started).field("done", &(run.started - run.batch.running()))
            }
            State::Over => out.field("over", &true),
        };
        out.finish_non_exhaustive()
    }
}

/// A gather under way. Dropping it cancels what has not ended.
pub(super) struct Run<I: Iterator<Item: Future>, R> {
    pub(super) batch: Pin<Rc<Batch<I::Item, R>>>,
    /// More to start, when places get free; `None` once it has ended, as it is not asked again.
    futures: Option<I>,
    /// How many children were started.
    started: usize,
    /// By place, the input position of the child in it; empty while these are the same.
    positions: Vec<usize>,
    /// Places with a new future that is not a child yet.
    fresh: Vec<usize>,
}

impl<I, R> Run<I, R>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
    R: Rule<OutputOf<I>>,
{
    #[track_caller]
    fn begin(mut futures: I, limit: usize, one_by_one: bool) -> Self {
        let core = current("shirr::gather");
        let batch = Batch::start(Rc::clone(&core.tasks), futures.by_ref(), limit, one_by_one);
        let started = batch.len();
        let mut run =
            Self { batch, futures: Some(futures), started, positions: Vec::new(), fresh: Vec::new() };
        if started == limit {
            run.positions = (0..started).collect();
        } else {
            run.futures = None; // should its drop panic, `run` cancels the children
        }
        run
    }

    /// Whether [`next_ended`](Self::next_ended) has one to give.
    pub(super) fn has_ended(&self) -> bool {
        self.batch.has_ended()
    }

    /// The next child that has ended: its place, its input position, its result. Only with
    /// `one_by_one`, or while places are used more than once.
    pub(super) fn next_ended(&self) -> Option<(usize, usize, ResultOf<I>)> {
        let place = self.batch.pop_ended()?;
        let position = self.positions.get(place).copied().unwrap_or(place);
        Some((place, position, self.batch.take_result(place)))
    }

    /// Puts the next future, if there are more, into a place whose result was taken. It is
    /// begun by [`start_fresh`](Self::start_fresh).
    pub(super) fn refill(&mut self, place: usize) {
        let Some(futures) = &mut self.futures else { return };
        match futures.next() {
            None => self.futures = None,
            Some(future) => {
                self.positions[place] = self.started;
                self.started += 1;
                self.batch.replace(place, future);
                self.fresh.push(place);
            }
        }
    }

    /// Begins what was put into places, all at once, which is cheaper than one by one.
    pub(super) fn start_fresh(&mut self) {
        let adopted = self.fresh.is_empty() || self.batch.adopt(self.fresh.iter().copied());
        self.fresh.clear();
        if !adopted {
            self.start_no_more(); // the runtime ends
        }
    }

    /// Whether a result has ended the whole before its time.
    pub(super) fn has_stopped(&self) -> bool {
        self.batch.stopped().is_some()
    }

    /// The result that ended the whole before its time, if one did.
    pub(super) fn take_stopped(&self) -> Option<ResultOf<I>> {
        Some(self.batch.take_result(self.batch.stopped()?))
    }

    /// The results of all children, in input order, once all have ended without a refill.
    pub(super) fn take_results(&self) -> impl Iterator<Item = ResultOf<I>> {
        (0..self.batch.len()).map(|place| self.batch.take_result(place))
    }

    /// Ends the children that have not ended; their results say so.
    pub(super) fn cancel_unfinished(&self) {
        self.batch.cancel_unfinished();
    }
}

impl<I: Iterator<Item: Future>, R> Run<I, R> {
    /// # Panics
    /// When children run, but not in the runtime that runs on this thread.
    #[track_caller]
    fn check_it_runs(&self) {
        self.batch.check_it_runs();
    }

    /// Has the awaiting task woken when there is something to do.
    pub(super) fn listen(&self, waker: &Waker) {
        self.batch.listen(waker);
    }

    /// Whether places are used more than once.
    pub(super) fn reuses_places(&self) -> bool {
        !self.positions.is_empty()
    }

    /// Whether all have ended, and there are no more to start.
    pub(super) fn is_done(&self) -> bool {
        self.batch.running() == 0 && self.futures.is_none()
    }

    /// Leaves the futures that were not started alone.
    pub(super) fn start_no_more(&mut self) {
        self.futures = None;
    }

    /// For those who want the results all together: once the last has started, only the
    /// last to end need be heard of.
    pub(super) fn report_the_last(&self) {
        if self.futures.is_none() {
            self.batch.report_the_last();
        }
    }

    /// All results were taken; the drop has nothing to look for.
    pub(super) fn close(&self) {
        self.batch.close();
    }

    /// Lets the children run on by themselves.
    pub(super) fn detach(&self) {
        self.batch.detach();
    }
}

impl<I: Iterator<Item: Future>, R> Drop for Run<I, R> {
    fn drop(&mut self) {
        self.batch.cancel();
    }
}
