//! Step 6: the bell.
//!
//! You know by now: tasks, wakers, timers and sockets, and that the loop sleeps in the kernel, where
//! a wake of another thread does not reach it.
//!
//! New: the inbox, where other threads leave keys, and the bell, with which they end the loop's
//! sleep: a `mio::Waker`, which makes an event for the loop's own `mio::Poll`. It is rung only
//! when the loop is asleep. So the two must agree, and the order of four steps decides (I4):
//!
//! | the sender (`push`) | the loop (`sleep`) |
//! |---|---|
//! | 1. pushes its message | 1. says "asleep" |
//! | 2. asks: is the loop asleep? Then it rings | 2. asks: is the inbox empty? Then it waits |
//!
//! Each side writes first, and then reads what the other has written: so at least one sees the
//! other. A fence between the two steps keeps the processor from doing the second one first.
//! (`SeqCst` is the strictest order. `Relaxed` orders nothing, and is enough for a counter.) The
//! ready queue is the loop's own now, and has no lock any more.
//!
//! In the story the loop sleeps twice after a bell that was rung before the wait: its event is still
//! there, and ends the next wait at once.
//!
//! Try: `--wrong-order`. There the loop asks first and says "asleep" after, and another thread does
//! its whole part between the two: its wake is lost, and a timer has to end the sleep. Then take
//! the line with `bell.wake()` out (the sentence before it stays, and is false), and run it in the
//! right order: the loop sleeps on, as in step 5.
//!
//! For real: `src/wake/inbox.rs`, `src/wake/ready.rs`. `tests/model/` tries every order of the steps.

use crossbeam_queue::SegQueue;
use slab::Slab;
use std::cell::{Cell, RefCell, RefMut};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::mem::{replace, swap};
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed, Ordering::SeqCst, fence};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use study::{Actor, Peak, acting, actor, by, hushed, say, tell_poll};

// ---- wake: which task was woken, each once, from any thread -------------------------------

include!("../settled/queue.rs"); // as in s3

/// The event of the bell: that of no socket.
const BELL: mio::Token = mio::Token(usize::MAX);

/// How other threads reach the loop.
struct Inbox {
    messages: SegQueue<Key>,
    asleep: AtomicBool,
    bell: mio::Waker,
}

impl Inbox {
    /// Pushes first, and asks after (I4). The flag is cleared, so that of many messages one rings.
    fn push(&self, key: Key) {
        self.messages.push(key);
        fence(SeqCst);
        if self.asleep.swap(false, SeqCst) {
            say!("another thread leaves a message, sees the loop asleep, and rings the bell");
            self.bell.wake().expect("the bell rings");
        } else {
            say!("another thread leaves a message, sees the loop awake, and does not ring");
        }
    }

    /// Says "asleep" first, and asks after (I4). A message that comes between the two is seen; one
    /// that comes later finds the loop asleep, and ends the wait.
    fn sleep(&self, wait: impl FnOnce()) {
        self.asleep.store(true, SeqCst);
        say!("the loop says that it is asleep");
        fence(SeqCst);
        if self.is_empty() {
            wait();
        }
        self.asleep.store(false, SeqCst);
    }

    fn is_empty(&self) -> bool {
        let is_empty = self.messages.is_empty();
        say!("the loop sees that the inbox {}", if is_empty { "is empty" } else { "has a message" });
        is_empty
    }
}

/// Any thread may hold it, and call it at any time.
struct TaskWaker {
    key: Key,
    inbox: Arc<Inbox>,
}

