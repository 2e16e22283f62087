//! A runtime's part of a recording: from when it was built until it is gone.

use super::Recorder;
use std::cell::RefCell;
use std::rc::Rc;

/// The recorder that a runtime is built with.
pub(crate) type To = Option<Recorder>;

thread_local! {
    /// The sessions of this thread, those of runtimes that are at work behind the others.
    static SESSIONS: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

#[derive(Debug)]
struct Entry {
    recorder: Recorder,
    at_work: bool,
}

/// While this lives, its thread's events go to a recorder, if there is one, unless those of a
/// later session go elsewhere.
#[derive(Debug)]
pub(crate) struct Session {
    to: To,
    at_work: bool,
}

impl Session {
    /// Has this thread's events go to `recorder`, if there is one; else they go where they
    /// went. What a runtime does that is at work goes on to its own.
    pub(crate) fn begin(recorder: To) -> Self {
        Self::new(recorder, false)
    }

    /// The turn of the same recorder, while its runtime is at work, whatever runtimes were
    /// built since.
    pub(crate) fn again(&self) -> Self {
        Self::new(self.to.clone(), true)
    }

    fn new(to: To, at_work: bool) -> Self {
        if let Some(recorder) = to.clone() {
            let _ = SESSIONS.try_with(|sessions| {
                let sessions = &mut *sessions.borrow_mut();
                let idle = sessions.iter().take_while(|entry| !entry.at_work).count();
                let place = if at_work { sessions.len() } else { idle };
                sessions.insert(place, Entry { recorder, at_work });
            });
        }
        Self { to, at_work }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(recorder) = &self.to else { return };
        let mine = |entry: &Entry| entry.at_work == self.at_work && Rc::ptr_eq(&entry.recorder.0, &recorder.0);
        let gone = SESSIONS.try_with(|sessions| {
            let sessions = &mut *sessions.borrow_mut();
            sessions.iter().rposition(mine).map(|place| sessions.remove(place))
        });
        drop(gone);
    }
}

/// Hands this thread's recorder to `f`, if there is one, and the thread is not about to be gone.
pub(super) fn with_current<T>(f: impl FnOnce(&Recorder) -> T) -> Option<T> {
    let current = |sessions: &RefCell<Vec<Entry>>| sessions.borrow().last().map(|entry| f(&entry.recorder));
    SESSIONS.try_with(current).ok().flatten()
}
