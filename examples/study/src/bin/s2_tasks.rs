//! Step 2: tasks.
//!
//! You know by now: a future is polled when its waker was called, and the thread is parked meanwhile.
//! With one future, there is nothing else to do meanwhile.
//!
//! New: many futures share the thread. Each is a *task*: it has a slot, and a waker of its own, which
//! puts the task's key into the *ready queue*. The loop polls what is in the queue, a *turn* for each
//! key; when it is empty, the loop parks. A task that waits lies in its slot, and in no queue until its
//! waker is called. The loop is the last of what is new; read it first: then `TaskWaker`, its `Ready`,
//! and the `Queue` in that.
//!
//! A part that stays as it was, like the sleep here, lies in `src/settled/`: one line takes it in, and
//! says which step shows it. Some calls are there for the story alone. `say!` prints a sentence of it,
//! and what begins with `tell` does, too: `tell_poll` runs a poll and tells of it. `by(task)` says who
//! acts, or "itself" if it is that task.
//!
//! Try later: take the `unpark` out: the loop parks although a key is in its queue, and never hears of
//! it.
//!
//! For real: `src/task/slab.rs`, `src/wake/ready.rs`.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;
use study::{by, say, spawn_thread, tell_poll, threads, wakes_itself};

// ---- wake: which task was woken, from any thread ------------------------------------------

/// Which task: its slot. Tasks are told of as 1, 2, 3.
type Key = usize;

#[derive(Default)]
struct Queue {
    keys: VecDeque<Key>,
}

impl Queue {
    /// Queues the task for a poll.
    fn wake(&mut self, key: Key) {
        self.keys.push_back(key);
        say!("task {} is woken by {}, and joins the ready queue", key + 1, by(key as u32 + 1));
    }

    fn pop(&mut self) -> Option<Key> {
        self.keys.pop_front()
    }
}

/// Any thread may hold it, and call it at any time.
struct TaskWaker {
    key: Key,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.ready.queue().wake(self.key);
        self.ready.thread.unpark();
    }
}

/// The tasks that are to be polled. Any thread may add one.
struct Ready {
    queue: Mutex<Queue>,
    thread: Thread,
}

impl Ready {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect("no panic while it is locked")
    }

    fn waker(self: &Arc<Self>, key: Key) -> Waker {
        Waker::from(Arc::new(TaskWaker { key, ready: Arc::clone(self) }))
    }

    /// The lock is free again when this returns, so that the turn may wake.
    fn pop(&self) -> Option<Key> {
        self.queue().pop()
    }
}

// ---- task: the slots that have the tasks --------------------------------------------------

struct Tasks {
    slots: RefCell<Vec<Option<Task>>>,
    ready: Arc<Ready>,
}

/// The future lies on the heap: its box may move, and it does not.
type Task = Pin<Box<dyn Future<Output = ()>>>;

impl Tasks {
    /// Gives a future a slot, and queues it for its first poll.
    fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        let slot = self.slots.borrow().len();
        self.slots.borrow_mut().push(Some(Box::pin(future)));
        self.ready.queue().keys.push_back(slot);
        say!("task {} has slot {slot}, and joins the ready queue for its first poll", slot + 1);
    }

    /// One poll. The future is taken out: no `RefCell` is borrowed while a task's code runs (I3).
    fn turn(&self, key: Key) {
        // The borrow ends with this line.
        let Some(mut task) = self.slots.borrow_mut()[key].take() else { return }; // it has ended
        let waker = self.ready.waker(key);
        let polled = tell_poll(key as u32 + 1, || task.as_mut().poll(&mut Context::from_waker(&waker)));
        if polled.is_pending() {
            self.slots.borrow_mut()[key] = Some(task);
        }
    }
}

// ---- runtime: the loop --------------------------------------------------------------------

impl Tasks {
    /// In the place of `block_on`, since no task is the one to wait for.
    /// Runs the tasks until all have ended.
    fn run(&self) {
        while self.slots.borrow().iter().any(Option::is_some) {
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
    tasks.spawn(async { drop(wakes_itself(3).await) });
    tasks.turn(tasks.ready.pop().expect("it is queued")); // it calls its waker three times
    let (queued, slots) = (tasks.ready.queue().keys.len(), tasks.slots.borrow().len());
    println!("still wrong: woken 3 times at once, a task is queued {queued} times");
    tasks.run();
    println!("still wrong: all tasks have ended, and {slots} slots are taken");
    println!("still wrong: {} sleeps had {} threads", order.borrow().len(), threads());
}
