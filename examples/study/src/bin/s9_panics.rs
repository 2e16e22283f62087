//! Step 9: panics, and drops at any moment.
//!
//! You know by now: all parts of a runtime. But one task that panics ends all, and so does a gather
//! that is dropped at the end and asks for its children.
//!
//! New: three things.
//!
//! - The poll catches a panic. Its *payload*, what `panic!` was given, is a result like any other: a
//!   gather raises it again in the task that awaits, when all children have ended.
//! - The result lies in a cell, `MaybeDone`: first it has the future, then what that gave. The slab and
//!   the gather share it by an `Rc`, so a child's output is no longer in the batch. A turn clones the
//!   `Rc`: while the future runs, only its own cell is borrowed, and not the slab (I3).
//! - A panic in a drop ends in `ignore_panics`. The tasks that are left at the end are dropped one by
//!   one, out of the slab (I10).
//!
//! Try later: take `catch_unwind` out of the poll of `MaybeDone`, and see which count goes wrong again.
//!
//! For real: `src/task/maybe_done.rs`, `src/task/slab.rs`, `src/wake/foreign.rs`, and then all of src,
//! as the README says. What is still missing here is counted at the end.

use crossbeam_queue::SegQueue;
use slab::Slab;
use std::cell::{Cell, RefCell, RefMut};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::mem::replace;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed, Ordering::SeqCst, fence};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};
use std::thread;
use std::time::{Duration, Instant};
use study::{Actor, acting, actor, by, say, tell_child, tell_gather, tell_poll, tell_try};

// ---- wake: which task was woken, each once, from any thread -------------------------------

include!("../settled/queue.rs"); // as in s3
include!("../settled/inbox.rs"); // as in s6
include!("../settled/number.rs"); // as in s8

// ---- task: the slab that has the tasks ----------------------------------------------------

/// What has a slot. The slab does not know the type of the future; what awaits its result does.
trait Runnable {
    /// Polls the future. Never panics.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()>;
}

struct Tasks {
    slots: RefCell<Slab<Rc<dyn Runnable>>>,
    ready: Ready,
}

impl Tasks {
    /// Gives a task a slot, and queues it for its first poll.
    fn spawn(&self, task: Rc<dyn Runnable>) -> Key {
        let slot = self.slots.borrow_mut().insert(task);
        self.ready.queue().admit(slot)
    }

    /// One poll. The turn has an `Rc` of its own, so the slab is not borrowed while it runs (I3).
    fn turn(&self, key: Key) {
        let task = Rc::clone(&self.slots.borrow()[key.slot]);
        let waker = self.ready.waker(key);
        let polled = tell_poll(key.serial, || task.poll(&mut Context::from_waker(&waker)));
        if polled.is_ready() {
            self.remove(key);
        }
        ignore_panics(|| drop(task)); // this may be the last `Rc`
    }

    /// Takes out a task, unless it has ended.
    fn remove(&self, key: Key) {
        if self.is_here(key) {
            self.ready.queue().evict(key.slot);
            let task = self.slots.borrow_mut().try_remove(key.slot); // `None` if `EnterGuard` has it
            ignore_panics(|| drop(task)); // nothing is borrowed any more: this may run any code (I3)
        }
    }

    fn is_here(&self, key: Key) -> bool {
        self.ready.queue().live(key).is_some()
    }
}

/// Runs foreign code for which no task answers, like a drop: a panic ends here.
fn ignore_panics(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        std::mem::forget(payload); // its drop may be a panic, too
    }
}

/// A future, then its result.
struct MaybeDone<F: Future> {
    /// Borrowed while the future is polled or dropped.
    stage: RefCell<Stage<F>>,
    /// Of a child: the `Batch` of its gather, which it tells of its end; and which child it is.
    batch: Option<(Rc<Batch>, usize)>,
}

enum Stage<F: Future> {
    /// In a box of its own: to pin it in the cell takes `unsafe`.
    Future(Pin<Box<F>>),
    /// Its output, or what it panicked with. `take_result` gives it once.
    Done(Option<thread::Result<F::Output>>),
}

