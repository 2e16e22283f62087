//! What is kept until an event can tell it: where something was called, and on which thread.

use std::panic::Location;
use std::thread::{self, Thread};

/// Where the function that asks was called; it is to have `#[track_caller]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller(pub(crate) &'static Location<'static>);

impl Caller {
    #[track_caller]
    pub(crate) fn here() -> Self {
        Self(Location::caller())
    }
}

/// The thread that sends a message.
#[derive(Debug)]
pub(crate) struct Sender(pub(crate) Thread);

impl Sender {
    pub(crate) fn here() -> Self {
        Self(thread::current())
    }
}
