//! Step 2: tasks.
//!
//! You know by now: a future is polled when its waker was called, and the thread is parked
//! meanwhile. With one future, there is nothing else to do meanwhile.
//!
//! New: many futures share the thread. Each is a task: it has a slot, and a waker of its own, which
//! puts the task's key into the ready queue. The loop polls what is in the queue; when that is
//! empty, it parks. A task that waits is in no queue: only its waker knows it.
//!
//! Try: have the task that wakes itself do it thirty times. Take the `unpark` out: the loop parks
//! although a key is in its queue, and hears of it never.
//!
//! For real: `src/task/slab.rs`, `src/wake/ready.rs`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::mem::replace;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;
use study::{Actor, acts, by, came, say};

// ---- wake: which task was woken, each once, from any thread -------------------------------

/// Which task: its slot.
type Key = usize;

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
    keys: VecDeque<Key>,
}

impl Ready {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect("no panic while it is locked")
    }

    /// Queues a new task for its first poll.
    fn admit(&self, key: Key) -> Key {
        self.queue().keys.push_back(key);
        say!("task {} has slot {key}, and joins the ready queue for its first poll", key + 1);
        key
    }

    /// Queues the task for a poll.
    fn wake(&self, key: Key) {
        self.queue().keys.push_back(key);
        say!("task {} is woken by {}, and joins the ready queue", key + 1, by(key as u64 + 1));
        self.thread.unpark();
    }

    fn pop(&self) -> Option<Key> {
        self.queue().keys.pop_front()
    }
}

// ---- task: the slab that has the tasks ----------------------------------------------------

type Task = Pin<Box<dyn Future<Output = ()>>>;

struct Tasks {
    slots: RefCell<Vec<Option<Task>>>,
    left: Cell<usize>,
    ready: Arc<Ready>,
}

impl Tasks {
    fn new() -> Self {
        let ready = Ready { queue: Mutex::default(), thread: thread::current() };
        Self { slots: RefCell::default(), left: Cell::new(0), ready: Arc::new(ready) }
    }

    /// Runs the tasks until none is left, and returns how many polls that took.
    fn run(&self) -> u32 {
        let mut polls = 0;
        while self.left.get() > 0 {
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
        self.slots.borrow_mut().push(Some(Box::pin(future)));
        self.left.set(self.left.get() + 1);
        self.ready.admit(self.slots.borrow().len() - 1)
    }

    /// One poll. The future is taken out, so that nothing is borrowed while it runs (I3).
    fn turn(&self, key: Key) {
        let taken = self.slots.borrow_mut()[key].take();
        let Some(mut task) = taken else { return };
        let ready = Arc::clone(&self.ready);
        let waker = Waker::from(Arc::new(TaskWaker { key, ready }));
        say!("task {} is polled", key + 1);
        acts(Actor::Task(key as u64 + 1));
        let polled = task.as_mut().poll(&mut Context::from_waker(&waker));
        acts(Actor::Program);
        say!("the poll of task {} returns {}", key + 1, came(&polled));
        if polled.is_ready() {
            self.left.set(self.left.get() - 1);
        } else {
            self.slots.borrow_mut()[key] = Some(task);
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

/// Wakes itself three times in its first poll, and ends in its second.
async fn wakes_itself() {
    let mut woken = false;
    poll_fn(|cx| {
        if replace(&mut woken, true) {
            return Poll::Ready(());
        }
        (0..3).for_each(|_| cx.waker().wake_by_ref());
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
    tasks.spawn(wakes_itself());
    let polls = tasks.run();
    let queued = polls as usize - 1 + tasks.ready.queue().keys.len();
    println!("still wrong: woken 3 times at once, a task was queued {queued} times");
    let slots = tasks.slots.borrow().len();
    println!("still wrong: all tasks have ended, and {slots} slots are taken");
    println!("still wrong: 3 sleeps took {} threads", THREADS.load(Relaxed));
}