impl<F: Future> Runnable for MaybeDone<F> {
    /// Ready when the future has ended: it was dropped, and its result is here.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut stage = self.stage.borrow_mut();
        let Stage::Future(future) = &mut *stage else { unreachable!("it has ended") };
        // `AssertUnwindSafe` promises that what a panic left half done is used no more: it is only dropped.
        let result = match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(payload) => Err(payload),
        };
        let future = replace(&mut *stage, Stage::Done(Some(result)));
        ignore_panics(|| drop(future));
        drop(stage); // before the parent's waker is called, which may be any code (I3)
        if let Some((batch, child)) = &self.batch {
            batch.end(*child);
        }
        Poll::Ready(())
    }
}

// ---- reactor: what tasks wait for: sockets and the clock ----------------------------------

include!("../settled/timers.rs"); // as in s4
include!("../settled/reactor.rs"); // as in s5

// ---- runtime: the loop --------------------------------------------------------------------

thread_local! {
    static CURRENT: RefCell<Option<Rc<Core>>> = const { RefCell::new(None) };
}

/// The loop that runs on this thread.
fn current() -> Rc<Core> {
    CURRENT.with_borrow(Option::clone).expect("a runtime runs on this thread")
}

/// Adds a task, to run beside the others; nothing awaits it.
/// So its result is dropped unseen, also a panic.
fn spawn(future: impl Future<Output = ()> + 'static) -> Key {
    current().tasks.spawn(Rc::new(MaybeDone::new(future, None)))
}

struct Core {
    tasks: Tasks,
    timers: Timers,
    reactor: Rc<Reactor>,
}

impl Core {
    /// Runs tasks until the root has ended.
    fn drive(&self, root: Key) {
        while self.tasks.is_here(root) {
            match self.tasks.ready.pop() {
                Some(key) => self.tasks.turn(key),
                None => self.poll_events(),
            }
        }
    }

    fn poll_events(&self) {
        say!("the loop polls for events, because the queue ran dry");
        self.receive(); // what came while tasks ran
        self.timers.fire_due();
        if self.tasks.ready.queue().keys.is_empty() {
            self.tasks.ready.inbox.sleep(|| self.reactor.wait(self.timers.nearest()));
            self.receive(); // what came since: it may have ended the sleep
        }
    }

    fn receive(&self) {
        while let Some(key) = self.tasks.ready.inbox.messages.pop() {
            say!("the loop receives a message from {}", Actor::Thread);
            acting(Actor::Thread, || self.tasks.ready.queue().wake(key));
        }
    }
}

/// Runs `future`, as a task, and what it spawns until it ends. The tasks that are left are dropped.
fn block_on<T: 'static>(future: impl Future<Output = T> + 'static) -> T {
    CURRENT.set(Some(Rc::new(Core::new())));
    let _entered = EnterGuard;
    let output = Rc::new(MaybeDone::new(future, None));
    let root = current().tasks.spawn(output.clone()); // as an `Rc<dyn Runnable>`; `output` keeps the type
    current().drive(root);
    output.take_result().expect("the root has ended").unwrap_or_else(|payload| resume_unwind(payload))
}

/// Its drop, also by a panic, ends the tasks that are left, and the loop.
struct EnterGuard;

impl Drop for EnterGuard {
    fn drop(&mut self) {
        // Each task out of the slab; and what their drops spawn, since a drop may do anything (I10).
        while !current().tasks.slots.borrow().is_empty() {
            let left = current().tasks.slots.take();
            left.into_iter().for_each(|(_, task)| ignore_panics(|| drop(task)));
        }
        drop(CURRENT.take());
    }
}

// ---- time: futures that wait on the clock -------------------------------------------------

include!("../settled/sleep.rs"); // as in s4

// ---- net: futures that wait on a socket ---------------------------------------------------

include!("../settled/net.rs"); // as in s5

// ---- gather: many futures awaited as one --------------------------------------------------

