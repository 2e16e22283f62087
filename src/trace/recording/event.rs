//! One thing that happened, and the words in which that is told.

use super::what::What;
use std::panic::Location;
use std::time::Duration;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// Counted from zero, without gaps, in the order in which things happened.
    pub number: u64,
    /// By the system's clock, since the recording began; also when the runtime's clock is held.
    pub time: Duration,
    /// What was at work: the loop, a task, a timer and so on.
    pub actor: Actor,
    /// The line of shirr's source that did it.
    pub line: &'static Location<'static>,
    /// What happened.
    pub what: What,
}

/// What was at work when something happened, and so is the reason for it. Of a wake it is
/// what caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Actor {
    /// The program, outside of any task and of the loop.
    Program,
    /// The loop itself.
    Loop,
    /// The task of this number, while it was polled or dropped.
    Task(u64),
    /// A timer that fired.
    Timer(u64),
    /// A socket that the kernel spoke of.
    Source(usize),
    /// A thread that has left a message ([`Recording::threads`](super::Recording::threads)).
    Thread(u32),
    /// A waker that is not this runtime's, called by the loop for a timer or a socket.
    Foreign,
}

/// What came of a wake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// The task is in the ready queue now.
    Queued,
    /// It was there already.
    Merged,
    /// The task has ended, so nothing came of it.
    Stale,
}

/// What a poll returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Poll {
    /// Not yet.
    Pending,
    /// The future has ended.
    Ready,
}

/// One of the two ways that bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// To us; also: connections that come.
    Read,
    /// From us; also: a connection that is being made.
    Write,
}

/// What a system call said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It has done what it was to do.
    Done,
    /// There is nothing to do now.
    WouldBlock,
    /// It failed.
    Failed(std::io::ErrorKind),
}

impl Poll {
    pub(crate) fn of<T>(poll: &std::task::Poll<T>) -> Self {
        if poll.is_ready() { Self::Ready } else { Self::Pending }
    }
}

impl Answer {
    pub(crate) fn of<T>(answer: &std::io::Result<T>) -> Self {
        match answer.as_ref().map_err(std::io::Error::kind) {
            Ok(_) => Self::Done,
            Err(std::io::ErrorKind::WouldBlock) => Self::WouldBlock,
            Err(kind) => Self::Failed(kind),
        }
    }
}
