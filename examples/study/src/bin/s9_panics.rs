//! Step 9: panics, and drops at any moment.
//!
//! You know by now: all parts of a runtime. But one task that panics ends all, and so does a gather
//! that is dropped at the end and asks for its children.
//!
//! New: a cell that holds a future, then its output, `MaybeDone`. The slab has an `Rc` of it, and a
//! turn clones that: nothing is borrowed while the future runs but its own cell, and code that wants
//! its result is refused by `try_borrow_mut` (I3). A panic is caught where the poll is. Its
//! *payload*, what `panic!` was given, is a result like any other: a gather raises it again in the task
//! that awaits. A panic in the drop of other code ends there. The tasks that are left at the end are
//! dropped one by one, out of the slab (I10).
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

/// What has a slot.
trait Runnable {
    /// Polls the future. Never panics.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()>;
}

struct Tasks {
    slots: RefCell<Slab<Rc<dyn Runnable>>>,
    ready: Rc<Ready>,
}

impl Tasks {
    /// Gives a task a slot, and queues it for its first poll.
    fn spawn(&self, task: Rc<dyn Runnable>) -> Key {
        let slot = self.slots.borrow_mut().insert(task);
        self.ready.queue().admit(slot)
    }

    /// One poll. The turn has an `Rc` of its own, so nothing is borrowed while it runs (I3).
    fn turn(&self, key: Key) {
        let task = Rc::clone(&self.slots.borrow()[key.slot]);
        let waker = self.ready.waker(key);
        let polled = tell_poll(key.serial, || task.poll(&mut Context::from_waker(&waker)));
        if polled.is_ready() {
            self.remove(key);
        }
        // A panic of the drop ends in `ignore_panics`. This is the last `Rc`, if the poll has removed the task.
        ignore_panics(|| drop(task));
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

/// Runs foreign code for which no task answers: a panic ends here.
fn ignore_panics(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        std::mem::forget(payload); // its drop may be a panic, too
    }
}

/// A future, then its result.
struct MaybeDone<F: Future> {
    /// Borrowed while the future is polled or dropped. `take` is refused then (I3): say, when a child was
    /// handed its own gather, in an `Rc`, and polls it after another child has panicked.
    stage: RefCell<Stage<F>>,
    /// Of a child: what it tells of its end, and which child it is.
    batch: Option<(Rc<Batch>, usize)>,
}

enum Stage<F: Future> {
    /// In a box of its own, a second allocation for a child: to pin it in the cell takes `unsafe`.
    Future(Pin<Box<F>>),
    /// Its output, or what it panicked with; `None` once that was taken.
    Done(Option<thread::Result<F::Output>>),
}

impl<F: Future> MaybeDone<F> {
    fn take(&self) -> Option<thread::Result<F::Output>> {
        match &mut *self.stage.try_borrow_mut().ok()? {
            Stage::Future(_) => None,
            Stage::Done(result) => result.take(),
        }
    }
}

impl<F: Future> Runnable for MaybeDone<F> {
    /// Ready when the future has ended: it was dropped, and its result is here.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        // Only a turn polls. None runs within another, and a task that has ended has none.
        let mut stage = self.stage.borrow_mut();
        let Stage::Future(future) = &mut *stage else { unreachable!("it has ended") };
        // *Unwind safe*: what a panic left half done is used no more. The compiler cannot see it, and this
        // promises it: the future is only dropped.
        let result = match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(payload) => Err(payload),
        };
        let has_panicked = result.is_err();
        if has_panicked {
            say!("the future of {} panics", actor());
        }
        let future = replace(&mut *stage, Stage::Done(Some(result)));
        ignore_panics(|| drop(future)); // before its result can be taken
        drop(stage);
        if let Some((batch, child)) = &self.batch {
            batch.end(*child, has_panicked);
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
    let _entered = EnterGuard; // when it is dropped, so also in a panic, it ends the tasks and the loop
    let output = Rc::new(MaybeDone::new(future, None));
    let root = current().tasks.spawn(output.clone()); // as an `Rc<dyn Runnable>`; `output` keeps the type
    current().drive(root);
    output.take().expect("the root has ended").unwrap_or_else(|payload| resume_unwind(payload))
}

/// While this lives, the thread has its loop, also when a panic passes.
struct EnterGuard;

impl Drop for EnterGuard {
    fn drop(&mut self) {
        // The tasks that are left, and what their drops spawn, each out of the slab: a drop may do anything
        // (I10).
        while !current().tasks.slots.borrow().is_empty() {
            current().tasks.slots.take().into_iter().for_each(|(_, task)| ignore_panics(|| drop(task)));
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
#[derive(Default)]
struct Batch {
    number: u32,
    all: usize,
    running: Cell<usize>,
    /// A child has panicked.
    stopped: Cell<bool>,
    parent: Cell<Option<Waker>>,
}

impl Batch {
    /// A child has its result. The last one wakes the parent, and one that has panicked.
    fn end(&self, child: usize, has_panicked: bool) {
        self.running.set(self.running.get() - 1);
        self.stopped.set(self.stopped.get() || has_panicked);
        tell_child(self.number, child, self.running.get(), self.all);
        if self.running.get() == 0 || self.stopped.get() {
            if let Some(parent) = self.parent.take() {
                ignore_panics(|| parent.wake());
            }
        }
    }
}

/// It is `Unpin`, so its poll may change its fields. When it is dropped, it takes its children out.
struct Gather<F: Future> {
    futures: Vec<F>,
    children: Vec<(Key, Rc<MaybeDone<F>>)>,
    batch: Option<Rc<Batch>>,
}

fn gather<F: Future + 'static>(futures: impl IntoIterator<Item = F>) -> Gather<F> {
    Gather { futures: futures.into_iter().collect(), children: Vec::new(), batch: None }
}

impl<F: Future + 'static> Gather<F> {
    /// Makes a task of each future.
    fn start(&mut self) -> Rc<Batch> {
        let (number, all) = (tell_gather(self.futures.len()), self.futures.len());
        let batch = Rc::new(Batch { number, all, running: Cell::new(all), ..Batch::default() });
        for (child, future) in self.futures.drain(..).enumerate() {
            let child = Rc::new(MaybeDone::new(future, Some((Rc::clone(&batch), child))));
            self.children.push((current().tasks.spawn(child.clone()), child));
        }
        batch
    }
}

impl<F: Future + 'static> Future for Gather<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let batch = self.batch.take().unwrap_or_else(|| self.start());
        if batch.running.get() > 0 && !batch.stopped.get() {
            batch.parent.set(Some(cx.waker().clone()));
            self.batch = Some(batch);
            return Poll::Pending;
        }
        // A child that runs has no result, and is left out. `filter_map` takes a result only when `collect`
        // asks for it, which ends at the first `Err`: the results after that stay in their cells.
        let results = self.children.iter().filter_map(|(_, child)| child.take());
        match results.collect::<thread::Result<Vec<_>>>() {
            Ok(outputs) => {
                say!("gather {} is done, and {} has its output", batch.number, actor());
                Poll::Ready(outputs)
            }
            Err(payload) => {
                self.cancel(); // drops the others, before the panic goes on
                resume_unwind(payload)
            }
        }
    }
}

