//! Step 7: many futures awaited as one.
//!
//! You know by now: tasks, wakers, timers, sockets, and how another thread reaches the loop.
//!
//! New: `gather`. Each of its *children* is a task, with a slot, a key and turns of its own, so a wake
//! of one child polls that child and no other. The last child that ends wakes the task that awaits the
//! gather, once. A gather that is dropped drops its children: so a task may now be taken out of the
//! slab before its end, even while it is polled. And `block_on` ends with the root; tasks that are left
//! then are dropped.
//!
//! The program is in `program.rs`: from here on it stays the same, and runs on shirr, too.
//! `experiments.rs` counts what is wrong. One thing no count shows: a child that panics ends the
//! process. First, its panic drops `EnterGuard`. Second, that takes the slab, and drops its tasks: the root
//! with its gather. Third, the gather's drop removes its children, which the queue still knows, from a
//! slab that is empty: a second panic, out of a drop, while the first unwinds. That ends the process.
//!
//! From here on the story leaves out how the loop falls asleep, and says only that it sleeps.
//!
//! Try later: wake the parent for every child in `end`, and count the root's polls: seven, and not
//! three.
//!
//! For real: `src/gather/batch.rs`, `src/gather/run.rs`.

use crossbeam_queue::SegQueue;
use slab::Slab;
use std::cell::{Cell, RefCell, RefMut};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::mem::replace;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed, Ordering::SeqCst, fence};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use study::{Actor, acting, actor, by, say, tell_child, tell_gather, tell_poll, tell_try};

// ---- wake: which task was woken, each once, from any thread -------------------------------

include!("../settled/queue.rs"); // as in s3
include!("../settled/inbox.rs"); // as in s6
include!("../settled/ready.rs"); // as in s6

// ---- task: the slab that has the tasks ----------------------------------------------------

struct Tasks {
    slots: RefCell<Slab<Option<Task>>>,
    ready: Ready,
}

/// The future lies on the heap: its box may move, and it does not.
type Task = Pin<Box<dyn Future<Output = ()>>>;

impl Tasks {
    /// Gives a future a slot, and queues it for its first poll.
    fn spawn(&self, future: impl Future<Output = ()> + 'static) -> Key {
        let slot = self.slots.borrow_mut().insert(Some(Box::pin(future)));
        self.ready.queue().admit(slot)
    }

    /// One poll. The future is taken out, so that nothing is borrowed while it runs (I3).
    fn turn(&self, key: Key) {
        let mut task = self.slots.borrow_mut()[key.slot].take().expect("no other turn has taken it");
        let waker = self.ready.waker(key);
        let polled = tell_poll(key.serial, || task.as_mut().poll(&mut Context::from_waker(&waker)));
        // The poll may have taken out this very task: a child that can reach its own gather may drop it.
        if polled.is_pending() && self.is_here(key) {
            self.slots.borrow_mut()[key.slot] = Some(task);
        } else {
            self.remove(key);
        }
    }

    /// Takes out a task, unless it has ended.
    fn remove(&self, key: Key) {
        if self.is_here(key) {
            self.ready.queue().evict(key.slot);
            // Dropped at the end, when nothing is borrowed any more: that may run any code (I3).
            let _task = self.slots.borrow_mut().remove(key.slot);
        }
    }

    fn is_here(&self, key: Key) -> bool {
        self.ready.queue().live(key).is_some()
    }
}

// ---- reactor: what tasks wait for: sockets and the clock ----------------------------------

include!("../settled/timers.rs"); // as in s4
include!("../settled/reactor.rs"); // as in s5

// ---- runtime: the loop --------------------------------------------------------------------

include!("../settled/current.rs"); // as in s4

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
    let output = Rc::new(Cell::new(None));
    let result = Rc::clone(&output);
    let root = spawn(async move { result.set(Some(future.await)) });
    current().drive(root);
    output.take().expect("the root has ended")
}

include!("../settled/enter.rs"); // as in s4

// ---- time: futures that wait on the clock -------------------------------------------------

include!("../settled/sleep.rs"); // as in s4

// ---- net: futures that wait on a socket ---------------------------------------------------

include!("../settled/net.rs"); // as in s5

// ---- gather: many futures awaited as one --------------------------------------------------

/// What the children share.
struct Batch<T> {
    number: u32,
    all: usize,
    outputs: RefCell<Vec<Option<T>>>,
    running: Cell<usize>,
    parent: Cell<Option<Waker>>,
}

impl<T> Batch<T> {
    /// A child has its output. The last one wakes the parent, once for the whole gather.
    fn end(&self, child: usize, output: T) {
        self.outputs.borrow_mut()[child] = Some(output);
        self.running.set(self.running.get() - 1);
        tell_child(self.number, child, self.running.get(), self.all);
        if self.running.get() == 0 {
            if let Some(parent) = self.parent.take() {
                parent.wake();
            }
        }
    }
}

/// When it is dropped, it takes its children out.
struct Gather<T> {
    children: Vec<Key>,
    batch: Rc<Batch<T>>,
}

/// Makes a task of each future, at once; shirr does so at the first poll of the gather.
fn gather<F: Future + 'static>(futures: impl IntoIterator<Item = F>) -> Gather<F::Output> {
    let futures: Vec<F> = futures.into_iter().collect();
    let all = futures.len();
    let number = tell_gather(all);
    let outputs = RefCell::new((0..all).map(|_| None).collect());
    let batch = Rc::new(Batch { number, all, outputs, running: Cell::new(all), parent: Cell::default() });
    let mut children = Vec::new();
    for (child, future) in futures.into_iter().enumerate() {
        let batch = Rc::clone(&batch);
        children.push(spawn(async move { batch.end(child, future.await) }));
    }
    Gather { children, batch }
}

impl<T> Future for Gather<T> {
    type Output = Vec<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Vec<T>> {
        let batch = &self.batch;
        if batch.running.get() > 0 {
            batch.parent.set(Some(cx.waker().clone()));
            return Poll::Pending;
        }
        say!("gather {} is done, and {} has its output", batch.number, actor());
        Poll::Ready(batch.outputs.take().into_iter().map(|output| output.expect("all have ended")).collect())
    }
}

impl<T> Drop for Gather<T> {
    fn drop(&mut self) {
        self.children.iter().for_each(|child| current().tasks.remove(*child));
    }
}

// ---- details: for a second reading --------------------------------------------------------

include!("../settled/timers_details.rs"); // as in s4
include!("../settled/inbox_details.rs"); // as in s6

impl Core {
    fn new() -> Self {
        let (reactor, token) = (Reactor::new(), mio::Token(usize::MAX)); // of no socket: `deliver` skips it
        let bell = mio::Waker::new(reactor.poll.borrow().registry(), token).expect("a descriptor is left");
        let inbox = Inbox { messages: SegQueue::new(), asleep: AtomicBool::new(false), bell };
        let ready = Ready { queue: RefCell::default(), inbox: Arc::new(inbox) };
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
