//! Plain counters, so that tests and the curious can see what the loop did.

use crate::runtime::context::Core;
use crate::runtime::{Runtime, current};

/// What a runtime holds, and what it has done since it was made.
///
/// The numbers are plain ones, kept by the runtime's own thread: reading them costs a
/// copy, keeping them an addition each. When everything a program started has ended,
/// the first four are back where they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Tasks that have not ended: spawned ones, children of gathers, and the future given to
    /// `block_on` while that runs. A task is counted until its handle has been told, or its
    /// output dropped.
    pub tasks: usize,
    /// Tasks that wait for their turn now. One that was aborted or dropped while it waited
    /// is counted until its turn would have come.
    pub ready: usize,
    /// Timers pending.
    pub timers: usize,
    /// Sockets open.
    pub sources: usize,
    /// Turns given to tasks.
    pub polls: u64,
    /// Wakes that made a task ready.
    pub wakes_local: u64,
    /// Wakes that came from other threads; each is then one of the other three as well. Those
    /// of one task count as one until the loop hears of them. A late wake for a runtime that
    /// is gone counts here if this one has its number now.
    pub wakes_remote: u64,
    /// Wakes of a task that was ready already.
    pub wakes_merged: u64,
    /// Wakes of a task that had ended.
    pub wakes_stale: u64,
    /// How often the loop polled for events.
    pub event_polls: u64,
    /// How many of these event polls found no task ready, and waited.
    pub sleeps: u64,
}

impl Runtime {
    /// What this runtime holds and has done so far.
    pub fn metrics(&self) -> Metrics {
        self.core.metrics()
    }
}

/// What the runtime that runs on this thread holds and has done so far.
///
/// # Panics
/// With no shirr runtime on this thread.
///
/// ```
/// shirr::block_on(async {
///     let task = shirr::spawn(async {});
///     assert_eq!(shirr::metrics().tasks, 2); // this one and that one
///     task.await.unwrap();
///     assert_eq!(shirr::metrics().tasks, 1);
/// });
/// ```
#[track_caller]
pub fn metrics() -> Metrics {
    current("shirr::metrics").metrics()
}

impl Core {
    fn metrics(&self) -> Metrics {
        let wakes = self.ready.counts();
        Metrics {
            tasks: self.tasks.len(),
            ready: self.ready.len(),
            timers: self.reactor.timers(),
            sources: self.reactor.sources(),
            polls: self.tasks.polls.get(),
            wakes_local: wakes.local,
            wakes_remote: wakes.remote,
            wakes_merged: wakes.merged,
            wakes_stale: wakes.stale,
            event_polls: self.event_polls.get(),
            sleeps: self.sleeps.get(),
        }
    }
}
