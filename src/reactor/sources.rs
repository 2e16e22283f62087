//! The sockets: what the kernel last said of each, and which tasks wait for news.
//!
//! mio reports *changes* (edge-triggered): "readable" is said once, and again only after
//! a read has come back with `WouldBlock`. So readiness is kept here, and every operation
//! follows one rule (I6):
//!
//! 1. flag set: try the system call;
//! 2. `WouldBlock`: clear the flag, leave a waker, wait;
//! 3. an event sets the flag and wakes *all* that wait in that direction: each tries again.
//!
//! A flag is a hint. Set wrongly, it costs one system call. Cleared wrongly, a task
//! is never woken, which is why only the system call's own answer may clear it.
//!
//! The events of one `wait` are all noted before any task runs, so an event can meet a
//! slot's next socket only if the kernel reports a socket after it was deregistered.
//! Then, too, it is just a hint.

use super::branches::SHORT_MEANS_DRAINED;
use crate::trace;
use crate::wake::branches::ShrinkingSlab;
use mio::event::Event;
use std::task::Waker;

const EVERY: &str = "every source has a slot until it is removed";

/// The number of all that poll through the traits; it comes before every waiter's own.
pub(super) const SHARED: u64 = 0;

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

#[derive(Debug)]
pub(super) struct Sources {
    pub(super) slots: ShrinkingSlab<Registration>,
    next_waiter: u64,
}

/// One socket.
#[derive(Debug)]
pub(super) struct Registration {
    pub(super) read: Side,
    pub(super) write: Side,
}

/// One direction of one socket.
#[derive(Debug)]
pub(super) struct Side {
    /// A try may succeed. Set by events, cleared by `WouldBlock` and by a short transfer.
    pub(super) ready: bool,
    /// A short transfer leaves the flag alone: the other end has closed, so that no edge will
    /// follow, or has sent urgent bytes, where a read ends though more bytes are there.
    pub(super) short_is_no_proof: bool,
    pub(super) waiters: Waiters,
}

impl Registration {
    /// In a closed slot, where no socket is.
    pub(super) fn placeholder() -> Self {
        Self::new(None)
    }

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
    pub(super) fn new() -> Self {
        Self { slots: ShrinkingSlab::new(), next_waiter: SHARED }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Takes in what the kernel says of one socket.
    #[inline]
    pub(super) fn note(&mut self, event: &Event, wake: &mut impl FnMut(Waker)) {
        let Some(registration) = self.slots.get_mut(event.token().0) else { return };
        // The next try meets an error, in either direction.
        let error = event.is_error();
        let cut = event.is_read_closed() || event.is_priority();
        let (readable, writable) =
            (event.is_readable() || error || cut, event.is_writable() || error || event.is_write_closed());
        trace::emit!(SourceReady { source: event.token().0, readable, writable });
        registration.read.note(readable, cut, wake);
        registration.write.note(writable, event.is_write_closed(), wake);
    }

    pub(super) fn insert(&mut self, registration: Registration) -> usize {
        self.slots.insert(registration)
    }

    pub(super) fn remove(&mut self, slot: usize) -> Registration {
        self.slots.take(slot, Registration::placeholder).expect(EVERY)
    }

    #[inline]
    pub(super) fn side(&mut self, slot: usize, direction: Direction) -> &mut Side {
        let registration = self.slots.get_mut(slot).expect(EVERY);
        match direction {
            Direction::Read => &mut registration.read,
            Direction::Write => &mut registration.write,
        }
    }

    /// A number for a waiter; it is not given again.
    pub(super) fn next_waiter(&mut self) -> u64 {
        self.next_waiter += 1;
        self.next_waiter
    }
}

/// The tasks that wait for one direction. Mostly one, so one needs no allocation.
///
/// Each has a number, by which it is found again; those that poll through the traits have no
/// future that could keep one, and share [`SHARED`].
#[derive(Debug, Default)]
pub(super) struct Waiters {
    pub(super) first: Option<(u64, Waker)>,
    /// In the order of their numbers, which is that in which they came.
    pub(super) more: Vec<(u64, Waker)>,
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
