//! One socket, as its operations see it: try the system call, or wait and try again.

use super::Reactor;
use super::branches::NEWS;
use super::sources::{Direction, Registration, SHARED, Side};
use crate::trace;
use crate::wake::{budget, ignore_panics};
use mio::event;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

/// A socket that its runtime's reactor watches, until it is dropped.
pub(crate) struct Source<S: event::Source> {
    /// Gone only when it was taken out, on the way to the drop.
    pub(super) socket: Option<S>,
    pub(super) slot: usize,
    pub(super) reactor: Rc<Reactor>,
}

impl<S: event::Source> Source<S> {
    /// Has the reactor watch `socket`. In the direction of `at_once` the system call is
    /// tried before any event; else the first event is waited for, which comes with the next
    /// event poll if there is one. So a new connection's first write does not wait,
    /// and its first read is not tried in vain.
    ///
    /// # Errors
    /// When the kernel does not take it.
    pub(crate) fn new(reactor: &Rc<Reactor>, mut socket: S, at_once: Option<Direction>) -> io::Result<Self> {
        let slot = reactor.sources.borrow_mut().insert(Registration::new(at_once));
        let registered = reactor.poll.borrow().registry().register(&mut socket, mio::Token(slot), NEWS);
        if let Err(error) = registered {
            reactor.sources.borrow_mut().remove(slot);
            return Err(error);
        }
        trace::emit!(to reactor.origin; source_added::<S>(slot));
        Ok(Self { socket: Some(socket), slot, reactor: Rc::clone(reactor) })
    }

    pub(crate) fn reactor(&self) -> &Rc<Reactor> {
        &self.reactor
    }

    /// The socket itself, for what needs no waiting.
    pub(crate) fn get_ref(&self) -> &S {
        self.socket.as_ref().expect("a source has its socket until it is dropped")
    }

    /// Repeats `attempt` until its answer is not `WouldBlock`. Dropping the future leaves
    /// nothing behind (I8), and no attempt has then succeeded.
    pub(crate) fn io<T, F>(&self, direction: Direction, attempt: F) -> Operation<'_, S, F>
    where
        F: FnMut(&S) -> io::Result<T> + Unpin,
    {
        Operation { waiter: self.waiter(direction), attempt }
    }

    /// An operation in this direction, which does not wait yet.
    pub(crate) fn waiter(&self, direction: Direction) -> Waiter<'_, S> {
        Waiter { source: self, direction, number: None }
    }

    /// Takes note that a transfer moved fewer bytes than it could have. It may clear the flag, and never
    /// sets it: a waiter would miss its wake.
    pub(crate) fn was_short(&self, direction: Direction) {
        self.with_side(direction, Side::was_short);
    }

    #[inline]
    pub(super) fn poll_at<T>(
        &self,
        direction: Direction,
        number: &mut Option<u64>,
        cx: &mut Context<'_>,
        mut attempt: impl FnMut(&S) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        loop {
            ready!(self.poll_ready(direction, number, cx))?;
            ready!(budget::poll_left(cx));
            let answer = attempt(self.get_ref());
            trace::emit!(to self.reactor.origin; tried(self.slot, direction.into(), &answer));
            match answer.as_ref().map_err(io::Error::kind) {
                Err(io::ErrorKind::WouldBlock) => self.with_side(direction, |side| side.ready = false),
                Err(io::ErrorKind::Interrupted) => {}
                _ => {
                    budget::step();
                    return Poll::Ready(answer);
                }
            }
        }
    }

    #[inline]
    pub(super) fn poll_ready(
        &self,
        direction: Direction,
        number: &mut Option<u64>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if self.with_side(direction, |side| side.ready) {
            // The event that set the flag took out all that were registered, so that the end of
            // the operation need not search for its own.
            *number = number.filter(|number| *number == SHARED);
            return Poll::Ready(Ok(()));
        }
        self.wait(direction, number, cx.waker())
            .map_or_else(|error| Poll::Ready(Err(error)), |()| Poll::Pending)
    }

    /// Sees to it that the next event wakes `waker`.
    #[inline(never)]
    fn wait(&self, direction: Direction, number: &mut Option<u64>, waker: &Waker) -> io::Result<()> {
        self.reactor.check_it_runs()?;
        let registered = self.with_side(direction, |side| match *number {
            Some(SHARED) => side.waiters.shares(waker),
            Some(number) => side.waiters.get_mut(number).is_some_and(|mine| mine.will_wake(waker)),
            None => false,
        });
        if !registered {
            self.register(direction, number, waker.clone());
        }
        Ok(())
    }

    #[inline(never)]
    fn remove(&self, direction: Direction, number: u64) {
        let waker = self.with_side(direction, |side| side.waiters.remove(number));
        trace::emit!(to self.reactor.origin; waiting_no_more(self.slot, direction.into(), number));
        ignore_panics(|| drop(waker)); // its task may be unwinding
    }

    /// Registers the waker, instead of the one that the operation had registered before (I5).
    fn register(&self, direction: Direction, number: &mut Option<u64>, waker: Waker) {
        let mut sources = self.reactor.sources.borrow_mut();
        let new = sources.next_waiter();
        let waiters = &mut sources.side(self.slot, direction).waiters;
        let old = match number.and_then(|number| waiters.get_mut(number)) {
            _ if *number == Some(SHARED) => waiters.share(waker),
            Some(mine) => Some(std::mem::replace(mine, waker)),
            None => {
                *number = Some(new); // an old number would be out of order now
                waiters.push(new, waker);
                None
            }
        };
        drop(sources);
        trace::emit!(to self.reactor.origin; waiting(self.slot, direction.into(), *number));
        ignore_panics(|| drop(old)); // it may be another task's
    }

    #[inline]
    pub(super) fn with_side<R>(&self, direction: Direction, f: impl FnOnce(&mut Side) -> R) -> R {
        f(self.reactor.sources.borrow_mut().side(self.slot, direction))
    }
}

