//! The handle that awaits a spawned task.

use super::JoinError;
use super::spawned::Joined;
use crate::trace;
use crate::wake::{self, Key, budget};
use std::fmt;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

/// Awaits a spawned task.
///
/// The output is the task's own, or a [`JoinError`] when it panicked or was aborted, or
/// when its runtime was dropped before its end.
///
/// Dropping the handle detaches the task: it runs on, and its output is dropped. That is
/// tokio's rule; [`abort`](Self::abort) is the way to end a task.
///
/// Cancel safety: awaiting `&mut handle` and giving up loses nothing.
///
/// An output waits for its handle also when the runtime is gone. So a task whose output
/// holds its own handle keeps both for ever, as two `Rc`s that hold each other do. And a chain of
/// ended tasks, each with the next one's handle in its output, is dropped as a chain of boxes
/// is: each link inside the one before, so that some ten thousand overflow the stack.
///
/// # Panics
/// When polled again after it gave the output. Also when its task has not ended and its
/// task's runtime is not the one that runs on this thread: two runtimes of one thread never
/// run at the same time, so that wait could not end.
///
/// ```
/// shirr::block_on(async {
///     let handle = shirr::spawn(async { 6 * 7 });
///     assert_eq!(handle.await.unwrap(), 42);
/// });
/// ```
#[must_use = "dropping a handle detaches its task; write `drop(..)` to say so, or await it"]
pub struct JoinHandle<T> {
    pub(super) key: Key,
    /// The task's number, by which others know it, too ([`id`](Self::id)).
    pub(super) serial: u64,
    /// `None` once the output was taken.
    task: Option<Pin<Rc<dyn Joined<T>>>>,
}

impl<T> JoinHandle<T> {
    pub(super) fn new(key: Key, serial: u64, task: Pin<Rc<dyn Joined<T>>>) -> Self {
        Self { key, serial, task: Some(task) }
    }

    /// Whether the task has ended. Awaiting it then gives its result at once, unless that
    /// was taken already.
    pub fn is_finished(&self) -> bool {
        self.task.as_ref().is_none_or(|task| task.has_ended())
    }
}

// Whatever panics, a task's stage is defined (`task/maybe_done.rs`).
impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    #[inline]
    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let Some(task) = &this.task else {
            panic!("a shirr JoinHandle was polled after it gave its task's output")
        };
        if task.has_ended() {
            ready!(budget::poll_step(cx));
            let result = this.task.take().and_then(Joined::finish);
            return Poll::Ready(result.expect("a task that has ended has a result"));
        }
        assert!(
            wake::runs_here(this.key),
            "a shirr JoinHandle was awaited while its task's runtime does not run on this thread; \
             await it in that runtime's block_on"
        );
        task.join(cx.waker());
        trace::emit!(Joining { task: this.serial });
        Poll::Pending
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            trace::emit!(Detached { task: self.serial });
            task.detach();
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("JoinHandle");
        out.field("id", &self.id()).field("finished", &self.is_finished()).finish()
    }
}
