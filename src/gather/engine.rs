//! What all forms of gather do alike: begin at the first poll, refill under a limit, and
//! cancel when dropped.

use super::batch::{Batch, Shared};
use super::collect::Results;
use super::form::Rule;
use crate::runtime::current;
use crate::task::JoinError;
use crate::trace;
use crate::wake::ignore_panics;
use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

pub(super) type OutputOf<I> = <<I as Iterator>::Item as Future>::Output;
pub(super) type ResultOf<I> = Result<OutputOf<I>, JoinError>;

/// A gather of any form. Dropping it cancels what has not ended.
pub(super) struct Engine<I: Iterator<Item: Future>, R> {
    stage: Stage,
    /// How many children may exist at a time.
    limit: usize,
    /// The children, while it is under way.
    batch: Option<Shared<I::Item, R>>,
    /// How many children were started.
    started: usize,
    /// By place, the input position of the child in it; empty while these are the same.
    positions: Vec<usize>,
    /// Places with a new future that is not a child yet.
    fresh: Vec<usize>,
    /// For those who want all together, where places are used more than once; otherwise the
    /// results wait in their places.
    pub(super) results: Results<ResultOf<I>>,
    #[allow(dead_code)] // only the trace asks
    made: trace::Caller,
    /// What is not a child yet; `None` once it has ended, as it is not asked again. Boxed, since
    /// an array's has all futures inside: as a part of the gather it would be copied with each
    /// move of that, and make every future that awaits it as large.
    futures: Option<Box<I>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    /// Not yet polled.
    New,
    Running,
    /// The output was given.
    Over,
    /// A panic passed through, a child's or another; during a poll, since one may.
    Panicked,
}

/// One poll of a gather under way. Unless it is [kept](Turn::keep), the gather has ended after
/// it: so a panic of foreign code leaves no child behind.
pub(super) struct Turn<'a, I, R>(&'a mut Engine<I, R>)
where
    I: Iterator<Item: Future>;

impl<I, R> Engine<I, R>
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
    R: Rule<OutputOf<I>>,
{
    #[cfg_attr(feature = "trace", track_caller)]
    pub(super) fn new(futures: I) -> Self {
        Self::with(Box::new(futures), usize::MAX, trace::Caller::here())
    }

    fn with(futures: Box<I>, limit: usize, made: trace::Caller) -> Self {
        Self {
            stage: Stage::New,
            limit,
            batch: None,
            started: 0,
            positions: Vec::new(),
            fresh: Vec::new(),
            results: Results::default(),
            made,
            futures: Some(futures),
        }
    }

    /// Lets at most `n` children exist at a time.
    #[track_caller]
    pub(super) fn limit(&mut self, n: usize) {
        assert!(n > 0, "a gather with limit(0) could never run a child; use 1 or more");
        assert!(self.stage == Stage::New, "a gather's limit must be set before its first poll");
        self.limit = n;
    }

    /// The same under another rule.
    #[track_caller]
    pub(super) fn turned<S: Rule<OutputOf<I>>>(mut self) -> Engine<I, S> {
        assert!(self.stage == Stage::New, "a gather's form must be chosen before its first poll");
        let futures = self.futures.take().expect("a gather that has not begun has its iterator");
        Engine::with(futures, self.limit, self.made)
    }

    /// The running gather; starts it if it is new.
    ///
    /// # Panics
    /// With no runtime on the thread, or another than that of the children; and when it is
    /// [over](Self::is_over).
    #[track_caller]
    pub(super) fn turn(&mut self) -> Turn<'_, I, R> {
        match self.stage {
            Stage::New => return self.begin(),
            Stage::Running => self.batch().check_it_runs(),
            Stage::Over => panic!("a shirr gather was polled after it gave its output"),
            Stage::Panicked => panic!(
                "a shirr gather was polled after an earlier poll had panicked (a child, the iterator or a waker)"
            ),
        }
        self.stage = Stage::Panicked;
        Turn(self)
    }

    #[track_caller]
    fn begin(&mut self) -> Turn<'_, I, R> {
        let core = current("shirr::gather"); // without one it has not begun
        trace::emit!(Gathering { at: self.made.0 });
        self.stage = Stage::Panicked;
        let turn = Turn(self);
        let engine = &mut *turn.0;
        let futures = engine.futures.as_deref_mut().expect("a gather that has not begun has its iterator");
        let batch = Batch::start(Rc::clone(&core.tasks), futures, engine.limit);
        engine.started = batch.len();
        engine.batch = Some(batch);
        if engine.started == engine.limit {
            engine.positions = (0..engine.started).collect();
        } else {
            engine.futures = None; // should its drop panic, that of the turn cancels the children
        }
        turn
    }

    /// The next child that has ended: its place, its input position, its result. Only with
    /// `one_by_one`, or while places are used more than once.
    pub(super) fn next_ended(&self) -> Option<(usize, usize, ResultOf<I>)> {
        let place = self.batch().pop_ended()?;
        let position = self.positions.get(place).copied().unwrap_or(place);
        Some((place, position, self.batch().take_result(place)))
    }

    /// Puts the next future, if there are more, into a place whose result was taken. It is
    /// begun by [`start_fresh`](Self::start_fresh).
    pub(super) fn refill(&mut self, place: usize) {
        if self.batch().stopped().is_some() {
            return;
        }
        let Some(futures) = &mut self.futures else { return };
        match futures.next() {
            None => self.futures = None,
            Some(future) => {
                self.positions[place] = self.started;
                self.started += 1;
                self.batch().replace(place, future);
                self.fresh.push(place);
            }
        }
    }

    /// Begins what was put into places, all at once, which is cheaper than one by one.
    pub(super) fn start_fresh(&mut self) {
        let adopted = self.fresh.is_empty() || self.batch().adopt(self.fresh.iter().copied());
        self.fresh.clear();
        if !adopted {
            self.start_no_more(); // the runtime ends
        }
    }
}

