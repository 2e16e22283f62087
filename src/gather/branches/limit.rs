//! A limit: children that have ended make room for the next ones.
//!
//! The parent is woken for every child that ends. It takes the result and stores the next future
//! where the ended one was, so memory is for as many children as the limit allows. When the
//! iterator has no more, only the last end wakes the parent of a gather that gives all together.

use crate::gather::form::{Children, Rule};
use crate::gather::plain::{Gather, Progress};
use crate::gather::run::ResultOf;
use crate::wake::ignore_panics;
use std::fmt;

/// What a gather keeps beside its batch while children make room for others.
pub(crate) struct Refills<T> {
    /// How many children were started.
    started: usize,
    /// By child, its input position.
    positions: Vec<usize>,
    /// Children with a new future that is no task yet.
    fresh: Vec<usize>,
    /// By input position. Without a limit the results wait in the batch.
    results: Vec<Option<T>>,
}

impl<T> Refills<T> {
    /// As many children were started as the limit allows.
    pub(crate) fn new(children: usize) -> Self {
        Self { started: children, positions: (0..children).collect(), fresh: Vec::new(), results: Vec::new() }
    }

    /// All results in input order.
    pub(crate) fn results(&mut self) -> impl Iterator<Item = T> {
        let every = "a child that has ended has a result";
        self.results.drain(..).map(|result| result.expect(every))
    }

    /// A child that has ended is to be the next future's.
    fn begin(&mut self, child: usize) {
        self.positions[child] = self.started;
        self.started += 1;
        self.fresh.push(child);
    }

    fn put(&mut self, position: usize, result: T) {
        while self.results.len() < position {
            self.results.push(None);
        }
        if position == self.results.len() {
            self.results.push(Some(result));
        } else {
            self.results[position] = Some(result);
        }
    }
}

/// A drop that panics does not keep the others from being dropped.
impl<T> Drop for Refills<T> {
    fn drop(&mut self) {
        for result in self.results.drain(..) {
            ignore_panics(|| drop(result));
        }
    }
}

impl<I: Children, F: Rule<I::Output>> Gather<I, F> {
    /// Lets at most `n` children exist at a time. The others are taken from the iterator
    /// in order, as children end.
    ///
    /// `limit(1)` runs them one after another. Memory is for `n` children and for the
    /// outputs, however many items the iterator has.
    ///
    /// A child that waits for one that comes later in the iterator may wait for ever: the later
    /// one starts when an earlier one ends.
    ///
    /// # Panics
    /// When `n` is zero, since nothing could ever run; when the gather has begun.
    ///
    /// ```
    /// shirr::block_on(async {
    ///     let squares = shirr::gather((1..=4).map(|i| async move { i * i })).limit(2);
    ///     assert_eq!(squares.await, [1, 4, 9, 16]);
    /// });
    /// ```
    #[doc(alias = "Semaphore")]
    #[doc(alias = "buffered")]
    #[track_caller]
    pub fn limit(mut self, n: usize) -> Self {
        assert!(n > 0, "a gather with limit(0) could never run a child; use 1 or more");
        assert!(self.progress == Progress::New, "a gather's limit must be set before its first poll");
        self.limit = n;
        self
    }

    /// Keeps the results of those that have ended, and starts others instead.
    pub(crate) fn refill_all(&mut self) {
        if self.refills.is_none() {
            return;
        }
        while self.batch().stopped().is_none() && self.batch().ended() > 0 {
            while let Some((child, position, result)) = self.next_ended() {
                let Some(refills) = &mut self.refills else { return };
                refills.put(position, result);
                self.refill(child);
            }
            self.start_fresh(); // which ends them at once when the runtime ends
        }
        if self.futures.is_none() {
            self.batch().report_the_last();
        }
    }

    /// The next child that has ended, its input position, its result. Only one by one, or
    /// under a limit.
    pub(crate) fn next_ended(&self) -> Option<(usize, usize, ResultOf<I>)> {
        let child = self.batch().pop_ended()?;
        let position = self.refills.as_ref().map_or(child, |refills| refills.positions[child]);
        Some((child, position, self.batch().take_result(child)))
    }

    /// Stores the next future, if there are more, instead of a child whose result was taken. It
    /// becomes a task by [`start_fresh`](Self::start_fresh).
    pub(crate) fn refill(&mut self, child: usize) {
        if self.batch().stopped().is_some() {
            return;
        }
        let (Some(futures), Some(refills)) = (&mut self.futures, &mut self.refills) else { return };
        match futures.next() {
            None => self.futures = None,
            Some(future) => {
                refills.begin(child);
                self.batch().replace(child, future);
            }
        }
    }

    /// Starts those, all at once, which is cheaper than one by one.
    pub(crate) fn start_fresh(&mut self) {
        let fresh = self.refills.as_ref().map_or(&[][..], |refills| &refills.fresh);
        let adopted = fresh.is_empty() || self.batch().adopt(fresh.iter().copied());
        self.refills.iter_mut().for_each(|refills| refills.fresh.clear());
        if !adopted {
            self.start_no_more(); // the runtime ends
        }
    }
}

impl<I: Children, F> Gather<I, F> {
    /// How many results are to come, one by one: of children, and of what is not one yet.
    #[cfg(feature = "futures")]
    pub(crate) fn results_left(&self) -> (usize, Option<usize>) {
        let children = self.batch.as_ref().map_or(0, |batch| batch.running() + batch.ended());
        let (least, most) = self.futures.as_ref().map_or((0, Some(0)), |futures| futures.size_hint());
        (least.saturating_add(children), most.and_then(|most| most.checked_add(children)))
    }

    /// For `Debug`: how many children were started and how many of them have ended.
    pub(crate) fn fmt_as(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct(name);
        match (self.progress, &self.batch) {
            (Progress::New, _) => out.field("started", &0),
            (_, Some(batch)) => {
                let started = self.refills.as_ref().map_or(batch.len(), |refills| refills.started);
                out.field("started", &started).field("done", &(started - batch.running()))
            }
            (_, None) => out.field("over", &true),
        };
        out.finish_non_exhaustive()
    }
}
