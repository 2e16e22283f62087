//! Step 6: the bell.
//!
//! You know by now: tasks, wakers, timers and sockets, and that a wake of another thread does not reach
//! a loop that sleeps in the kernel.
//!
//! New: the *inbox*, where other threads leave keys, and the *bell*, a `mio::Waker`, which makes an
//! event and so ends the loop's sleep. It is rung only when the loop is asleep. So the two must agree,
//! and the order of four steps decides (I4):
//!
//! | the sender (`push`) | the loop (`sleep`) |
//! |---|---|
//! | 1. pushes its message | 1. says "asleep" |
//! | 2. asks: is the loop asleep? Then it rings | 2. asks: is the inbox empty? Then it waits |
//!
//! Each side writes first, and then reads what the other has written: so at least one sees the other. But
//! a processor may let a read pass the write before it. Then both may read the old values: the sender
//! sees the loop awake, and does not ring; the loop sees the inbox empty, and waits. So on each side a
//! *fence* stands between the write and the read. The ready queue is the loop's own now, without a lock.
//!
//! In the first story the loop sleeps twice after a bell that was rung before the wait: its event is still
//! there, and ends the next wait at once.
//!
//! Try: `--wrong-order`. There the loop asks first, and says "asleep" after. When the story has said that
//! the inbox is empty, another thread does its whole part: a *lost wakeup*. Only a timer ends the sleep.
//!
//! For real: `src/wake/inbox.rs`, `src/wake/ready.rs`. `tests/model/` tries every order of the steps.

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
use study::{Actor, Peak, acting, actor, by, hushed, say, tell_poll, tell_try};
use study::{wake_in, when_said, wrong_order};

// ---- wake: which task was woken, each once, from any thread -------------------------------

include!("../settled/queue.rs"); // as in s3

/// How other threads reach the loop.
struct Inbox {
    messages: SegQueue<Key>,
    asleep: AtomicBool, // `Relaxed`: the fences order it
    /// Registered in the kernel, as a socket is; `deliver` skips its event.
    bell: mio::Waker,
}

impl Inbox {
    /// Pushes first, and asks after (I4). `swap` gives the old value, and clears the flag: of many messages
    /// the first one rings.
    fn push(&self, key: Key) {
        self.messages.push(key);
        fence(SeqCst); // the read below does not pass the write above
        if self.asleep.swap(false, Relaxed) {
            say!("another thread leaves a message, sees the loop asleep, and rings the bell");
            self.bell.wake().expect("the bell rings");
        } else {
            say!("another thread leaves a message, sees the loop awake, and does not ring");
        }
    }

    /// Says "asleep" first, and asks after (I4). A message that comes between the two is seen; one
    /// that comes later finds the loop asleep, and ends the wait.
    fn sleep(&self, wait: impl FnOnce()) {
        self.asleep.store(true, Relaxed);
        say!("the loop says that it is asleep");
        fence(SeqCst); // here, too
        if self.is_empty() {
            wait();
        }
        self.asleep.store(false, Relaxed);
    }
}

/// Any thread may hold it, and call it at any time.
struct TaskWaker {
    key: Key,
    inbox: Arc<Inbox>,
}

// A waker must be `Send`, so it cannot hold an `Rc` of its `Ready`. On its loop's thread it finds that by
// `CURRENT`; on another, it uses the inbox. `Arc::ptr_eq` asks whether this thread's loop is its own.
impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        CURRENT.with_borrow(|current| match current.as_ref().map(|core| &core.tasks.ready) {
            Some(ready) if Arc::ptr_eq(&ready.inbox, &self.inbox) => ready.queue().wake(self.key),
            _ => self.inbox.push(self.key),
        });
    }
}

/// The tasks that are to be polled. The loop's own thread only.
struct Ready {
    queue: RefCell<Queue>,
    inbox: Arc<Inbox>,
}

impl Ready {
    fn queue(&self) -> RefMut<'_, Queue> {
        self.queue.borrow_mut()
    }

    fn waker(&self, key: Key) -> Waker {
        Waker::from(Arc::new(TaskWaker { key, inbox: Arc::clone(&self.inbox) }))
    }

    /// Nothing is borrowed any more when this returns, so that the turn may wake (I3).
    fn pop(&self) -> Option<Key> {
        self.queue().pop()
    }
}

// ---- task: the slab that has the tasks ----------------------------------------------------

struct Tasks {
    slots: RefCell<Slab<Option<Task>>>,
    ready: Ready,
}

include!("../settled/turn.rs"); // as in s3

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
    /// Runs tasks until none is left.
    fn drive(&self) {
        while !self.tasks.slots.borrow().is_empty() {
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
            let wait = || self.reactor.wait(self.timers.nearest());
            match wrong_order() {
                false => self.tasks.ready.inbox.sleep(wait),
                true => self.tasks.ready.inbox.sleep_in_the_wrong_order(wait),
            }
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

/// Runs `future`, as a task, and all that it spawns.
fn block_on<T: 'static>(future: impl Future<Output = T> + 'static) -> T {
    CURRENT.set(Some(Rc::new(Core::new())));
    let _entered = EnterGuard;
    let output = Rc::new(Cell::new(None));
    let result = Rc::clone(&output);
    spawn(async move { result.set(Some(future.await)) });
    current().drive();
    output.take().expect("the root has ended")
}

include!("../settled/enter.rs"); // as in s4

// ---- time: futures that wait on the clock -------------------------------------------------

include!("../settled/sleep.rs"); // as in s4

// ---- net: futures that wait on a socket ---------------------------------------------------

include!("../settled/net.rs"); // as in s5

// ---- details: for a second reading --------------------------------------------------------

include!("../settled/timers_details.rs"); // as in s4

impl Inbox {
    fn is_empty(&self) -> bool {
        let is_empty = self.messages.is_empty();
        say!("the loop sees that the inbox {}", if is_empty { "is empty" } else { "has a message" });
        is_empty
    }
}

impl Inbox {
    /// With `--wrong-order`. A message that comes between the two is not seen, and its sender sees the
    /// loop awake.
    fn sleep_in_the_wrong_order(&self, wait: impl FnOnce()) {
        if self.is_empty() {
            self.asleep.store(true, Relaxed);
            say!("the loop says that it is asleep");
            wait();
        }
        self.asleep.store(false, Relaxed);
    }
}

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

include!("../requests.rs"); // `SOURCES` and `fetch`
include!("../due_at_a_wake.rs"); // `timers_due_at_a_wake`
include!("../without_gather.rs"); // `requests_without_gather`

fn main() -> io::Result<()> {
    // Another thread wakes a task just after the loop has done the first of its two steps.
    let first = if wrong_order() {
        "the loop sees that the inbox is empty"
    } else {
        "the loop says that it is asleep"
    };
    let lost = timers_due_at_a_wake(move |waker| when_said(first, || waker.wake()));
    println!("result: {lost} of 1 wakeups lost");
    if wrong_order() {
        return Ok(());
    }
    let due = timers_due_at_a_wake(|waker| wake_in(Duration::from_millis(100), waker));
    let how = if due == 0 { "mended" } else { "still wrong" };
    println!("{how}: a thread woke a task; timers that were due when it was polled: {due}");
    requests_without_gather()
}
