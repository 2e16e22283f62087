//! Tasks that poll a socket through a trait: `poll_read` has no future that could keep a
//! waiter's number, so they share one (decision 22).

use crate::reactor::Direction;
use crate::reactor::source::Source;
use crate::reactor::sources::{SHARED, Waiters};
use crate::wake::budget;
use mio::event;
use std::io;
use std::task::{Context, Poll, Waker, ready};

/// How many of them are kept for one direction.
const SHARERS: usize = 4;

impl<S: event::Source> Source<S> {
    /// [`Source::io`] as a poll.
    pub(crate) fn poll_shared<T>(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        attempt: impl FnMut(&S) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        self.poll_at(direction, &mut Some(SHARED), cx, attempt)
    }

    /// [`Source::wait_ready`] as a poll.
    pub(crate) fn poll_shared_ready(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_ready(direction, &mut Some(SHARED), cx))?;
        budget::poll_step(cx).map(Ok)
    }
}

impl Waiters {
    /// Whether one that polls would wake the same task.
    pub(crate) fn shares(&self, waker: &Waker) -> bool {
        let all = self.first.iter().chain(&self.more);
        all.filter(|(number, _)| *number == SHARED).any(|(_, mine)| mine.will_wake(waker))
    }

    /// Adds one that polls. It does not leave when it waits no longer, and may come with another
    /// waker each time, so only the latest few are kept: the oldest of too many is returned,
    /// to be dropped.
    pub(crate) fn share(&mut self, waker: Waker) -> Option<Waker> {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reactor::sources::Waiters;
    use std::sync::Arc;
    use std::task::Wake;

    struct Idle;

    impl Wake for Idle {
        fn wake(self: Arc<Self>) {}
    }

    fn waker() -> Waker {
        Waker::from(Arc::new(Idle))
    }

    #[test]
    fn every_waiter_is_found_by_its_number_also_beside_those_that_poll() {
        for shared_comes in 0..4 {
            let (mut waiters, sharer) = (Waiters::default(), waker());
            for number in 1..5 {
                if number == shared_comes + 1 {
                    assert!(waiters.share(sharer.clone()).is_none());
                }
                waiters.push(number, waker());
            }
            assert!((1..5).all(|number| waiters.get_mut(number).is_some()), "{waiters:?}");
            assert!([3, 1, 4, 2].iter().all(|number| waiters.remove(*number).is_some()));
            assert!(waiters.len() == 1 && waiters.shares(&sharer));
        }
    }

    #[test]
    fn of_those_that_poll_the_latest_four_are_kept() {
        for others in [0, 2] {
            let mut waiters = Waiters::default();
            (1..=others).for_each(|number| waiters.push(number, waker()));
            let wakers: Vec<_> = (0..6).map(|_| waker()).collect();
            let gone: Vec<_> = wakers.iter().filter_map(|waiter| waiters.share(waiter.clone())).collect();
            assert!(gone.iter().zip(&wakers).all(|(gone, waker)| gone.will_wake(waker)));
            let kept: Vec<_> = wakers.iter().map(|waker| waiters.shares(waker)).collect();
            assert_eq!((gone.len(), kept), (2, vec![false, false, true, true, true, true]));
        }
    }
}
