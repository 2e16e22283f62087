//! Step 3: a slab, and keys that tell an old task from a new one.
//!
//! You know by now: tasks that share a thread, and wakers that put them into a queue. Woken three
//! times, a task is queued three times; and one that has ended keeps its slot for ever.
//!
//! New: a slot is used again. So a key is a slot and a *serial*: a waker of an old task is known by its
//! serial, and ignored (I9). Each slot has a flag, "scheduled": a key is in the queue at most once
//! (I1). The flag is cleared before the poll: a wake during the poll counts (I2). The flags lie apart
//! from the futures, since any thread may touch a flag, and only this one a future.
//!
//! Try later: clear the flag after the poll, not in `pop`: a task that wakes itself is never polled
//! again.
//!
//! For real: `src/wake/state.rs`, `src/wake/slots.rs`, `src/wake/key.rs`.

use slab::Slab;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem::replace;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;
use study::{actor, by, say, spawn_thread, tell_poll, threads, wakes_itself};

// ---- wake: which task was woken, each once, from any thread -------------------------------

/// Which task: its slot, and its serial, which no other task of the process has.
#[derive(Clone, Copy)]
struct Key {
    slot: usize,
    serial: u32,
}

/// `Relaxed` orders nothing else, which is enough for a counter.
static SERIALS: AtomicU32 = AtomicU32::new(1);

#[derive(Default)]
struct Queue {
    states: Vec<TaskState>,
    keys: VecDeque<Key>,
}

/// What the queue knows of a slot. An empty one has no serial.
#[derive(Clone, Default)]
struct TaskState {
    serial: Option<u32>,
    scheduled: bool,
}

impl Queue {
    /// Gives a slot a new task, already queued for its first poll.
    fn admit(&mut self, slot: usize) -> Key {
        let key = Key { slot, serial: SERIALS.fetch_add(1, Relaxed) };
        if slot == self.states.len() {
            self.states.push(TaskState::default()); // a slot that is new
        }
        self.states[slot] = TaskState { serial: Some(key.serial), scheduled: true };
        self.keys.push_back(key);
        say!("task {} has slot {slot}, and joins the ready queue for its first poll", key.serial);
        key
    }

    /// The state of a task that has not ended. A *stale* key, one of a task that has ended, has none (I9).
    fn live(&mut self, key: Key) -> Option<&mut TaskState> {
        self.states.get_mut(key.slot).filter(|state| state.serial == Some(key.serial))
    }

    /// Queues the task for a poll, unless it is queued already (I1).
    fn wake(&mut self, key: Key) {
        let serial = key.serial;
        let Some(state) = self.live(key) else {
            say!("{} wakes a task that has ended: nothing comes of it", actor()); // who acts
            return;
        };
        if replace(&mut state.scheduled, true) {
            say!("task {serial} is woken by {}, and is in the ready queue already", by(serial));
            return;
        }
        self.keys.push_back(key);
        say!("task {serial} is woken by {}, and joins the ready queue", by(serial));
    }

    /// The flag is cleared before the poll, so that a wake during the poll counts (I2). A task that wakes
    /// itself during its last poll leaves a stale key here.
    fn pop(&mut self) -> Option<Key> {
        while let Some(key) = self.keys.pop_front() {
            if let Some(state) = self.live(key) {
                state.scheduled = false;
                return Some(key);
            }
        }
        None
    }

    /// Empties the slot: its task's keys are stale from now on.
    fn evict(&mut self, slot: usize) {
        self.states[slot] = TaskState::default();
    }
}

include!("../settled/locked_ready.rs"); // as in s2

// ---- task: the slab that has the tasks ----------------------------------------------------

/// A `Slab` is a `Vec` with holes: `insert` gives a free number, and `remove` frees it.
struct Tasks {
    slots: RefCell<Slab<Option<Task>>>,
    ready: Arc<Ready>,
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
        if polled.is_pending() {
            self.slots.borrow_mut()[key.slot] = Some(task);
        } else {
            self.remove(key);
        }
    }

    fn remove(&self, key: Key) {
        self.ready.queue().evict(key.slot);
        self.slots.borrow_mut().remove(key.slot);
    }
}

// ---- runtime: the loop --------------------------------------------------------------------

impl Tasks {
    /// Runs the tasks until all have ended.
    fn run(&self) {
        while !self.slots.borrow().is_empty() {
            match self.ready.pop() {
                Some(key) => self.turn(key),
                None => thread::park(), // until a waker is called, or at once if one was
            }
        }
    }
}

// ---- time: futures that wait on the clock -------------------------------------------------

include!("../settled/thread_sleep.rs"); // as in s1

// ---- details: for a second reading --------------------------------------------------------

impl Tasks {
    fn new() -> Self {
        let ready = Ready { queue: Mutex::default(), thread: thread::current() };
        Self { slots: RefCell::default(), ready: Arc::new(ready) }
    }
}

// ---- the program --------------------------------------------------------------------------

fn main() {
    let (tasks, order) = (Tasks::new(), Rc::<RefCell<Vec<u64>>>::default());
    for ms in [300, 100, 200] {
        let order = Rc::clone(&order);
        tasks.spawn(async move {
            sleep(Duration::from_millis(ms)).await;
            order.borrow_mut().push(ms);
        });
    }
    tasks.run();
    println!("result: {:?} in the order of their ends", order.borrow());
    let late = Rc::<RefCell<Vec<Waker>>>::default();
    let wakers = Rc::clone(&late);
    tasks.spawn(async move { *wakers.borrow_mut() = wakes_itself(3).await });
    tasks.turn(tasks.ready.pop().expect("it is queued")); // it calls its waker three times
    println!("result: woken 3 times at once, a task is queued {} time", tasks.ready.queue().keys.len());
    tasks.run();
    tasks.spawn(async {}); // it gets the slot of the task that has ended
    late.borrow()[0].wake_by_ref();
    let queued = tasks.ready.queue().keys.len();
    tasks.run();
    let slots = tasks.slots.borrow().len();
    println!("result: the old task's waker queued the new one {} times; {slots} slots are taken", queued - 1);
    println!("still wrong: {} sleeps had {} threads", order.borrow().len(), threads());
}