// A waker must be `Send`, so it cannot hold an `Rc<Ready>`. On the loop's own thread it finds that by
// `CURRENT`; any other thread uses the inbox.
impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        CURRENT.with_borrow(|current| match current {
            Some(core) if Arc::ptr_eq(&core.ready.inbox, &self.inbox) => core.ready.queue().wake(self.key),
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
    ready: Rc<Ready>,
}

include!("../settled/turn.rs"); // as in s3

// ---- reactor: what tasks wait for: sockets and the clock ----------------------------------

include!("../settled/timers.rs"); // as in s4
include!("../settled/reactor.rs"); // as in s5

// ---- runtime: the loop --------------------------------------------------------------------

include!("../settled/current.rs"); // as in s4

struct Core {
    ready: Rc<Ready>,
    tasks: Tasks,
    timers: Timers,
    reactor: Rc<Reactor>,
}

impl Core {
    fn new() -> io::Result<Self> {
        let reactor = Reactor::new()?;
        let bell = mio::Waker::new(reactor.poll.borrow().registry(), BELL)?;
        let inbox = Inbox { messages: SegQueue::new(), asleep: AtomicBool::new(false), bell };
        let ready = Rc::new(Ready { queue: RefCell::default(), inbox: Arc::new(inbox) });
        let tasks = Tasks { slots: RefCell::default(), ready: Rc::clone(&ready) };
        Ok(Self { ready, tasks, timers: Timers::default(), reactor: Rc::new(reactor) })
    }

    /// Runs tasks until none is left.
    fn drive(&self) {
        while !self.tasks.slots.borrow().is_empty() {
            match self.ready.pop() {
                Some(key) => self.tasks.turn(key),
                None => self.poll_events(),
            }
        }
    }

    fn poll_events(&self) {
        say!("the loop polls for events, because the queue ran dry");
        self.receive();
        self.timers.fire_due();
        if self.ready.queue().keys.is_empty() {
            let wait = || self.reactor.wait(self.timers.nearest());
            if WRONG_ORDER.get() {
                self.ready.inbox.sleep_in_the_wrong_order(wait);
            } else {
                self.ready.inbox.sleep(wait);
            }
            self.receive();
        }
    }

    fn receive(&self) {
        while let Some(key) = self.ready.inbox.messages.pop() {
            acting(Actor::Thread, || {
                say!("the loop receives a message from {}", actor());
                self.ready.queue().wake(key);
            });
        }
    }
}

/// Runs `future`, as a task, and all that it spawns.
fn block_on<T: 'static>(future: impl Future<Output = T> + 'static) -> T {
    let _entered = enter(Core::new().expect("the system has descriptors"));
    let output = Rc::new(Cell::new(None));
    let root = Rc::clone(&output);
    spawn(async move { root.set(Some(future.await)) });
    current().drive();
    output.take().expect("the root has ended")
}

// ---- time: futures that wait on the clock -------------------------------------------------

include!("../settled/sleep.rs"); // as in s4

// ---- net: futures that wait on a socket ---------------------------------------------------

include!("../settled/net.rs"); // as in s5

// ---- the program --------------------------------------------------------------------------

include!("../requests.rs"); // `SOURCES` and `fetch`
include!("../due_at_a_wake.rs"); // `timers_due_at_a_wake`

thread_local! {
    static WRONG_ORDER: Cell<bool> = const { Cell::new(false) };
}

impl Inbox {
    /// A message that comes between the two steps is not seen, and its sender sees the loop awake.
    fn sleep_in_the_wrong_order(&self, wait: impl FnOnce()) {
        if self.is_empty() {
            self.asleep.store(true, SeqCst);
            say!("the loop says that it is asleep");
            wait();
        }
        self.asleep.store(false, SeqCst);
    }
}

/// Another thread wakes a task just after the loop has done the first of its two steps: `when_said`
/// has it come as soon as the loop has told of that.
fn wake_in_the_gap(first_step: &'static str) -> u32 {
    timers_due_at_a_wake(move |waker| study::when_said(first_step, || waker.wake()))
}

/// Awaits one request after another.
async fn one_by_one(server: SocketAddr, peak: Peak) -> io::Result<Vec<String>> {
    let mut answers = Vec::new();
    for source in SOURCES {
        answers.push(peak.clone().during(fetch(server, source)).await?);
    }
    Ok(answers)
}

/// Spawns the requests. A task that was spawned cannot be awaited: so it is asked again and again
/// whether they have ended. Returns how often.
async fn side_by_side(server: SocketAddr) -> u32 {
    let (ended, mut asked) = (Rc::new(Cell::new(0)), 0);
    for source in SOURCES {
        let ended = Rc::clone(&ended);
        spawn(async move {
            drop(fetch(server, source).await); // an answer or an error: it has ended
            ended.set(ended.get() + 1);
        });
    }
    while ended.get() < SOURCES.len() {
        asked += 1;
        sleep(Duration::from_millis(1)).await;
    }
    asked
}

fn main() -> io::Result<()> {
    if std::env::args().any(|arg| arg == "--wrong-order") {
        WRONG_ORDER.set(true);
        let lost = wake_in_the_gap("the loop sees that the inbox is empty");
        println!("result: {lost} of 1 wakeups lost: the loop slept until a timer was due");
        return Ok(());
    }
    let lost = wake_in_the_gap("the loop says that it is asleep");
    println!("result: {lost} of 1 wakeups lost");
    let due = timers_due_at_a_wake(|waker| study::wake_in(Duration::from_millis(100), waker));
    let how = if due == 0 { "mended" } else { "still wrong" };
    println!("{how}: a thread woke a task; timers that were due when it was polled: {due}");
    let (peak, server, servers) = (Peak::default(), study::serve(1)?, study::serve(SOURCES.len())?);
    println!("result: {:?}", block_on(one_by_one(server, peak.clone()))?);
    println!(
        "still wrong: one by one, {} of {} requests was under way at a time",
        peak.most(),
        SOURCES.len()
    );
    let asked = hushed(|| block_on(side_by_side(servers)));
    println!("still wrong: spawned, they were asked {asked} times whether they had ended");
    Ok(())
}
