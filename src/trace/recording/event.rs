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

/// One of several that were legal, and the others; of an explored run. Tasks have the numbers that
/// the run's choices give them, which count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What was decided, as the kind of choice is named.
    pub kind: &'static str,
    /// The number of the choice in its run: a schedule `list:3=1` takes 1 in number 3.
    pub number: u32,
    /// Which was taken; 0 is what the runtime does by itself, all others are deviations.
    pub taken: u32,
    /// All that were open, a sentence each.
    pub open: Vec<String>,
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

impl Decision {
    pub(super) fn is_deviation(&self) -> bool {
        self.taken > 0
    }

    /// What was taken, in words.
    pub(super) fn said(&self) -> &str {
        self.open.get(self.taken as usize).map_or("", String::as_str)
    }

    /// Whether the loop makes it between two turns; others a task makes in its turn.
    pub(super) fn is_between_turns(&self) -> bool {
        matches!(self.kind, "Ready" | "Spurious" | "Events" | "Slow" | "Host")
    }
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
