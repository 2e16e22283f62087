//! Operations on a descriptor that is not mio's own.

use super::{NEWS, SHORT_MEANS_DRAINED};
use crate::reactor::Direction;
use crate::reactor::source::Source;
use crate::reactor::sources::SHARED;
use crate::wake::budget;
use mio::event;
use std::io;
use std::task::{Context, Poll, ready};

impl<S: event::Source> Source<S> {
    /// [`Source::wait_ready`] as a poll.
    pub(crate) fn poll_shared_ready(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_ready(direction, &mut Some(SHARED), cx))?;
        budget::poll_step(cx).map(Ok)
    }

    /// Asks for the next event after a "would block", as mio does for its own sockets; `again` is
    /// the same socket. Where an edge is certain to follow, nothing need be asked.
    pub(crate) fn ask_again(&self, again: &mut impl event::Source) -> io::Result<()> {
        if SHORT_MEANS_DRAINED {
            return Ok(());
        }
        self.reactor.poll.borrow().registry().reregister(again, mio::Token(self.slot), NEWS)
    }
}
