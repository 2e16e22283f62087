//! Operations on a socket that are not the loop of try and wait.

use crate::reactor::Direction;
use crate::reactor::source::Source;
use crate::trace;
use crate::wake::{budget, ignore_panics};
use mio::event;
use std::future::poll_fn;
use std::io;
use std::net::Shutdown;
use std::task::ready;

impl<S: event::Source> Source<S> {
    /// The socket, watched no longer.
    ///
    /// # Errors
    /// When the kernel does not let it go.
    pub(crate) fn into_socket(mut self) -> io::Result<S> {
        let mut socket = self.socket.take().expect("a source has its socket until it is dropped");
        self.reactor.poll.borrow().registry().deregister(&mut socket)?;
        Ok(socket)
    }

    /// Waits until a try may succeed.
    pub(crate) async fn wait_ready(&self, direction: Direction) -> io::Result<()> {
        let mut waiter = self.waiter(direction);
        poll_fn(|cx| {
            ready!(self.poll_ready(direction, &mut waiter.number, cx))?;
            budget::poll_step(cx).map(Ok) // the try that follows is not counted
        })
        .await
    }

    /// One attempt, now.
    pub(crate) fn try_once<T>(
        &self,
        direction: Direction,
        attempt: impl FnOnce(&S) -> io::Result<T>,
    ) -> io::Result<T> {
        let answer = attempt(self.get_ref());
        trace::emit!(to self.reactor.origin; tried(self.slot, direction.into(), &answer));
        if answer.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
            self.with_side(direction, |side| side.ready = false);
        }
        answer
    }

    /// This end has closed one direction or both: all waiters try again. Not every system tells
    /// of it.
    pub(crate) fn was_shut(&self, how: Shutdown) {
        if how != Shutdown::Write {
            self.has_closed(Direction::Read);
        }
        if how != Shutdown::Read {
            self.has_closed(Direction::Write);
        }
    }

    fn has_closed(&self, direction: Direction) {
        trace::emit!(to self.reactor.origin; source_closed(self.slot, direction.into()));
        let mut waiters = Vec::new();
        self.with_side(direction, |side| side.note(true, true, &mut |waker| waiters.push(waker)));
        waiters.into_iter().for_each(|waker| ignore_panics(|| waker.wake()));
    }
}
