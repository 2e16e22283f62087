//! What names a task from outside: its id, and a handle that ends it.

use crate::task::{JoinError, JoinHandle, Tasks};
use crate::wake::{self, Key};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A task's name: unlike any other task's in the life of the process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub(super) u64);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Tasks {
    /// Of the task whose turn it is.
    pub(crate) fn running(&self) -> Option<Id> {
        Some(Id(self.running.get())).filter(|id| id.0 != 0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.0)
    }
}

impl<T> JoinHandle<T> {
    /// Has the task's future dropped instead of polled, at its next turn; before or after other
    /// ready tasks.
    ///
    /// Nothing of the task runs any more but its drop, and that not inside this call,
    /// which may be under a borrow that the drop needs. A task that ends before its turn,
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
        AbortHandle { key: self.key, id: self.id() }
    }

    /// The task's name.
    pub fn id(&self) -> Id {
        Id(self.serial)
    }

    /// A future of the same output that aborts the task when it is dropped.
    ///
    /// A gather of these ends its tasks with itself, which one of handles does not. An abort is a
    /// request: the task's future is dropped at its next turn, as by [`abort`](Self::abort), and
    /// not before the drop returns. In a [`JoinSet`](crate::JoinSet) it is.
    ///
    /// Cancel safety: dropping it aborts the task; awaiting `&mut` it and giving up does not.
    ///
    /// ```
    /// use shirr::{JoinHandle, gather, spawn, time::timeout};
    /// use std::{future::pending, time::Duration};
    ///
    /// shirr::block_on(async {
    ///     let tasks = [(); 2].map(|()| spawn(pending::<()>()));
    ///     let all = gather(tasks.map(JoinHandle::abort_on_drop));
    ///     assert!(timeout(Duration::from_millis(1), all).await.is_err());
    ///     shirr::yield_now().await; // their turn
    ///     assert_eq!(shirr::metrics().tasks, 1);
    /// });
    /// ```
    #[doc(alias = "AbortOnDropHandle")]
    pub fn abort_on_drop(self) -> AbortOnDrop<T> {
        AbortOnDrop { handle: self }
    }
}

/// The future of [`JoinHandle::abort_on_drop`].
///
/// # Panics
/// As the handle, when it is polled.
#[derive(Debug)]
#[must_use = "dropping it aborts the task"]
pub struct AbortOnDrop<T> {
    handle: JoinHandle<T>,
}

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, JoinError>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.handle).poll(cx)
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.handle.abort(); // a task that has ended is left alone
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
    pub(super) key: Key,
    pub(super) id: Id,
}

impl AbortHandle {
    /// Like [`JoinHandle::abort`]. From another thread, or while the task's runtime does
    /// not run, the request waits until the runtime reads its inbox.
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
