//! Which task runs now.

use crate::runtime::try_current;
use crate::task::Id;

impl Id {
    /// The name of the task whose turn it is, by which its [`JoinHandle::id`](crate::JoinHandle::id)
    /// knows it, too; for logs, say.
    ///
    /// The future of `block_on` has one, another in each call, and each child of a gather has its
    /// own. `None` where no task runs: outside of a runtime, on a helper's thread, in a
    /// destructor that the end of the runtime calls. A destructor that one task calls of another's
    /// future, by dropping a [`JoinSet`](crate::JoinSet), say, finds the task that calls it.
    ///
    /// tokio's `task::id` panics where this is `None`, and in `block_on`; `try_id` does not.
    ///
    /// ```
    /// use shirr::{Id, spawn};
    ///
    /// shirr::block_on(async {
    ///     let task = spawn(async { Id::current() });
    ///     let id = task.id();
    ///     assert_eq!(task.await.unwrap(), Some(id));
    ///     assert_ne!(Id::current(), Some(id));
    /// });
    /// assert_eq!(Id::current(), None);
    /// ```
    #[doc(alias = "try_id")]
    #[doc(alias = "current_task")]
    pub fn current() -> Option<Self> {
        try_current()?.tasks.running()
    }
}
