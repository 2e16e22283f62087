//! Reports tasks that have been stuck for long, by a thread of its own: the loop may be
//! asleep, or kept by a task.

use super::recorder::{Recorder, report};
use super::waiting::Unfinished;
use std::collections::BTreeSet;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// The thread reads the list as long as this lives, and ends soon after. It is not waited for:
/// it may be about to write to a stderr that its runtime's thread has locked.
#[derive(Debug)]
pub(super) struct Watch {
    _end: Sender<()>,
}

impl Watch {
    /// Reads the list every so often, and reports the tasks that were not polled for as long.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(super) fn begin(recorder: Recorder, after: Duration) -> io::Result<Self> {
        let (sender, end) = channel();
        thread::Builder::new().name("shirr-watch".into()).spawn(move || watch(&recorder, after, &end))?;
        Ok(Self { _end: sender })
    }
}

fn watch(recorder: &Recorder, after: Duration, end: &Receiver<()>) {
    let mut told = BTreeSet::new();
    while end.recv_timeout(after) == Err(RecvTimeoutError::Timeout) {
        let mut stuck = recorder.waiting_at_work().map(|list| list.stuck_for(after)).unwrap_or_default();
        let now: BTreeSet<_> = stuck.tasks.iter().map(told_as).collect();
        stuck.keep(|task| !told.contains(&told_as(task)));
        told = now;
        let head = "and no timer and no new connection will change that";
        let text = || format!("shirr: not polled for {after:?}, {head}:\n{stuck}");
        report((!stuck.tasks.is_empty()).then(text));
    }
}

/// What was said of a task is not said again until it is polled.
fn told_as(task: &Unfinished) -> (u64, u64) {
    (task.task, task.polls)
}
