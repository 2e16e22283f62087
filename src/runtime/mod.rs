//! The loop: give ready tasks their turns, then poll for events.
//!
//! The lowest layer that sees both sides, [`task`](crate::task) and
//! [`reactor`](crate::reactor):
//!
//! - [`mod@event_loop`]: the loop, in four numbered steps; its turns are in `task/slab.rs`;
//! - [`mod@context`]: which runtime this thread runs, for `spawn` and the like;
//! - [`mod@branches`]: settings, a turn given away, threads for what would block, a paused
//!   clock, counts.

mod branches;
mod context;
mod event_loop;

pub use branches::{
    Builder, Handle, JoinSet, Metrics, RemoteHandle, Unblock, YieldNow, consume_budget, metrics, unblock,
    yield_now,
};
pub use context::spawn;

#[cfg(feature = "explore")]
pub(crate) use branches::{hosts, world};
pub(crate) use context::{current, now, try_current};

use crate::task::JoinHandle;
use crate::trace;
use context::Core;
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

/// A runtime: a loop with its tasks, timers and sockets, for one thread.
///
/// Tasks live as long as the runtime: they run while [`block_on`](Self::block_on) does,
/// and wait in between. Dropping the runtime drops the futures of all its tasks, wakes
/// those that await them, and leaves nothing running; a blocking closure that a helper thread
/// has begun (see [`unblock()`]) is not waited for.
///
/// A program may have a runtime a thread, and several on one thread, one at a time.
///
/// After `fork(2)`, the child process must use neither a runtime that was made before nor its
/// sockets: what the loop waits on (an epoll descriptor, the bell) is shared with the parent, so
/// each would take events away from the other and change what it watches, and the threads of
/// [`unblock()`] are not there. The child makes a runtime of its own; `std::process::Command`,
/// which does not return in the child, needs no such care.
///
/// ```
/// let runtime = shirr::Runtime::new()?;
/// let handle = runtime.spawn(async { 6 * 7 });
/// assert_eq!(runtime.block_on(handle).unwrap(), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Runtime {
    core: Rc<Core>,
    /// Ends after the core was shut down.
    traced: trace::Session,
}

impl Runtime {
    /// A runtime as [`builder`](Self::builder) makes it when nothing is set.
    ///
    /// # Errors
    /// When the system has no descriptor left for the reactor, or as many runtimes are
    /// alive in the process as can be numbered (16,383; 127 on 32-bit targets).
    pub fn new() -> io::Result<Self> {
        Self::builder().build()
    }

    /// Runs `future` to its output, and every task beside it meanwhile.
    ///
    /// The future may borrow from the caller. It is polled when it is woken and its turn
    /// comes, like any task. Tasks that have not ended when it does stay in the runtime,
    /// and go on in the next `block_on`.
    ///
    /// # Panics
    /// When `future` does: the panic passes through, and the runtime stays good. When a
    /// shirr runtime runs on this thread already: a loop inside a task would keep every
    /// other task from running.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _traced = self.traced.at_work();
        let _entered = Core::enter(&self.core);
        self.core.drive(future)
    }

    /// Adds a task, which runs during this runtime's next (or current) `block_on`.
    /// See [`spawn`].
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let _traced = self.traced.at_work();
        self.core.tasks.spawn(future)
    }
}

// A panic that passes through `block_on` leaves it as good as before (I10).
impl UnwindSafe for Runtime {}
impl RefUnwindSafe for Runtime {}

impl Drop for Runtime {
    fn drop(&mut self) {
        let _traced = self.traced.at_work();
        self.core.shut_down();
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("metrics", &self.metrics()).finish()
    }
}

/// Runs `future` to its output on a runtime of its own, and drops what is left.
///
/// # Panics
/// See [`Runtime::block_on`]; also when the runtime cannot be made ([`Runtime::new`]).
///
/// ```
/// assert_eq!(shirr::block_on(async { 6 * 7 }), 42);
/// ```
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    match Runtime::new() {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => panic!("shirr cannot make a runtime: {error}"),
    }
}