impl<I: Iterator<Item: Future>, R> Engine<I, R> {
    pub(super) fn batch(&self) -> &Shared<I::Item, R> {
        self.batch.as_ref().expect("a gather under way has a batch")
    }

    /// Whether it has given its output, or a panic has passed through.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over | Stage::Panicked)
    }

    /// Whether places are used more than once.
    pub(super) fn reuses_places(&self) -> bool {
        !self.positions.is_empty()
    }

    /// Whether all have ended, and there are no more to start.
    pub(super) fn is_done(&self) -> bool {
        self.futures.is_none() && self.batch().running() == 0
    }

    /// How many results are to come, one by one: of children, and of what is not one yet.
    #[cfg(feature = "futures")]
    pub(super) fn size_hint(&self) -> (usize, Option<usize>) {
        let children = self.batch.as_ref().map_or(0, |batch| batch.running() + batch.ended());
        let (least, most) = self.futures.as_ref().map_or((0, Some(0)), |futures| futures.size_hint());
        (least.saturating_add(children), most.and_then(|most| most.checked_add(children)))
    }

    /// Leaves the futures that were not started alone.
    pub(super) fn start_no_more(&mut self) {
        let futures = self.futures.take();
        ignore_panics(|| drop(futures)); // as those that had started
    }

    /// For those who want the results all together: once the last has started, only the
    /// last to end need be heard of.
    pub(super) fn report_the_last(&self) {
        if self.futures.is_none() {
            self.batch().report_the_last();
        }
    }

    /// Drops the children that have not ended, then the futures that were not started.
    fn end(&mut self) {
        if let Some(batch) = self.batch.take() {
            batch.cancel();
        }
        self.start_no_more();
    }

    /// For `Debug`: how many children were started and how many of them have ended.
    pub(super) fn fmt(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct(name);
        match (self.stage, &self.batch) {
            (Stage::New, _) => out.field("started", &0),
            (_, Some(batch)) => {
                out.field("started", &self.started).field("done", &(self.started - batch.running()))
            }
            (_, None) => out.field("over", &true),
        };
        out.finish_non_exhaustive()
    }
}

impl<I: Iterator<Item: Future>, R> Drop for Engine<I, R> {
    fn drop(&mut self) {
        self.end();
    }
}

impl<I: Iterator<Item: Future>, R> Turn<'_, I, R> {
    /// It goes on at the next poll.
    pub(super) fn keep(self) {
        self.0.stage = Stage::Running;
        std::mem::forget(self);
    }

    /// The same; the caller [listens](Batch::listen), and waits until then.
    ///
    /// # Panics
    /// When it has begun more children meanwhile, in another runtime than runs on this thread.
    #[track_caller]
    pub(super) fn pend(self) {
        self.batch().check_it_runs();
        trace::emit!(to self.batch().origin(); GatherAwaited { gather: trace::address(&**self.batch()) });
        self.keep();
    }

    /// The gather is over: it gives its output, and the drop of this does the rest.
    pub(super) fn finish(self) {
        self.0.stage = Stage::Over;
    }
}

impl<I: Iterator<Item: Future>, R> Deref for Turn<'_, I, R> {
    type Target = Engine<I, R>;

    fn deref(&self) -> &Self::Target {
        self.0
    }
}

impl<I: Iterator<Item: Future>, R> DerefMut for Turn<'_, I, R> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.0
    }
}

impl<I: Iterator<Item: Future>, R> Drop for Turn<'_, I, R> {
    fn drop(&mut self) {
        self.0.end();
    }
}
