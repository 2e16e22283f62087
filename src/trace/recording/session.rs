//! A runtime's part of a recording: from when it was built until it is gone.
//!
//! Several runtimes may live on one thread, with a recorder each or without. Events go to
//! that of the runtime at work, if it has one; while none is at work, to that of the runtime
//! which was made last.
//! What happens to a socket or a gather goes to its own runtime's ([`Origin`](super::Origin)):
//! it may be dropped at any time, also while another runtime is at work. A sleep that is
//! dropped there leaves a message instead.

use super::Recorder;
use super::output::Output;
use super::watch::Watch;
use std::cell::RefCell;
use std::io;
use std::time::Duration;

/// What a builder was told of the trace.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) recorder: Option<Recorder>,
    /// Whether it reports stuck tasks.
    pub(crate) report_stuck: bool,
    /// Whether it reports tasks that were not polled for so long.
    pub(crate) stuck_after: Option<Duration>,
}

impl Settings {
    pub(crate) fn new() -> Self {
        Self { recorder: None, report_stuck: false, stuck_after: None }
    }
}

thread_local! {
    /// The sessions of this thread; those of runtimes at work come after the others.
    static SESSIONS: RefCell<Vec<Listed>> = const { RefCell::new(Vec::new()) };
}

#[derive(Debug)]
struct Listed {
    /// `None` only if it is at work: others are not listed.
    recorder: Option<Recorder>,
    at_work: bool,
}

/// Calls `f` with the recorder of this thread's events, if there is one; not on a thread that
/// is about to be gone. `f` must be short, and call no foreign code (I3).
pub(super) fn with_current<R>(f: impl FnOnce(&Recorder) -> R) -> Option<R> {
    SESSIONS.try_with(|sessions| sessions.borrow().last()?.recorder.as_ref().map(f)).ok().flatten()
}

/// While this lives, its thread's events go to a recorder, if there is one, unless those of a
/// later session go elsewhere.
#[derive(Debug)]
pub(crate) struct Session {
    recorder: Option<Recorder>,
    at_work: bool,
    /// The file to write in the end, if the environment names one.
    output: Option<Output>,
    _watch: Option<Watch>,
}

impl Session {
    /// Has this thread's events go to the recorder, if there is one; else to where the
    /// environment says, or, if stuck tasks are to be reported, to one that keeps no story.
    ///
    /// # Errors
    /// When the recorder is that of another session, or there is no thread to watch it.
    pub(crate) fn begin(settings: Settings) -> io::Result<Self> {
        let Settings { recorder, report_stuck, stuck_after } = settings;
        let output = if recorder.is_none() { Output::begin() } else { None };
        let recorder = recorder.or_else(|| output.as_ref().map(|output| output.recorder().clone()));
        let recorder = recorder.or_else(|| report_stuck.then(|| Recorder::with_capacity(1)));
        recorder.as_ref().map_or(Ok(()), Recorder::take)?;
        recorder.iter().filter(|_| report_stuck).for_each(Recorder::report_stuck);
        let watched = recorder.clone().zip(stuck_after);
        let mut session = Self::new(recorder, false, output); // gives the recorder back, should this fail
        session._watch = watched.map(|(recorder, after)| Watch::begin(recorder, after)).transpose()?;
        Ok(session)
    }

    /// A session inside of this one, with the same recorder: its runtime is at work, whatever
    /// runtimes were built since.
    pub(crate) fn at_work(&self) -> Self {
        Self::new(self.recorder.clone(), true, None)
    }

    fn new(recorder: Option<Recorder>, at_work: bool, output: Option<Output>) -> Self {
        if at_work || recorder.is_some() {
            let recorder = recorder.clone();
            let _ = SESSIONS.try_with(|sessions| {
                let sessions = &mut *sessions.borrow_mut();
                let idle = sessions.iter().take_while(|listed| !listed.at_work).count();
                let index = if at_work { sessions.len() } else { idle };
                sessions.insert(index, Listed { recorder, at_work });
            });
        }
        Self { recorder, at_work, output, _watch: None }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let mine = |listed: &Listed| listed.at_work == self.at_work && is(&listed.recorder, &self.recorder);
        let gone = SESSIONS.try_with(|sessions| {
            let sessions = &mut *sessions.borrow_mut();
            sessions.iter().rposition(mine).map(|index| sessions.remove(index))
        });
        drop(gone);
        self.recorder.iter().filter(|_| !self.at_work).for_each(Recorder::give_back);
        self.output.take().into_iter().for_each(Output::end);
    }
}

fn is(one: &Option<Recorder>, other: &Option<Recorder>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is(other),
        (None, None) => true,
        _ => false,
    }
}