// `Unpin`: may be moved although pinned, so `poll` may change its fields. No future is pinned in it:
// they move to the tasks before their first poll.
impl<F: Future> Unpin for Gather<F> {}

impl<F: Future> Gather<F> {
    /// Drops the children. One that is being polled goes when its poll returns.
    fn cancel(&mut self) {
        for (key, child) in self.children.drain(..) {
            current().tasks.remove(key);
            ignore_panics(|| drop(child));
        }
    }
}

impl<F: Future> Drop for Gather<F> {
    fn drop(&mut self) {
        self.cancel();
    }
}

// ---- details: for a second reading --------------------------------------------------------

include!("../settled/inbox_details.rs"); // as in s6
include!("../settled/number_details.rs"); // as in s8

impl<F: Future> MaybeDone<F> {
    fn new(future: F, batch: Option<(Rc<Batch>, usize)>) -> Self {
        Self { stage: RefCell::new(Stage::Future(Box::pin(future))), batch }
    }
}

impl Core {
    fn new() -> Self {
        let (reactor, token) = (Reactor::new(), mio::Token(usize::MAX)); // of no socket: `deliver` skips it
        let bell = mio::Waker::new(reactor.poll.borrow().registry(), token).expect("a descriptor is left");
        let inbox = Inbox { messages: SegQueue::new(), asleep: AtomicBool::new(false), bell };
        let ready = Ready::new(Arc::new(inbox));
        let tasks = Tasks { slots: RefCell::default(), ready: Rc::new(ready) };
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
