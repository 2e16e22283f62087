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
//! slot's next task only if the kernel reports a socket after it was deregistered.
//! Then, too, it is just a hint.

use super::waiters::{SHARED, Waiters};
use crate::trace;
use crate::wake::branches::ShrinkingSlab;
use mio::event::Event;
use std::task::Waker;

const EVERY: &str = "every source has a slot until it is removed";

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

#[derive(Debug)]
pub(super) struct Sources {
    slots: ShrinkingSlab<Entry>,
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

impl Entry {
    fn placeholder() -> Self {
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

    #[inline]
    pub(super) fn room(&self) -> usize {
        self.slots.room()
    }

    /// Gives back what a burst of sockets has left.
    pub(super) fn shrink(&mut self, at_rest: bool) {
        let _ = self.slots.shrink(at_rest, Entry::placeholder);
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many operations wait. Counted when asked for, which only a clock that stands does,
    /// so that no operation pays for it.
    pub(super) fn in_flight(&self) -> usize {
        self.slots.iter().map(|entry| entry.read.waiters.len() + entry.write.waiters.len()).sum()
    }

    /// Takes in what the kernel says of one socket.
    #[inline]
    pub(super) fn note(&mut self, event: &Event, wake: &mut impl FnMut(Waker)) {
        let Some(entry) = self.slots.get_mut(event.token().0) else { return };
        // The next try meets an error, in either direction.
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
        self.slots.take(slot, Entry::placeholder).expect(EVERY)
    }

    #[inline]
    pub(super) fn side(&mut self, slot: usize, direction: Direction) -> &mut Side {
        let entry = self.slots.get_mut(slot).expect(EVERY);
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
