//! Step 3: a slab, and keys that tell an old task from a new one.
//!
//! You know by now: tasks that share a thread, a queue of those that are to be polled, and a waker
//! that puts its task into it. Woken three times, a task is in the queue three times; and a
//! task that has ended keeps its slot for ever.
//!
//! New: a slot is used again. So a key is a slot and a serial, and a waker of an old task is known by
//! its serial, and ignored (I9). Each slot has a flag, "scheduled": a key is in the queue at most
//! once (I1). The flag is cleared before the poll: a wake during the poll counts (I2).
//!
//! Try: clear the flag after the poll, not in `pop`: a task that wakes itself is never polled
//! again. Compare slots only, not serials: the late waker wakes a stranger.
//!
//! For real: `src/wake/state.rs`, `src/wake/slots.rs`, `src/wake/key.rs`.

use slab::Slab;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::mem::{replace, take};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;
use study::{Actor, actor, acts, by, came, say};

// ---- wake: which task was woken, each once, from any thread -------------------------------

/// Which task: its slot, and the serial that no other task has.
#[derive(Clone, Copy)]
struct Key {
    slot: usize,
    serial: u64,
}

/// Any thread may hold it, and call it at any time.
struct TaskWaker {
    key: Key,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.ready.wake(self.key);
    }
}

/// The tasks that are to be polled. Any thread may add one.
struct Ready {
    queue: Mutex<Queue>,
    thread: Thread,
}

#[derive(Default)]
struct Queue {
    states: Vec<TaskState>,
    keys: VecDeque<Key>,
    serials: u64,
}

/// What the queue knows of a slot. The serial is zero when the slot is empty.
#[derive(Clone, Default)]
struct TaskState {
    serial: u64,
    scheduled: bool,
}

impl Queue {
    /// The state of a task that has not ended. A stale key has none (I9).
    fn live(&mut self, key: Key) -> Option<&mut TaskState> {
        self.states.get_mut(key.slot).filter(|state| state.serial == key.serial)
    }
}

impl Ready {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect("no panic while it is locked")
    }

    /// Gives a slot a new task, already queued for its first poll.
    fn admit(&self, slot: usize) -> Key {
        let queue = &mut *self.queue();
        queue.serials += 1;
        let key = Key { slot, serial: queue.serials };
        let slots = queue.states.len().max(slot + 1);
        queue.states.resize(slots, TaskState::default());
        queue.states[slot] = TaskState { serial: key.serial, scheduled: true };
        queue.keys.push_back(key);
        say!("task {} has slot {slot}, and joins the ready queue for its first poll", key.serial);
        key
    }

    /// Queues the task for a poll, unless it is queued already (I1).
    fn wake(&self, key: Key) {
        let (queue, serial) = (&mut *self.queue(), key.serial);
        let Some(state) = queue.live(key) else {
            return say!("{} wakes a task that has ended: nothing comes of it", actor());
        };
        if replace(&mut state.scheduled, true) {
            return say!("task {serial} is woken by {}, and is in the ready queue already", by(serial));
        }
        queue.keys.push_back(key);
        say!("task {serial} is woken by {}, and joins the ready queue", by(serial));
        self.thread.unpark();
    }

    /// The flag is cleared before the poll, so that a wake during the poll counts (I2).
    fn pop(&self) -> Option<Key> {
        let queue = &mut *self.queue();
        while let Some(key) = queue.keys.pop_front() {
            if let Some(state) = queue.live(key) {
                state.scheduled = false;
                return Some(key);
            }
        }
        None
    }

    /// Empties the slot: the task's keys are stale from now on. Says whether it was there still.
    fn evict(&self, key: Key) -> bool {
        self.queue().live(key).map(take).is_some()
    }
}

// ---- task: the slab that has the tasks ----------------------------------------------------

type Task = Pin<Box<dyn Future<Output = ()>>>;

struct Tasks {
    slots: RefCell<Slab<Option<Task>>>,
    ready: Arc<Ready>,
}

impl Tasks {
    fn new() -> Self {
        let ready = Ready { queue: Mutex::default(), thread: thread::current() };
        Self { slots: RefCell::default(), ready: Arc::new(ready) }
    }

