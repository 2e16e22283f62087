//! The sockets: what the kernel last said of each, and who waits for news.
//!
//! mio reports *changes* (edge-triggered): "readable" is said once, and again only after
//! a read has come back with `WouldBlock`. So readiness is kept here, and every operation
//! follows one rule (I6):
//!
//! 1. flag set: try the system call;
//! 2. `WouldBlock`: clear the flag, leave a waker, wait;
//! 3. an event sets the flag and wakes *all* who wait in that direction: each tries again.
//!
//! A flag is a hint. Set wrongly, it costs one system call. Cleared wrongly, it costs a
//! wake for ever, which is why only the system call's own answer may clear it.
//!
//! The events of one `wait` are all noted before any task runs, so an event can meet a
//! slot's next tenant only if the kernel reports a socket after it was deregistered.
//! Then, too, it is just a hint.

use crate::trace;
use mio::event::Event;
use slab::Slab;
use std::task::Waker;

/// The number of all who poll through the traits; it comes before every waiter's own.
pub(super) const SHARED: u64 = 0;

/// How many of those are kept for one direction.
const SHARERS: usize = 4;

/// Where a short transfer proves that the kernel's buffer is drained (or full), so that the
/// next try may be saved: where mio has epoll or kqueue, an edge is certain to follow.
/// Elsewhere mio asks for the next event only after a `WouldBlock`, so there it must be had.
const SHORT_MEANS_DRAINED: bool = cfg!(all(
    not(mio_unsupported_force_poll_poll),
    any(
        target_os = "android",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "illumos",
        target_os = "linux",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "redox",
        target_vendor = "apple",
    ),
));

/// One of the two ways that bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

#[cfg(feature = "trace")]
impl From<Direction> for trace::Direction {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Read => Self::Read,
            Direction::Write => Self::Write,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Sources {
    slots: Slab<Entry>,
    next_waiter: u64,
}

/// One socket.
#[derive(Debug)]
pub(super) struct Entry {
    read: Side,
    write: Side,
}

/// One direction of one socket.
#[derive(Debug)]
pub(super) struct Side {
    /// A try may succeed. Set by events, cleared by `WouldBlock` and by a short transfer.
    pub(super) ready: bool,
    /// A short transfer leaves the flag alone: the other end has closed, so that no edge will
    /// follow, or has sent urgent bytes, at whose place a read ends though more bytes are there.
    pub(super) short_is_no_proof: bool,
    pub(super) waiters: Waiters,
}

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

    fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.more.len()
    }

    #[inline(always)]
    fn take_all(&mut self, wake: &mut impl FnMut(Waker)) {
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

impl Entry {
    /// Of a new socket. In the direction of `at_once` a try is worth while.
    pub(super) fn new(at_once: Option<Direction>) -> Self {
        let side = |direction| Side::new(at_once == Some(direction));
        Self { read: side(Direction::Read), write: side(Direction::Write) }
    }
}

impl Side {
    fn new(ready: bool) -> Self {
        Self { ready, short_is_no_proof: false, waiters: Waiters::default() }
    }

    #[inline]
    pub(super) fn was_short(&mut self) {
        self.ready &= self.short_is_no_proof || !SHORT_MEANS_DRAINED;
    }

    #[inline(always)]
    pub(super) fn note(&mut self, ready: bool, cut: bool, wake: &mut impl FnMut(Waker)) {
        self.short_is_no_proof |= cut;
        if ready {
            self.ready = true;
            self.waiters.take_all(wake);
        }
    }
}

impl Sources {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many operations wait. Counted when asked for, which only a clock that stands does,
    /// so that no operation pays for it.
    pub(super) fn in_flight(&self) -> usize {
        self.slots.iter().map(|(_, entry)| entry.read.waiters.len() + entry.write.waiters.len()).sum()
    }

    /// Takes in what the kernel says of one socket.
    #[inline]
    pub(super) fn note(&mut self, event: &Event, wake: &mut impl FnMut(Waker)) {
        let Some(entry) = self.slots.get_mut(event.token().0) else { return };
        // An error is to be met by whoever tries next, in either direction.
        let error = event.is_error();
        let cut = event.is_read_closed() || event.is_priority();
        let (readable, writable) =
            (event.is_readable() || error || cut, event.is_writable() || error || event.is_write_closed());
        trace::emit!(SourceReady { source: event.token().0, readable, writable });
        entry.read.note(readable, cut, wake);
        entry.write.note(writable, event.is_write_closed(), wake);
    }

    pub(super) fn insert(&mut self, entry: Entry) -> usize {
        self.slots.insert(entry)
    }

    pub(super) fn remove(&mut self, slot: usize) -> Entry {
        self.slots.remove(slot)
    }

    #[inline]
    pub(super) fn side(&mut self, slot: usize, direction: Direction) -> &mut Side {
        let entry = &mut self.slots[slot];
        match direction {
            Direction::Read => &mut entry.read,
            Direction::Write => &mut entry.write,
        }
    }

    /// A number for a waiter; it is not given again.
    pub(super) fn next_waiter(&mut self) -> u64 {
        self.next_waiter += 1;
        self.next_waiter
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
