//! A set of tasks, which come and go.

use crate::runtime::current;
use crate::task::{AbortHandle, Id, JoinError, Members};
use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe, resume_unwind};
use std::rc::Rc;
use std::task::{Context, Poll};

/// Tasks that are joined as they end, and end with the set.
///
/// Tasks may be added at any time, also while others are joined: the connections of a server, say.
/// [`gather()`](crate::gather()) and its forms are for futures that are known before. The tasks
/// need not be `Send`, and run whether the set is awaited or not.
///
/// Results come in the order in which the tasks end, and no more is promised: which of two ready
/// tasks has its turn first is the runtime's choice. To find the next one takes the same few steps
/// however many tasks there are, and the memory of a task that has ended is the next one's.
///
/// Dropping the set drops every task that has not ended before the drop returns; a task that drops
/// its own set goes when its poll returns. A panic of a task is a value, its [`JoinError`].
///
/// Where tokio's differs: results come with the task's [`Id`]; a dropped set has its tasks dropped
/// later there; and `shutdown`, which awaits that, is `drop` here.
///
/// ```
/// use shirr::{JoinSet, time::sleep};
/// use std::time::Duration;
///
/// shirr::block_on(async {
///     let mut set = JoinSet::new();
///     for ms in [20, 1] {
///         set.spawn(async move {
///             sleep(Duration::from_millis(ms)).await;
///             ms
///         });
///     }
///     let (_, first) = set.join_next().await.unwrap();
///     assert_eq!(first.unwrap(), 1);
///     set.spawn(async { 2 });
///     let (_, second) = set.join_next().await.unwrap();
///     assert_eq!(second.unwrap(), 2);
///     drop(set); // and the task that still sleeps
///     assert_eq!(shirr::metrics().tasks, 1);
/// });
/// ```
#[doc(alias = "TaskGroup")]
#[doc(alias = "FuturesUnordered")]
#[doc(alias = "nursery")]
#[must_use = "dropping a set drops its tasks"]
pub struct JoinSet<T> {
    members: Rc<Members<T>>,
}

impl<T: 'static> JoinSet<T> {
    /// An empty set. It needs no runtime until a task is spawned.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a task to the runtime that runs on this thread, as [`spawn`](crate::spawn) does. Its
    /// result is for the set.
    ///
    /// # Panics
    /// As [`spawn`](crate::spawn), and when the set has unfinished tasks in another runtime.
    #[track_caller]
    pub fn spawn(&mut self, future: impl Future<Output = T> + 'static) -> AbortHandle {
        current("shirr::JoinSet::spawn").tasks.spawn_into(&self.members, future)
    }

    /// Waits for the next task to end; gives its id and its result, or `None` when all have been
    /// joined.
    ///
    /// Cancel safe: dropping this future loses nothing, and the tasks run on meanwhile.
    ///
    /// # Panics
    /// When it has to wait while the runtime of the tasks does not run on this thread.
    #[doc(alias = "join_next_with_id")]
    pub async fn join_next(&mut self) -> Option<(Id, Result<T, JoinError>)> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    /// [`join_next`](Self::join_next) for traits. The waker of the latest poll is woken.
    ///
    /// # Panics
    /// See [`join_next`](Self::join_next).
    #[track_caller]
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(Id, Result<T, JoinError>)>> {
        self.members.poll_next(cx)
    }

    /// What [`join_next`](Self::join_next) would give without a wait: `None` also when no task has
    /// ended.
    pub fn try_join_next(&mut self) -> Option<(Id, Result<T, JoinError>)> {
        self.members.pop()
    }

    /// Has every task dropped at its next turn, as [`JoinHandle::abort`](crate::JoinHandle::abort)
    /// does; [`join_next`](Self::join_next) gives their results. To have them dropped at once, drop
    /// the set.
    pub fn abort_all(&mut self) {
        self.members.abort_all();
    }

    /// Empties the set: the tasks run on, and their results are dropped, as those that are there.
    pub fn detach_all(&mut self) {
        self.members.detach_all();
        drop(mem::take(&mut self.members));
    }
}

impl<T: 'static, E: 'static> JoinSet<Result<T, E>> {
    /// Waits for all tasks; returns their values in the order in which they came, or the first
    /// error in time.
    ///
    /// After an error or a panic the other tasks are dropped before the caller has it; those that
    /// were ready before the caller may have had a turn meanwhile. The panic goes on in the caller.
    /// A task that was aborted has no value, and is passed over.
    ///
    /// Python's `TaskGroup` is alike, but raises all errors as a group.
    ///
    /// Cancel safety: dropping it drops the set.
    ///
    /// ```
    /// use shirr::JoinSet;
    /// use std::future::pending;
    ///
    /// shirr::block_on(async {
    ///     let mut set = JoinSet::new();
    ///     set.spawn(pending());
    ///     set.spawn(async { Err::<(), _>("no ink") });
    ///     assert_eq!(set.try_join_all().await, Err("no ink"));
    ///     assert_eq!(shirr::metrics().tasks, 1); // the other one is gone
    /// });
    /// ```
    ///
    /// # Panics
    /// With the panic of a task; and see [`join_next`](Self::join_next).
    #[doc(alias = "TaskGroup")]
    #[doc(alias = "join_all")]
    pub async fn try_join_all(mut self) -> Result<Vec<T>, E> {
        let mut values = Vec::new();
        while let Some((_, result)) = self.join_next().await {
            match result {
                Ok(Ok(value)) => values.push(value),
                Ok(Err(error)) => {
                    drop(self);
                    return Err(error);
                }
                Err(error) if error.is_panic() => {
                    drop(self);
                    resume_unwind(error.into_panic());
                }
                Err(_) => {}
            }
        }
        Ok(values)
    }
}

impl<T> JoinSet<T> {
    /// How many tasks were not joined: those that run, and those that have ended.
    pub fn len(&self) -> usize {
        self.members.running() + self.members.ended()
    }

    /// Whether all tasks were joined.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self { members: Rc::default() }
    }
}

/// Spawns each future.
impl<F: Future<Output: 'static> + 'static> FromIterator<F> for JoinSet<F::Output> {
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let mut set = Self::new();
        futures.into_iter().for_each(|future| _ = set.spawn(future));
        set
    }
}

// Whatever panics, a task's stage is defined (`task/maybe_done.rs`).
impl<T> UnwindSafe for JoinSet<T> {}
impl<T> RefUnwindSafe for JoinSet<T> {}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("JoinSet");
        out.field("running", &self.members.running()).field("ended", &self.members.ended()).finish()
    }
}
