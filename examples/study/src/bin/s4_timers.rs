//! Step 4: timers, and a runtime that the thread has.
//!
//! You know by now: tasks in a slab, a ready queue, and wakers that may be called late and often. For
//! each sleep, a thread sleeps.
//!
//! New: the loop sleeps for all of them. It keeps the deadlines in order, each with a waker; when the
//! queue is empty it sleeps until the nearest, and wakes what is due. A sleep that is dropped takes its
//! timer out (I8).
//!
//! That needs a second idea, the *context* (not that of a poll): a sleep must find the loop. So the
//! thread has it while it runs, in `CURRENT`, and `current()` gives it to any code that a task calls.
//! The future of `block_on`, the *root*, is a task like the others. Until step 9, a panic in a task
//! ends all tasks.
//!
//! In the story the loop sleeps twice from one timer to the next: the wake of a timer calls `unpark` on
//! the loop's own thread, and so the next park ends at once.
//!
//! Try later: write `thread::park()` for the park with a timeout: no timer is ever seen to be due.
//!
//! For real: `src/reactor/timers.rs`, `src/time/sleep.rs`, `src/runtime/context.rs`.

use slab::Slab;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::mem::replace;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use study::{Actor, acting, actor, by, hushed, say, tell_poll};

// ---- wake: which task was woken, each once, from any thread -------------------------------

include!("../settled/queue.rs"); // as in s3
include!("../settled/locked_ready.rs"); // as in s2

// ---- task: the slab that has the tasks ----------------------------------------------------

struct Tasks {
    slots: RefCell<Slab<Option<Task>>>,
    ready: Arc<Ready>,
}

include!("../settled/turn.rs"); // as in s3

// ---- reactor: what tasks wait for: the clock ----------------------------------------------

/// Its deadline, and its number, since two may have the same deadline.
type Timer = (Instant, u64);

#[derive(Default)]
struct Timers {
    pending: RefCell<BTreeMap<Timer, Waker>>,
    made: Cell<u64>,
}

impl Timers {
    fn put(&self, deadline: Instant, waker: &Waker) -> Timer {
        // A waker may be any code: one that others made may have a `Sleep` in it, whose drop borrows
        // `pending`. So no waker is cloned, called or dropped while `pending` is borrowed (I3).
        let waker = waker.clone();
        self.made.set(self.made.get() + 1);
        let timer = (deadline, self.made.get());
        self.pending.borrow_mut().insert(timer, waker);
        say!("{} sets timer {}", actor(), timer.1);
        timer
    }

    fn fire_due(&self) {
        while let Some((timer, waker)) = self.take_due() {
            say!("timer {} fires, since its time has come", timer.1);
            acting(Actor::Timer(timer.1), || waker.wake()); // wakes, and has the story say who does
        }
    }

    /// A function of its own, so that the borrow ends before the waker is called.
    fn take_due(&self) -> Option<(Timer, Waker)> {
        let mut pending = self.pending.borrow_mut();
        let first = pending.first_entry()?; // the map is ordered: the nearest deadline
        (first.key().0 <= Instant::now()).then(|| first.remove_entry())
    }
}

// ---- runtime: the loop --------------------------------------------------------------------

thread_local! {
    static CURRENT: RefCell<Option<Rc<Core>>> = const { RefCell::new(None) };
}

/// The loop that runs on this thread.
fn current() -> Rc<Core> {
    CURRENT.with_borrow(Option::clone).expect("a runtime runs on this thread")
}

/// Adds a task, to run beside the others; nothing awaits it.
fn spawn(future: impl Future<Output = ()> + 'static) -> Key {
    current().tasks.spawn(future)
}

struct Core {
    tasks: Tasks,
    timers: Timers,
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

    /// Asks what has come; no future is polled. The only place where the loop sleeps: a waker ends
    /// it, or the nearest deadline.
    fn poll_events(&self) {
        say!("the loop polls for events, because the queue ran dry");
        self.timers.fire_due();
        if self.tasks.ready.queue().keys.is_empty() {
            say!("the loop sleeps until a timer is due, or a waker is called");
            thread::park_timeout(self.timers.nearest().unwrap_or(Duration::MAX));
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

/// Its drop, also by a panic, ends the tasks that are left, and the loop.
struct EnterGuard;

impl Drop for EnterGuard {
    fn drop(&mut self) {
        // The tasks first: a sleep that is dropped asks for the loop. `take` leaves an empty slab, which is
        // not borrowed while they are dropped (I3).
        drop(current().tasks.slots.take());
        drop(CURRENT.take());
    }
}

// ---- time: futures that wait on the clock -------------------------------------------------

/// When it is dropped, it takes its timer out (I8).
struct Sleep {
    deadline: Instant,
    timer: Option<Timer>, // from its first poll on
}

fn sleep(duration: Duration) -> Sleep {
    Sleep { deadline: Instant::now() + duration, timer: None }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let core = current();
        let Some(timer) = self.timer else {
            self.timer = Some(core.timers.put(self.deadline, cx.waker()));
            return Poll::Pending;
        };
        if !core.timers.pending.borrow().contains_key(&timer) {
            return Poll::Ready(()); // `fire_due` has taken it out: the time has come
        }
        let waker = cx.waker().clone(); // that of the latest poll wins (I5)
        let _old = core.timers.pending.borrow_mut().insert(timer, waker); // dropped after the borrow (I3)
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            let _waker = current().timers.pending.borrow_mut().remove(&timer); // dropped after the borrow (I3)
        }
    }
}

// ---- details: for a second reading --------------------------------------------------------

impl Timers {
    /// How long it is until the nearest deadline.
    fn nearest(&self) -> Option<Duration> {
        let pending = self.pending.borrow();
        let (deadline, _) = pending.keys().next()?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }
}

impl Core {
    fn new() -> Self {
        let ready = Ready { queue: Mutex::default(), thread: thread::current() };
        let tasks = Tasks { slots: RefCell::default(), ready: Arc::new(ready) };
        Self { tasks, timers: Timers::default() }
    }
}

// ---- the program --------------------------------------------------------------------------

fn main() -> io::Result<()> {
    let order = Rc::new(RefCell::new(Vec::new()));
    let all = Rc::clone(&order);
    block_on(async move {
        for ms in [90, 30, 60] {
            let (order, sleep) = (Rc::clone(&all), sleep(Duration::from_millis(ms)));
            spawn(async move {
                sleep.await;
                order.borrow_mut().push(ms);
            });
        }
    });
    println!("result: {:?} in the order of their ends", order.take());
    // A thread is the server, for one client at a time. The tries are not told of.
    let socket = study::ask(study::serve(1)?, "users")?;
    let tries = hushed(|| block_on(study::tries_until_an_answer(socket)))?;
    println!("still wrong: one answer of a socket took {tries} tries to read");
    Ok(())
}
