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

use super::Reactor;
use crate::wake::quietly;
use mio::Interest;
use mio::event::{self, Event};
use slab::Slab;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Where a short transfer proves that the kernel's buffer is drained (or full), so that
/// the next try may be saved: an edge is certain to follow. On Windows mio asks for the
/// next event only after a `WouldBlock`, so there it must be had.
const SHORT_MEANS_DRAINED: bool = cfg!(unix);

/// One of the two ways that bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

#[derive(Debug, Default)]
pub(super) struct Sources {
    slots: Slab<Entry>,
    next_waiter: u64,
}

#[derive(Debug)]
struct Entry {
    read: Side,
    write: Side,
}

/// One direction of one socket.
#[derive(Debug)]
struct Side {
    /// A try may succeed. Set by events, cleared by `WouldBlock` and by a short transfer.
    ready: bool,
    /// The other end has closed: no edge will follow, so a short transfer proves nothing.
    closed: bool,
    waiters: Waiters,
}

/// Whose turn it is when the direction is ready. Mostly one, so one needs no allocation.
#[derive(Debug, Default)]
struct Waiters {
    first: Option<(u64, Waker)>,
    /// In the order of their numbers, which is that in which they came.
    more: Vec<(u64, Waker)>,
}

impl Waiters {
    fn get_mut(&mut self, number: u64) -> Option<&mut Waker> {
        if self.first.as_ref().is_some_and(|(n, _)| *n == number) {
            return self.first.as_mut().map(|(_, waker)| waker);
        }
        let at = self.more.binary_search_by_key(&number, |(n, _)| *n).ok()?;
        Some(&mut self.more[at].1)
    }

    /// Adds a waiter, whose number is the highest so far.
    fn push(&mut self, number: u64, waker: Waker) {
        if self.first.is_none() && self.more.is_empty() {
            self.first = Some((number, waker));
        } else {
            self.more.push((number, waker)); // also when `first` has left: the order stays
        }
    }

    fn remove(&mut self, number: u64) -> Option<Waker> {
        if self.first.as_ref().is_some_and(|(n, _)| *n == number) {
            return self.first.take().map(|(_, waker)| waker);
        }
        let at = self.more.binary_search_by_key(&number, |(n, _)| *n).ok()?;
        Some(self.more.remove(at).1)
    }

    fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.more.len()
    }

    fn take_all(&mut self, into: &mut Vec<Waker>) {
        into.extend(self.first.take().map(|(_, waker)| waker));
        into.extend(self.more.drain(..).map(|(_, waker)| waker));
    }
}

impl Side {
    fn new(ready: bool) -> Self {
        Self { ready, closed: false, waiters: Waiters::default() }
    }

