//! Operations on a descriptor that is not mio's own.

use super::{NEWS, SHORT_MEANS_DRAINED};
use crate::reactor::source::Source;
use mio::event;
use std::io;

impl<S: event::Source> Source<S> {
    /// Asks for the next event after a "would block", as mio does for its own sockets; `again` is
    /// the same socket. Where an edge is certain to follow, nothing need be asked.
    pub(crate) fn ask_again(&self, again: &mut impl event::Source) -> io::Result<()> {
        if SHORT_MEANS_DRAINED {
            return Ok(());
        }
        self.reactor.poll.borrow().registry().reregister(again, mio::Token(self.slot), NEWS)
    }
}
