//! What is in queue, slab and lists after an event; [`replay`](super::replay) makes it.

use super::event::{Actor, Direction};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::Location;
use std::time::{Duration, Instant};

/// A runtime as it was after an event: every event of a recording, applied in order to
/// [`State::default`], or to where the recording's first event found it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct State {
    /// The ready queue, from the front. A task that has ended meanwhile is in it until its turn
    /// would have come.
    pub ready: VecDeque<u64>,
    /// Tasks that have not ended, by number.
    pub tasks: BTreeMap<u64, Task>,
    /// Timers pending, by number.
    pub timers: BTreeMap<u64, Timer>,
    /// Sockets, by slot.
    pub sources: BTreeMap<usize, Source>,
    /// Gathers under way, by number.
    pub gathers: BTreeMap<usize, Gather>,
    /// The task that is being polled.
    pub running: Option<u64>,
    /// Turns since the loop last polled for events: polls, and drops of those aborted.
    pub polls: u32,
    /// What the runtime's clock shows.
    pub(super) clock: ClockState,
    /// By slot, the number of the task that lives there; zero in those that are empty.
    pub(super) slots: Vec<u64>,
    /// Of the next to be admitted.
    pub(super) coming: Option<Kind>,
    /// Where the next gather to begin was made.
    pub(super) gathering: Option<&'static Location<'static>>,
}

/// A runtime's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum ClockState {
    /// It goes with the system's.
    #[default]
    System,
    Paused(Instant),
    /// It goes, from what it showed so long after the recording began.
    Resumed(Instant, Duration),
}

impl ClockState {
    /// What it shows when the system's shows `now`; the recording `began` before that.
    pub(super) fn now(self, now: Instant, began: Instant) -> Instant {
        match self {
            Self::System => now,
            Self::Paused(at) => at,
            Self::Resumed(from, since) => from + (now - began).saturating_sub(since),
        }
    }
}

/// A task that has not ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Task {
    /// Its slot in the slab.
    pub slot: usize,
    /// What it is.
    pub kind: Kind,
    /// What was at work when it was admitted.
    pub by: Actor,
    /// When that was.
    pub since: Duration,
    /// Whether it is in the ready queue.
    pub queued: bool,
    /// Whether it is to be dropped at its next turn.
    pub aborted: bool,
    /// How often it was polled.
    pub polls: u64,
    /// When its last poll began; when it was admitted, if there was none.
    pub polled: Duration,
    /// What woke it last, if it was woken.
    pub woken_by: Option<Actor>,
    /// What it waits for.
    pub waits: BTreeSet<Wait>,
    /// Which task waits for its end, by its handle.
    pub awaited_by: Option<u64>,
}

/// What a task is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// The future of `block_on`.
    Root,
    /// A spawned one.
    Spawned {
        /// The type of its future.
        name: &'static str,
        /// Where `spawn` was called.
        at: &'static Location<'static>,
    },
    /// A child of a gather.
    Child {
        /// The gather.
        gather: usize,
        /// Its number there.
        child: usize,
    },
    /// It began before the first event that was kept.
    Unknown,
}

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Wait {
    /// A timer.
    Timer(u64),
    /// A socket, in one direction, where it is the waiter of this number.
    Source(usize, Direction, u64),
    /// The end of a task, by its handle.
    Task(u64),
    /// A gather.
    Gather(usize),
    /// A closure on a helper thread.
    Closure,
}

/// A timer that is pending.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Timer {
    /// When it fires, by the runtime's clock.
    pub deadline: Instant,
    /// Whose it is, if a task made it.
    pub task: Option<u64>,
}

/// A socket that the reactor watches.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Source {
    /// Its type.
    pub name: &'static str,
    /// The waiters: in which direction, the waiter's number, and its task.
    pub waiting: BTreeSet<(Direction, u64, u64)>,
}

/// A gather under way.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Gather {
    /// The type of the children's futures.
    pub name: &'static str,
    /// Where it was made.
    pub at: Option<&'static Location<'static>>,
    /// Which task has it: the latest that had to wait for it, or was given a result by it.
    pub task: Option<u64>,
    /// How many children there will be, if the iterator has said it.
    pub all: Option<usize>,
    /// Children that have started.
    pub started: usize,
    /// Children whose result is there.
    pub ended: usize,
    /// Children that were dropped unfinished.
    pub cancelled: usize,
}
