//! What one runtime is made of, and which runtime runs on this thread.

use super::branches::{Builder, Helpers, IDLE};
use crate::reactor::{self, Reactor};
use crate::task::{JoinHandle, Tasks};
use crate::trace;
use crate::wake::{self, Ready};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::time::Instant;

thread_local! {
    /// The runtime that runs on this thread now. `ManuallyDrop` as in `wake/ready.rs`.
    static CURRENT: RefCell<Option<ManuallyDrop<Rc<Core>>>> = const { RefCell::new(None) };
}

/// The parts of one runtime. Its own thread only.
pub(crate) struct Core {
    pub(super) ready: Rc<Ready>,
    pub(crate) tasks: Rc<Tasks>,
    pub(crate) reactor: Rc<Reactor>,
    pub(super) helpers: Helpers,
    /// Whether a paused clock may move although sockets are waited for.
    pub(super) outruns_sockets: bool,
    /// What the loop did since the runtime was made, for [`Metrics`](super::Metrics).
    pub(super) event_polls: Cell<u64>,
    pub(super) sleeps: Cell<u64>,
    /// Since when a paused clock has kept the loop waiting, with no task polled.
    pub(super) paused_since: Cell<Option<Instant>>,
}

impl Core {
    /// As the builder was told.
    pub(super) fn new(builder: &Builder) -> io::Result<Self> {
        let (poll, bell) = reactor::open()?;
        let ready = Rc::new(Ready::new(bell)?);
        // Before the tasks, for whom a runtime is there from now on: this may fail.
        let reactor = Rc::new(Reactor::new(Rc::clone(&ready), poll, builder.paused)?);
        Ok(Self {
            tasks: Rc::new(Tasks::new(Rc::clone(&ready))),
            reactor,
            helpers: Helpers::new(builder.helper_threads, ready.number(), IDLE),
            outruns_sockets: builder.outruns_sockets,
            event_polls: Cell::new(0),
            sleeps: Cell::new(0),
            paused_since: Cell::new(None),
            ready,
        })
    }

    /// Makes this the thread's runtime for as long as the guard lives.
    ///
    /// # Panics
    /// When the thread runs one already.
    #[track_caller]
    pub(super) fn enter(core: &Rc<Self>) -> EnterGuard {
        let busy = CURRENT.with_borrow(Option::is_some);
        assert!(
            !busy,
            "block_on or run_ready was called inside a shirr runtime, which would keep its other tasks \
             from running; await the future instead, or hand it to shirr::spawn"
        );
        Self::enter_anyway(core)
    }

    pub(super) fn enter_anyway(core: &Rc<Self>) -> EnterGuard {
        let wakes = wake::LocalGuard::new(Rc::clone(&core.ready));
        let outer = CURRENT.replace(Some(ManuallyDrop::new(Rc::clone(core))));
        trace::emit!(Entered);
        EnterGuard { outer, _wakes: wakes }
    }

    /// Ends the runtime: first the tasks, whose sockets and timers take themselves out of
    /// the reactor, then the helpers' queue. The reactor goes with its last socket.
    ///
    /// A runtime may be dropped inside another one's task, hence `enter_anyway`: what is
    /// dropped here belongs to the runtime that ends.
    pub(super) fn shut_down(self: &Rc<Self>) {
        let _entered = Self::enter_anyway(self);
        trace::emit!(ShuttingDown);
        self.tasks.shut_down();
        self.helpers.shut_down();
        self.ready.close();
        trace::emit!(shut_down(self.tasks.len(), self.reactor.timers(), self.reactor.sources()));
    }
}

/// While this lives, its runtime is the thread's.
pub(super) struct EnterGuard {
    outer: Option<ManuallyDrop<Rc<Core>>>,
    _wakes: wake::LocalGuard,
}

impl Drop for EnterGuard {
    fn drop(&mut self) {
        trace::emit!(Left);
        let inner = CURRENT.replace(self.outer.take());
        drop(inner.map(ManuallyDrop::into_inner));
    }
}

/// The parts of the runtime that runs on this thread, if one does.
#[inline]
pub(crate) fn try_current() -> Option<Rc<Core>> {
    CURRENT.with_borrow(|current| current.as_deref().map(Rc::clone))
}

/// The parts of the runtime that runs on this thread.
///
/// # Panics
/// When none does; `what` is named in the text.
#[inline]
#[track_caller]
pub(crate) fn current(what: &str) -> Rc<Core> {
    match try_current() {
        Some(core) => core,
        None => no_runtime(what), // no closure, since its caller would be a line of `core`
    }
}

#[cold]
#[track_caller]
fn no_runtime(what: &str) -> ! {
    panic!(
        "{what} was used with no shirr runtime on this thread; \
         run it inside `shirr::block_on(async {{ .. }})`"
    );
}

/// What the clock of the runtime on this thread shows; the system's with none.
#[inline]
pub(crate) fn now() -> Instant {
    if reactor::was_held_here() { own_now() } else { reactor::system_now() }
}

#[cold]
fn own_now() -> Instant {
    try_current().map_or_else(reactor::system_now, |core| core.reactor.clock().now())
}

/// Adds a task to the runtime that runs on this thread, to run beside its other tasks.
///
/// The future need not be `Send`; it stays on this thread. It is polled for the first time
/// after the caller yields, in the order of the spawns; which of several tasks that were woken
/// since has its turn first is not promised. Its output is for the handle;
/// dropping the handle detaches the task. A panic of the future ends its task alone, and
/// is a [`JoinError`](crate::JoinError) to the handle. The future is dropped while the panic
/// unwinds, so a lock that it holds is poisoned.
///
/// Tasks share the thread, so each has to give way. Whatever of shirr is ready without
/// waiting is a step (an operation on a socket, an ended task's output, a deadline that has
/// passed); after 128 steps in one turn the task gives way by itself, and other tasks, timers
/// and sockets come first. A task that takes fewer is never held up. Within one task, the
/// branch of a `select` that is polled first may take all steps of each turn. What shirr does not know
/// does not count: in a loop over another crate's channel or a parsed buffer,
/// [`consume_budget`](crate::consume_budget) counts a step, and a computation without any
/// await belongs into [`unblock`](crate::unblock()).
///
/// # Panics
/// With no shirr runtime on this thread ([`Runtime::spawn`](crate::Runtime::spawn) works
/// without), and when the runtime holds as many tasks as a key can number (67,108,864;
/// 131,072 on 32-bit targets).
///
/// ```
/// shirr::block_on(async {
///     let one = shirr::spawn(async { 1 });
///     let two = shirr::spawn(async { 2 });
///     assert_eq!(one.await.unwrap() + two.await.unwrap(), 3);
/// });
/// ```
#[inline]
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    current("shirr::spawn").tasks.spawn(future)
}
