//! Step 4: timers.
//!
//! You know by now: tasks in a slab, a ready queue, wakers that may be called late and often.
//!
//! New: no thread sleeps for a task any more. The loop does: it keeps the deadlines in order, each
//! with a waker; when the queue runs dry it sleeps until the nearest, and wakes those that are
//! due. A sleep that is dropped takes its timer out. So a sleep must find the loop: the thread
//! has it (`CURRENT`) while it runs. And the future of `block_on` is a task like the others.
//!
//! Try: leave the `Drop` of `Sleep` out, and drop a sleep that was polled: its timer fires all the
//! same, and wakes a task that no longer waits for it. Give all three sleeps one deadline, and write
//! `if let` for `while let` in `fire_due`: count how often the loop polls for events.
//!
//! For real: `src/reactor/timers.rs`, `src/time/sleep.rs`.

use slab::Slab;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::{Future, poll_fn};
use std::io::{self, Read, Write};
use std::mem::{replace, take};
use std::net::TcpStream;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use study::{Actor, actor, acts, by, came, hushed, say};

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

// ---- reactor: what tasks wait for: sockets and the clock ----------------------------------

#[derive(Default)]
struct Reactor {
    /// By deadline; those of the same moment by their number.
    timers: RefCell<BTreeMap<(Instant, u64), Waker>>,
    timers_made: Cell<u64>,
}

impl Reactor {
    fn fire_due(&self) {
        let now = Instant::now();
        while let Some((timer, waker)) = self.take_due(now) {
            say!("timer {timer} fires, since its time has come");
            acts(Actor::Timer(timer));
            waker.wake();
        }
        acts(Actor::Program);
    }

    fn place_timer(&self, deadline: Instant, waker: &Waker) -> u64 {
        let timer = self.timers_made.get() + 1;
        self.timers_made.set(timer);
        self.timers.borrow_mut().insert((deadline, timer), waker.clone());
        say!("{} sets timer {timer}", actor());
        timer
    }

    /// A function of its own, so that the borrow ends before the waker is called (I3).
    fn take_due(&self, now: Instant) -> Option<(u64, Waker)> {
        let mut timers = self.timers.borrow_mut();
        let first = timers.first_entry().filter(|first| first.key().0 <= now)?;
        let ((_, timer), waker) = first.remove_entry();
        Some((timer, waker))
    }

    /// The only place where the loop sleeps: a waker ends it, or the nearest deadline.
    fn wait(&self) {
        let deadline = self.timers.borrow().keys().next().map(|(deadline, _)| *deadline);
        say!("the loop sleeps until a timer is due or a waker is called");
        match deadline {
            Some(deadline) => thread::park_timeout(deadline.saturating_duration_since(Instant::now())),
            None => thread::park(),
        }
    }
}

// ---- runtime: the loop --------------------------------------------------------------------

thread_local! {
    static CURRENT: RefCell<Option<Rc<Core>>> = const { RefCell::new(None) };
}

struct Core {
    ready: Arc<Ready>,
    tasks: Tasks,
    reactor: Reactor,
}

fn current() -> Rc<Core> {
    CURRENT.with_borrow(Option::clone).expect("a runtime runs on this thread")
}

impl Core {
    fn new() -> Self {
        let ready = Arc::new(Ready { queue: Mutex::default(), thread: thread::current() });
        let tasks = Tasks { slots: RefCell::default(), ready: Arc::clone(&ready) };
        Self { ready, tasks, reactor: Reactor::default() }
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
        self.reactor.fire_due();
        let idle = self.ready.queue().keys.is_empty();
        if idle {
            self.reactor.wait();
        }
    }
}

/// Runs `future`, as a task, and all that it spawns.
fn block_on<T: 'static>(future: impl Future<Output = T> + 'static) -> T {
    let core = Rc::new(Core::new());
    drop(CURRENT.replace(Some(Rc::clone(&core))));
    let output = Rc::new(Cell::new(None));
    let root = Rc::clone(&output);
    core.tasks.spawn(async move { root.set(Some(future.await)) });
    core.drive();
    drop(CURRENT.take());
    output.take().expect("the root has ended")
}

// ---- time: futures that wait on the clock -------------------------------------------------

struct Sleep {
    deadline: Instant,
    timer: Option<u64>,
}

fn sleep(duration: Duration) -> Sleep {
    Sleep { deadline: Instant::now() + duration, timer: None }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let reactor = &current().reactor;
        let Some(timer) = self.timer else {
            self.timer = Some(reactor.place_timer(self.deadline, cx.waker()));
            return Poll::Pending;
        };
        match reactor.timers.borrow_mut().get_mut(&(self.deadline, timer)) {
            Some(waker) => waker.clone_from(cx.waker()), // the latest poll's waker wins (I5)
            None => return Poll::Ready(()),
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            let waker = current().reactor.timers.borrow_mut().remove(&(self.deadline, timer));
            drop(waker);
        }
    }
}

// ---- the program --------------------------------------------------------------------------

/// Asks a socket again and again, since nothing else can be done with it: returns how often.
async fn tries_until_an_answer(mut socket: TcpStream) -> io::Result<u32> {
    let mut tries = 0;
    poll_fn(|cx| {
        tries += 1;
        match socket.read(&mut [0; 64]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => cx.waker().wake_by_ref(),
            answer => return Poll::Ready(answer),
        }
        Poll::Pending
    })
    .await?;
    Ok(tries)
}

fn main() -> io::Result<()> {
    let order = Rc::new(RefCell::new(Vec::new()));
    let all = Rc::clone(&order);
    block_on(async move {
        for ms in [90, 30, 60] {
            let (all, sleep) = (Rc::clone(&all), sleep(Duration::from_millis(ms)));
            current().tasks.spawn(async move {
                sleep.await;
                all.borrow_mut().push(ms);
            });
        }
    });
    println!("result: {:?} in the order of their ends", order.take());
    let mut socket = TcpStream::connect(study::serve(1)?)?;
    socket.set_nonblocking(true)?;
    socket.write_all(b"users\n")?;
    let tries = hushed(|| block_on(tries_until_an_answer(socket)))?;
    println!("still wrong: one answer of a socket took {tries} tries to read");
    Ok(())
}