    fn note(&mut self, ready: bool, closed: bool, woken: &mut Vec<Waker>) {
        self.closed |= closed;
        if ready || closed {
            self.ready = true;
            self.waiters.take_all(woken);
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
    pub(super) fn note(&mut self, event: &Event, woken: &mut Vec<Waker>) {
        let Some(entry) = self.slots.get_mut(event.token().0) else { return };
        // An error is to be met by whoever tries next, in either direction.
        let error = event.is_error();
        entry.read.note(event.is_readable() || error, event.is_read_closed(), woken);
        entry.write.note(event.is_writable() || error, event.is_write_closed(), woken);
    }

    /// A number for a waiter; it is not given again.
    fn next_waiter(&mut self) -> u64 {
        self.next_waiter += 1;
        self.next_waiter
    }
}

/// A socket that its runtime's reactor watches, until it is dropped.
#[derive(Debug)]
pub(crate) struct Source<S: event::Source> {
    socket: S,
    slot: usize,
    reactor: Rc<Reactor>,
}

impl<S: event::Source> Source<S> {
    /// Has the reactor watch `socket`. In the direction of `at_once` the system call is
    /// tried before any event; in the other the first event is waited for, which comes with
    /// the next look if there is anything to tell. So a new connection's first write does
    /// not wait, and its first read is not tried in vain.
    ///
    /// # Errors
    /// When the kernel does not take it.
    pub(crate) fn new(reactor: &Rc<Reactor>, mut socket: S, at_once: Direction) -> io::Result<Self> {
        let side = |direction| Side::new(at_once == direction);
        let entry = Entry { read: side(Direction::Read), write: side(Direction::Write) };
        let slot = reactor.sources.borrow_mut().slots.insert(entry);
        let both = Interest::READABLE | Interest::WRITABLE;
        let registered = reactor.poll.borrow().registry().register(&mut socket, mio::Token(slot), both);
        if let Err(error) = registered {
            reactor.sources.borrow_mut().slots.remove(slot);
            return Err(error);
        }
        Ok(Self { socket, slot, reactor: Rc::clone(reactor) })
    }

    pub(crate) fn reactor(&self) -> &Rc<Reactor> {
        &self.reactor
    }

    /// The socket itself, for what needs no waiting.
    pub(crate) fn get_ref(&self) -> &S {
        &self.socket
    }

    /// Repeats `attempt` until its answer is not `WouldBlock`. Dropping the future leaves
    /// nothing behind (I8), and no attempt has then succeeded.
    pub(crate) async fn io<T>(
        &self,
        direction: Direction,
        mut attempt: impl FnMut(&S) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut waiter = Waiter { source: self, direction, number: None };
        loop {
            poll_fn(|cx| waiter.poll_ready(cx)).await?;
            match attempt(&self.socket) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.with_side(direction, |side| side.ready = false);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                answer => return answer,
            }
        }
    }

    /// Takes note that a transfer moved fewer bytes than it could have.
    pub(crate) fn was_short(&self, direction: Direction) {
        self.with_side(direction, |side| side.ready = side.closed || !SHORT_MEANS_DRAINED);
    }

    fn with_side<R>(&self, direction: Direction, f: impl FnOnce(&mut Side) -> R) -> R {
        let entry = &mut self.reactor.sources.borrow_mut().slots[self.slot];
        f(match direction {
            Direction::Read => &mut entry.read,
            Direction::Write => &mut entry.write,
        })
    }
}

impl<S: event::Source> Drop for Source<S> {
    fn drop(&mut self) {
        // Closing the descriptor would do on Linux; kqueue and Windows keep more.
        let _ = self.reactor.poll.borrow().registry().deregister(&mut self.socket);
        let entry = self.reactor.sources.borrow_mut().slots.remove(self.slot);
        quietly(|| drop(entry)); // with a waker in it if somebody forgot an operation
    }
}

/// One operation's place among those that wait for a direction, left when dropped.
struct Waiter<'a, S: event::Source> {
    source: &'a Source<S>,
    direction: Direction,
    /// Set once it has stood in the list; an event takes it out without telling.
    number: Option<u64>,
}

impl<S: event::Source> Waiter<'_, S> {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let waker = cx.waker();
        let (ready, stands) = self.with_waiters(|ready, waiters, number| {
            let mine = number.and_then(|number| waiters.get_mut(number));
            (ready, mine.is_some_and(|mine| mine.will_wake(waker)))
        });
        if ready {
            return Poll::Ready(Ok(()));
        }
        self.source.reactor.check_it_runs()?;
        if !stands {
            self.stand(waker.clone());
        }
        Poll::Pending
    }

    /// Joins the list, or has itself woken by another waker than before (I5).
    fn stand(&mut self, waker: Waker) {
        let mut waker = Some(waker);
        let old = self.with_waiters(|_, waiters, number| {
            let mine = waiters.get_mut(number?)?;
            waker.take().map(|waker| std::mem::replace(mine, waker))
        });
        drop(old);
        if let Some(waker) = waker {
            let number = self.source.reactor.sources.borrow_mut().next_waiter();
            self.number = Some(number);
            self.with_waiters(|_, waiters, _| waiters.push(number, waker));
        }
    }

    fn with_waiters<R>(&self, f: impl FnOnce(bool, &mut Waiters, Option<u64>) -> R) -> R {
        self.source.with_side(self.direction, |side| f(side.ready, &mut side.waiters, self.number))
    }
}

impl<S: event::Source> Drop for Waiter<'_, S> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let waker = self.with_waiters(|_, waiters, _| waiters.remove(number));
            quietly(|| drop(waker)); // its task may be unwinding
        }
    }
}