/// Shown as the socket is: the reactor is the whole runtime's, and much.
impl<S: event::Source + fmt::Debug> fmt::Debug for Source<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get_ref().fmt(f)
    }
}

impl<S: event::Source> Drop for Source<S> {
    fn drop(&mut self) {
        if let Some(socket) = &mut self.socket {
            // Closing the descriptor would do on Linux; kqueue and Windows keep more.
            let _ = self.reactor.poll.borrow().registry().deregister(socket);
        }
        let registration = self.reactor.sources.borrow_mut().remove(self.slot);
        trace::emit!(to self.reactor.origin; SourceRemoved { source: self.slot });
        ignore_panics(|| drop(registration)); // with a waker in it if an operation was forgotten
    }
}

/// The future of [`Source::io`]. A type of its own and not an `async` block, and inlined, so
/// that there are few functions between the task and its system call: after each such call
/// the processor guesses wrong where the functions around it return to (decision 23).
#[must_use = "futures do nothing unless awaited"]
pub(crate) struct Operation<'a, S: event::Source, F> {
    waiter: Waiter<'a, S>,
    attempt: F,
}

impl<S, T, F> Future for Operation<'_, S, F>
where
    S: event::Source,
    F: FnMut(&S) -> io::Result<T> + Unpin,
{
    type Output = io::Result<T>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let Self { waiter, attempt } = &mut *self;
        waiter.poll_io(cx, attempt)
    }
}

/// One operation among those that wait for a direction; dropped, it waits no longer.
#[derive(Debug)]
pub(crate) struct Waiter<'a, S: event::Source> {
    source: &'a Source<S>,
    direction: Direction,
    /// Set once its waker was registered; an event takes that out without telling.
    pub(super) number: Option<u64>,
}

impl<S: event::Source> Waiter<'_, S> {
    /// What [`Source::io`] repeats.
    #[inline]
    pub(crate) fn poll_io<T>(
        &mut self,
        cx: &mut Context<'_>,
        attempt: impl FnMut(&S) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        self.source.poll_at(self.direction, &mut self.number, cx, attempt)
    }

    /// Waits no longer, until it is polled again.
    #[inline]
    pub(crate) fn leave(&mut self) {
        if let Some(number) = self.number.take() {
            self.source.remove(self.direction, number);
        }
    }
}

impl<S: event::Source> Drop for Waiter<'_, S> {
    #[inline]
    fn drop(&mut self) {
        self.leave();
    }
}