/// What the children share.
struct Batch {
    number: u32,
    all: usize,
    running: Cell<usize>,
    parent: Cell<Option<Waker>>,
}

impl Batch {
    /// A child has its result. The last one wakes the parent, once for the whole gather.
    fn end(&self, child: usize) {
        self.running.set(self.running.get() - 1);
        tell_child(self.number, child, self.running.get(), self.all);
        if self.running.get() == 0 {
            if let Some(parent) = self.parent.take() {
                ignore_panics(|| parent.wake());
            }
        }
    }
}

/// When it is dropped, it takes its children out.
struct Gather<F: Future> {
    children: Vec<(Key, Rc<MaybeDone<F>>)>,
    batch: Rc<Batch>,
}

/// Makes a task of each future, at once; shirr does so at the first poll of the gather.
fn gather<F: Future + 'static>(futures: impl IntoIterator<Item = F>) -> Gather<F> {
    let futures: Vec<F> = futures.into_iter().collect();
    let all = futures.len();
    let number = tell_gather(all);
    let batch = Rc::new(Batch { number, all, running: Cell::new(all), parent: Cell::default() });
    let mut children = Vec::new();
    for (child, future) in futures.into_iter().enumerate() {
        let cell = Rc::new(MaybeDone::new(future, Some((Rc::clone(&batch), child))));
        children.push((current().tasks.spawn(cell.clone()), cell));
    }
    Gather { children, batch }
}

impl<F: Future> Future for Gather<F> {
    type Output = Vec<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let batch = &self.batch;
        if batch.running.get() > 0 {
            batch.parent.set(Some(cx.waker().clone()));
            return Poll::Pending;
        }
        let results = self.children.iter().map(|(_, cell)| cell.take_result().expect("all have ended"));
        let results = results.collect::<thread::Result<Vec<_>>>(); // all outputs, or the first panic
        let outputs = results.unwrap_or_else(|payload| resume_unwind(payload));
        say!("gather {} is done, and {} has its output", batch.number, actor());
        Poll::Ready(outputs)
    }
}

impl<F: Future> Drop for Gather<F> {
    fn drop(&mut self) {
        for (key, cell) in self.children.drain(..) {
            current().tasks.remove(key); // if it is being polled, it goes when its poll returns
            ignore_panics(|| drop(cell));
        }
    }
}

// ---- details: for a second reading --------------------------------------------------------

include!("../settled/timers_details.rs"); // as in s4
include!("../settled/inbox_details.rs"); // as in s6
include!("../settled/number_details.rs"); // as in s8

impl<F: Future> MaybeDone<F> {
    fn new(future: F, batch: Option<(Rc<Batch>, usize)>) -> Self {
        Self { stage: RefCell::new(Stage::Future(Box::pin(future))), batch }
    }

    fn take_result(&self) -> Option<thread::Result<F::Output>> {
        match &mut *self.stage.borrow_mut() {
            Stage::Future(_) => None,
            Stage::Done(result) => result.take(),
        }
    }
}

impl Core {
    fn new() -> Self {
        let (reactor, token) = (Reactor::new(), mio::Token(usize::MAX)); // of no socket: `deliver` skips it
        let bell = mio::Waker::new(reactor.poll.borrow().registry(), token).expect("a descriptor is left");
        let inbox = Inbox { messages: SegQueue::new(), asleep: AtomicBool::new(false), bell };
        let ready = Ready::new(Arc::new(inbox));
        let tasks = Tasks { slots: RefCell::default(), ready };
        Self { tasks, timers: Timers::default(), reactor: Rc::new(reactor) }
    }
}

include!("../settled/net_details.rs"); // as in s5

// ---- the program --------------------------------------------------------------------------

/// What it uses of the runtime is in its first line.
mod program {
    use super::{TcpStream, block_on, gather, sleep};
    include!("../program.rs");
}

/// What is counted afterwards, on each of the last steps alike.
mod experiments {
    use super::{block_on, gather, sleep, spawn};
    include!("../experiments.rs");
}

fn main() -> io::Result<()> {
    experiments::run_after(program::run)
}