    /// Runs the tasks until none is left, and returns how many polls that took.
    fn run(&self) -> u32 {
        let mut polls = 0;
        while !self.slots.borrow().is_empty() {
            match self.ready.pop() {
                Some(key) => {
                    polls += 1;
                    self.turn(key);
                }
                None => thread::park(), // until a waker is called
            }
        }
        polls
    }

    fn spawn(&self, future: impl Future<Output = ()> + 'static) -> Key {
        let slot = self.slots.borrow_mut().insert(Some(Box::pin(future)));
        self.ready.admit(slot)
    }

    /// One poll. The future is taken out, so that nothing is borrowed while it runs (I3).
    fn turn(&self, key: Key) {
        let taken = self.slots.borrow_mut()[key.slot].take();
        let Some(mut task) = taken else { return };
        let ready = Arc::clone(&self.ready);
        let waker = Waker::from(Arc::new(TaskWaker { key, ready }));
        say!("task {} is polled", key.serial);
        acts(Actor::Task(key.serial));
        let polled = task.as_mut().poll(&mut Context::from_waker(&waker));
        acts(Actor::Program);
        say!("the poll of task {} returns {}", key.serial, came(&polled));
        if polled.is_ready() {
            self.remove(key);
        } else if self.ready.queue().live(key).is_some() {
            self.slots.borrow_mut()[key.slot] = Some(task);
        }
    }

    /// Takes out a task that is not to be polled any more.
    fn remove(&self, key: Key) {
        if self.ready.evict(key) {
            let task = self.slots.borrow_mut().remove(key.slot);
            drop(task); // nothing is borrowed any more: this may run any code (I3)
        }
    }
}

// ---- time: futures that wait on the clock -------------------------------------------------

/// A thread sleeps for it, and calls the waker of the latest poll.
#[derive(Default)]
struct Sleep {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    over: bool,
    waker: Option<Waker>,
}

static THREADS: AtomicU32 = AtomicU32::new(0);

fn sleep(duration: Duration) -> Sleep {
    let sleep = Sleep::default();
    let shared = Arc::clone(&sleep.shared);
    THREADS.fetch_add(1, Relaxed);
    thread::spawn(move || {
        thread::sleep(duration);
        let mut shared = shared.lock().expect("no panic while it is locked");
        shared.over = true;
        shared.waker.take().into_iter().for_each(Waker::wake);
    });
    sleep
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.shared.lock().expect("no panic while it is locked");
        if shared.over {
            return Poll::Ready(());
        }
        shared.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

// ---- the program --------------------------------------------------------------------------

/// Wakes itself three times in its first poll, ends in its second, and leaves its waker.
async fn wakes_itself(late: Arc<Mutex<Option<Waker>>>) {
    let mut woken = false;
    poll_fn(|cx| {
        if replace(&mut woken, true) {
            return Poll::Ready(());
        }
        (0..3).for_each(|_| cx.waker().wake_by_ref());
        *late.lock().expect("no panic while it is locked") = Some(cx.waker().clone());
        Poll::Pending
    })
    .await;
}

fn main() {
    let (tasks, order) = (Tasks::new(), Arc::<Mutex<Vec<u64>>>::default());
    for ms in [300, 100, 200] {
        let order = Arc::clone(&order);
        tasks.spawn(async move {
            sleep(Duration::from_millis(ms)).await;
            order.lock().expect("no panic while it is locked").push(ms);
        });
    }
    tasks.run();
    println!("result: {:?} in the order of their ends", order.lock().expect("the tasks have ended"));
    let late = Arc::default();
    tasks.spawn(wakes_itself(Arc::clone(&late)));
    let polls = tasks.run();
    println!("result: woken 3 times at once, a task was queued once: {polls} polls");
    tasks.spawn(async {}); // it gets the slot of the task that has ended
    late.lock().expect("the task has ended").take().into_iter().for_each(Waker::wake);
    let (polls, slots) = (tasks.run(), tasks.slots.borrow().len());
    println!("result: woken by a stranger's waker, a task had {polls} poll; {slots} slots are taken");
    println!("still wrong: 3 sleeps took {} threads", THREADS.load(Relaxed));
}
