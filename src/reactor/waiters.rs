//! Those who wait for one direction of one socket.
//!
//! Each has a number, by which it is found again; those who poll through the traits have no
//! future that could keep one, and share [`SHARED`].

use std::task::Waker;

/// The number of all who poll through the traits; it comes before every waiter's own.
pub(super) const SHARED: u64 = 0;

/// How many of those are kept for one direction.
const SHARERS: usize = 4;

/// Whose turn it is when the direction is ready. Mostly one, so one needs no allocation.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    first: Option<(u64, Waker)>,
    /// In the order of their numbers, which is that in which they came.
    more: Vec<(u64, Waker)>,
}

impl Waiters {
    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Waker> {
        if self.first.as_ref().is_some_and(|(n, _)| *n == number) {
            return self.first.as_mut().map(|(_, waker)| waker);
        }
        let at = self.more.binary_search_by_key(&number, |(n, _)| *n).ok()?;
        Some(&mut self.more[at].1)
    }

    /// Adds a waiter, whose number is the highest so far.
    #[inline]
    pub(super) fn push(&mut self, number: u64, waker: Waker) {
        if self.first.is_none() && self.more.is_empty() {
            self.first = Some((number, waker));
        } else {
            self.more.push((number, waker)); // also when `first` has left: the order stays
        }
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<Waker> {
        if self.first.as_ref().is_some_and(|(n, _)| *n == number) {
            return self.first.take().map(|(_, waker)| waker);
        }
        let at = self.more.binary_search_by_key(&number, |(n, _)| *n).ok()?;
        Some(self.more.remove(at).1)
    }

    /// Whether somebody who polls would have the same task woken.
    pub(super) fn shares(&self, waker: &Waker) -> bool {
        let all = self.first.iter().chain(&self.more);
        all.filter(|(number, _)| *number == SHARED).any(|(_, mine)| mine.will_wake(waker))
    }

    /// Adds one who polls. Such a one does not leave when it waits no longer, and may come
    /// with another waker each time, so only the latest few are kept: the oldest of too many
    /// is returned, and forgotten.
    pub(super) fn share(&mut self, waker: Waker) -> Option<Waker> {
        let first = matches!(self.first, Some((SHARED, _)));
        let others = self.more.iter().take_while(|(number, _)| *number == SHARED).count();
        if self.first.is_none() && self.more.is_empty() {
            self.first = Some((SHARED, waker));
        } else {
            self.more.insert(others, (SHARED, waker));
        }
        let too_many = usize::from(first) + others == SHARERS;
        let oldest = too_many.then(|| if first { self.first.take() } else { Some(self.more.remove(0)) });
        oldest.flatten().map(|(_, waker)| waker)
    }

    pub(super) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.more.len()
    }

    #[inline(always)]
    pub(super) fn take_all(&mut self, wake: &mut impl FnMut(Waker)) {
        if let Some((_, waker)) = self.first.take() {
            wake(waker);
        }
        if !self.more.is_empty() {
            self.take_more(wake);
        }
    }

    /// Apart, since there are hardly ever several, and a `drain` takes many steps.
    #[cold]
    fn take_more(&mut self, wake: &mut impl FnMut(Waker)) {
        self.more.drain(..).for_each(|(_, waker)| wake(waker));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::task::Wake;

    struct Nobody;

    impl Wake for Nobody {
        fn wake(self: Arc<Self>) {}
    }

    fn somebody() -> Waker {
        Waker::from(Arc::new(Nobody))
    }

    #[test]
    fn every_waiter_is_found_by_its_number_whoever_polls_beside_it() {
        for shared_comes in 0..4 {
            let (mut waiters, sharer) = (Waiters::default(), somebody());
            for number in 1..5 {
                if number == shared_comes + 1 {
                    assert!(waiters.share(sharer.clone()).is_none());
                }
                waiters.push(number, somebody());
            }
            assert!((1..5).all(|number| waiters.get_mut(number).is_some()), "{waiters:?}");
            assert!([3, 1, 4, 2].iter().all(|number| waiters.remove(*number).is_some()));
            assert!(waiters.len() == 1 && waiters.shares(&sharer));
        }
    }

    #[test]
    fn of_those_who_poll_the_latest_four_are_kept() {
        for others in [0, 2] {
            let mut waiters = Waiters::default();
            (1..=others).for_each(|number| waiters.push(number, somebody()));
            let wakers: Vec<_> = (0..6).map(|_| somebody()).collect();
            let gone: Vec<_> = wakers.iter().filter_map(|waiter| waiters.share(waiter.clone())).collect();
            assert!(gone.iter().zip(&wakers).all(|(gone, waker)| gone.will_wake(waker)));
            let kept: Vec<_> = wakers.iter().map(|waker| waiters.shares(waker)).collect();
            assert_eq!((gone.len(), kept), (2, vec![false, false, true, true, true, true]));
        }
    }
}
