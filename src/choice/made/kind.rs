//! What is decided.

use std::fmt;
use std::time::Duration;

/// A freedom of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Which of the ready tasks is polled next.
    Ready,
    /// Whether a task is polled that no one woke, and which.
    Spurious,
    /// Whether the loop polls for events that are due although tasks are ready.
    Events,
    /// Whether a turn took until the next event is due.
    Slow,
    /// How much a read or a write gets.
    Share,
    /// How late the timers are.
    Late,
    /// How long a packet takes.
    Packet,
    /// How long a connection takes to be made.
    Connect,
    /// Whether a connection is reset.
    Reset,
    /// Which of several events at one moment comes first.
    Event,
    /// Which of several hosts runs first.
    Host,
    /// How long a closure takes that was given to `unblock`, or the look-up of a name.
    Job,
    /// How long [`latency`](crate::explore::latency) takes.
    Latency,
}

/// One decision among several that were open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What was decided.
    pub kind: Kind,
    /// Among how many.
    pub of: u32,
    /// Which; 0 is what the runtime does by itself.
    pub taken: u32,
    /// Whom it concerns: of a task, its number in the order in which the tasks were first queued,
    /// from 1; of a connection, its number.
    pub about: u64,
    /// The task whose turn it is, or 0; of a [`Kind::Ready`], the one that would have been next.
    pub task: u64,
}

/// How long something takes that takes time: none, or one of these, in milliseconds.
pub(super) const DELAYS: [u64; 5] = [0, 1, 10, 100, 10_000];

impl Kind {
    /// By chance it is another than 0 once in so many times.
    pub(super) fn rarity(self) -> u64 {
        match self {
            Self::Ready | Self::Event | Self::Host => 1,
            Self::Packet | Self::Connect | Self::Latency | Self::Job => 2,
            Self::Share => 3,
            Self::Late => 4,
            Self::Spurious => 10,
            Self::Events | Self::Slow => 8,
            Self::Reset => 20,
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, of, taken, about, task } = *self;
        let took = Duration::from_millis(DELAYS.get(taken as usize).copied().unwrap_or_default());
        match kind {
            Kind::Ready => {
                write!(f, "task {about} has its turn before task {task}, of {of} that are ready")
            }
            Kind::Spurious => write!(f, "task {about} is polled although no one woke it"),
            Kind::Events => write!(f, "the loop polls for events although tasks are ready"),
            Kind::Slow => write!(f, "the turn took until the next event was due"),
            Kind::Share if taken == 1 => {
                write!(f, "task {task} gets one byte through connection {about} at once")
            }
            Kind::Share => write!(f, "task {task} gets half through connection {about} at once"),
            Kind::Late => write!(f, "the timers are late by {took:?}"),
            Kind::Packet => {
                write!(f, "a packet that task {task} sends through connection {about} takes {took:?}")
            }
            Kind::Connect => write!(f, "connection {about}, which task {task} makes, takes {took:?}"),
            Kind::Reset => write!(f, "connection {about} is reset as task {task} writes to it"),
            Kind::Event => write!(f, "event {} comes first, of {of} at this moment", taken + 1),
            Kind::Host => write!(f, "host {} of {of} runs first", taken + 1),
            Kind::Job => write!(f, "what task {task} gave to unblock, or looks up, takes {took:?}"),
            Kind::Latency => write!(f, "latency() of task {task} takes {took:?}"),
        }
    }
}
