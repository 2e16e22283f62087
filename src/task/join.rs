//! The handles of a spawned task: one that awaits it, one that ends it.

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

/// A task's name: unlike any other task's in the life of the process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u64);

impl Id {
    pub(super) fn new(serial: u64) -> Self {
        Self(serial)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.0)
    }
}

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
    key: Key,
    id: Id,
    /// `None` once the output was taken.
    task: Option<Pin<Rc<dyn Joined<T>>>>,
}

impl<T> JoinHandle<T> {
    pub(super) fn new(key: Key, id: Id, task: Pin<Rc<dyn Joined<T>>>) -> Self {
        Self { key, id, task: Some(task) }
    }

    /// Has the task's future dropped instead of polled, at its next turn in the queue.
    ///
    /// Nothing of the task runs any more but its drop, and that not inside this call,
    /// which may stand under a borrow the drop needs. A task that ends before its turn,
    /// because it aborted itself in its last poll, has ended; a task that has ended is
    /// left alone. A panic of the drop is the task's: its [`JoinError`] has it.
    ///
    /// ```
    /// shirr::block_on(async {
    ///     let handle = shirr::spawn(std::future::pending::<()>());
    ///     handle.abort();
    ///     assert!(handle.await.unwrap_err().is_cancelled());
    /// });
    /// ```
    pub fn abort(&self) {
        self.abort_handle().abort();
    }

    /// A key to abort the task with, which does not keep it from being detached.
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle { key: self.key, id: self.id }
    }

    /// Whether the task has ended. Awaiting it then gives its result at once, unless that
    /// was taken already.
    pub fn is_finished(&self) -> bool {
        self.task.as_ref().is_none_or(|task| task.has_ended())
    }

    /// The task's name.
    pub fn id(&self) -> Id {
        self.id
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
        let task = this.task.as_ref();
        let task = task.expect("a shirr JoinHandle was polled after it gave its task's output");
        if task.has_ended() {
            ready!(budget::poll_left(cx));
        }
        if let Some(result) = task.take_result() {
            budget::step();
            this.task.take().into_iter().for_each(Joined::spare);
            return Poll::Ready(result);
        }
        assert!(
            wake::runs_here(this.key),
            "a shirr JoinHandle was awaited while its task's runtime does not run on this thread; \
             await it in that runtime's block_on"
        );
        task.join(cx.waker());
        trace::emit!(Joining { task: this.id.0 });
        Poll::Pending
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            trace::emit!(Detached { task: self.id.0 });
            task.let_go();
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("JoinHandle");
        out.field("id", &self.id).field("finished", &self.is_finished()).finish()
    }
}

/// A key that can end a task: plain numbers, to copy, keep and send to any thread.
///
/// It stays valid for ever and never meets a stranger: once its task has ended, it does
/// nothing.
///
/// ```
/// shirr::block_on(async {
///     let handle = shirr::spawn(std::future::pending::<()>());
///     let key = handle.abort_handle();
///     std::thread::spawn(move || key.abort());
///     assert!(handle.await.unwrap_err().is_cancelled());
/// });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AbortHandle {
    key: Key,
    id: Id,
}

impl AbortHandle {
    /// Like [`JoinHandle::abort`]. From another thread, or while the task's runtime does
    /// not run, the request waits until the runtime looks at its inbox.
    pub fn abort(self) {
        wake::abort(self.key, self.id.0);
    }

    /// The task's name.
    pub fn id(self) -> Id {
        self.id
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("id", &self.id).finish()
    }
}
