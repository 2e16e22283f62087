//! Step 6: the bell.
//!
//! You know by now: tasks, wakers, timers and sockets, and that the loop sleeps in the kernel, where
//! a wake of another thread does not reach it.
//!
//! New: the inbox, where other threads leave keys, and the bell, with which they end the loop's
//! sleep: a `mio::Waker`, which makes an event for the loop's own `mio::Poll`. It is rung only
//! when the loop is asleep. So the two must agree, and the order of four steps decides (I4): the
//! sender pushes, then asks whether the loop is asleep; the loop says that it is, then asks for
//! messages. A fence between the two steps of each keeps the processor to that order.
//! The ready queue is the loop's own now, and has no lock any more.
//!
//! Try: `--wrong-order`. It lets the loop ask the inbox first and say "asleep" after, and has
//! another thread do its whole part in the gap between: its wake is lost, and a timer has to end
//! the sleep. Then take `bell.wake()` out and run it in the right order: see the count that was mended.
//!
//! For real: `src/wake/inbox.rs`, `src/wake/ready.rs`. `tests/model/` tries every order of the steps.

use crossbeam_queue::SegQueue;
use slab::Slab;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::{Future, poll_fn};
use std::io::{self, Read, Write};
use std::mem::{replace, take};
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst, fence};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};
use study::{Actor, Peak, actor, acts, by, came, say};

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
    inbox: Arc<Inbox>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        CURRENT.with_borrow(|current| match current {
            Some(core) if Arc::ptr_eq(&core.ready.inbox, &self.inbox) => core.ready.wake(self.key),
            _ => self.inbox.push(self.key),
        });
    }
}

/// How other threads reach the loop.
struct Inbox {
    messages: SegQueue<Key>,
    asleep: AtomicBool,
    bell: mio::Waker,
}

impl Inbox {
    /// Push first, ask after (I4). The flag is cleared, so that of many messages one rings.
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

    /// Runs `wait`, which hears whether it may block.
    fn sleep(&self, wait: impl FnOnce(bool)) {
        let wrong_order = WRONG_ORDER.load(SeqCst);
        let may_block = if wrong_order { self.ask_first() } else { self.say_first() };
        wait(may_block);
        // What is here and has not rung lay here all the time, or comes at this very moment.
        let rung = !self.asleep.swap(false, SeqCst);
        if may_block && !rung && !self.messages.is_empty() {
            say!("a message lies in the inbox, and the loop slept: a wakeup was lost (I4)");
            LOST.fetch_add(1, SeqCst);
        }
    }

    /// Says "asleep" first, and asks the inbox after: a message that comes between the two is
    /// seen, and one that comes later finds the loop asleep (I4).
    fn say_first(&self) -> bool {
        self.asleep.store(true, SeqCst);
        say!("the loop says that it is asleep");
        fence(SeqCst);
        gap();
        let is_empty = self.messages.is_empty();
        say!("the loop sees that the inbox {}", if is_empty { "is empty" } else { "has a message" });
        is_empty
    }

    /// The wrong order: a message that comes between is not seen, and its sender sees the loop
    /// awake.
    fn ask_first(&self) -> bool {
        let is_empty = self.messages.is_empty();
        say!("the loop sees that the inbox {}", if is_empty { "is empty" } else { "has a message" });
        gap();
        self.asleep.store(true, SeqCst);
        say!("the loop says that it is asleep");
        is_empty
    }
}

/// The moment between the two steps, in which another thread does the whole of its part.
fn gap() {
    if let Some(part) = GAP.take() {
        thread::spawn(part).join().expect("the thread does not panic");
    }
}

static WRONG_ORDER: AtomicBool = AtomicBool::new(false);
static LOST: AtomicUsize = AtomicUsize::new(0);
thread_local! {
    static GAP: Cell<Option<Box<dyn FnOnce() + Send>>> = const { Cell::new(None) };
}

/// The tasks that are to be polled. The loop's own thread only.
struct Ready {
    queue: RefCell<Queue>,
    inbox: Arc<Inbox>,
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
    /// Gives a slot a new task, already queued for its first poll.
    fn admit(&self, slot: usize) -> Key {
        let queue = &mut *self.queue.borrow_mut();
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
        let (queue, serial) = (&mut *self.queue.borrow_mut(), key.serial);
        let Some(state) = queue.live(key) else {
            return say!("{} wakes a task that has ended: nothing comes of it", actor());
        };
        if replace(&mut state.scheduled, true) {
            return say!("task {serial} is woken by {}, and is in the ready queue already", by(serial));
        }
        queue.keys.push_back(key);
        say!("task {serial} is woken by {}, and joins the ready queue", by(serial));
    }

    /// The flag is cleared before the poll, so that a wake during the poll counts (I2).
    fn pop(&self) -> Option<Key> {
        let queue = &mut *self.queue.borrow_mut();
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
        self.queue.borrow_mut().live(key).map(take).is_some()
    }
}

// ---- task: the slab that has the tasks ----------------------------------------------------

type Task = Pin<Box<dyn Future<Output = ()>>>;

struct Tasks {
    slots: RefCell<Slab<Option<Task>>>,
    ready: Rc<Ready>,
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
        let inbox = Arc::clone(&self.ready.inbox);
        let waker = Waker::from(Arc::new(TaskWaker { key, inbox }));
        say!("task {} is polled", key.serial);
        acts(Actor::Task(key.serial));
        let polled = task.as_mut().poll(&mut Context::from_waker(&waker));
        acts(Actor::Program);
        say!("the poll of task {} returns {}", key.serial, came(&polled));
        if polled.is_ready() {
            self.remove(key);
        } else if self.ready.queue.borrow_mut().live(key).is_some() {
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

const BELL: mio::Token = mio::Token(usize::MAX);

struct Reactor {
    poll: RefCell<mio::Poll>,
    events: RefCell<mio::Events>,
    sources: RefCell<Slab<[Side; 2]>>,
    /// By deadline; those of the same moment by their number.
    timers: RefCell<BTreeMap<(Instant, u64), Waker>>,
    timers_made: Cell<u64>,
}

/// One direction of a socket: whether a try may succeed, and which tasks wait for that.
struct Side {
    ready: bool,
    waiters: Vec<Waker>,
}

const READ: usize = 0;
const WRITE: usize = 1;
const VERBS: [&str; 2] = ["read from", "write to"];

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

    /// The only place where the loop sleeps: the kernel ends it for a socket, for the bell, or
    /// when the nearest deadline has come.
    fn wait(&self, may_block: bool) {
        let deadline = self.timers.borrow().keys().next().map(|(deadline, _)| *deadline);
        let mut timeout = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if may_block {
            say!("the loop sleeps until a timer is due, a socket has news, or another thread rings");
        } else {
            timeout = Some(Duration::ZERO);
        }
        match self.poll.borrow_mut().poll(&mut self.events.borrow_mut(), timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => panic!("{error}"),
            _ => {}
        }
    }

    /// Every task that waits for the socket is woken, and tries again (I6).
    fn deliver(&self) {
        let mut woken = Vec::new();
        for event in self.events.borrow().iter().filter(|event| event.token() != BELL) {
            let (slot, mut sources) = (event.token().0, self.sources.borrow_mut());
            let Some(sides) = sources.get_mut(slot) else { continue };
            let closed = event.is_error() || event.is_read_closed();
            for (side, ready) in sides.iter_mut().zip([event.is_readable(), event.is_writable()]) {
                if ready || closed {
                    side.ready = true;
                    woken.extend(side.waiters.drain(..).map(|waker| (slot, waker)));
                }
            }
        }
        // Nothing is borrowed any more: a waker may be any code (I3).
        for (slot, waker) in woken {
            acts(Actor::Socket(slot));
            waker.wake();
        }
        acts(Actor::Program);
    }
}

// ---- runtime: the loop --------------------------------------------------------------------

thread_local! {
    static CURRENT: RefCell<Option<Rc<Core>>> = const { RefCell::new(None) };
}

struct Core {
    ready: Rc<Ready>,
    tasks: Tasks,
    reactor: Rc<Reactor>,
}

fn current() -> Rc<Core> {
    CURRENT.with_borrow(Option::clone).expect("a runtime runs on this thread")
}

impl Core {
    fn new() -> io::Result<Self> {
        let poll = mio::Poll::new()?;
        let bell = mio::Waker::new(poll.registry(), BELL)?;
        let inbox = Inbox { messages: SegQueue::new(), asleep: AtomicBool::new(false), bell };
        let ready = Rc::new(Ready { queue: RefCell::default(), inbox: Arc::new(inbox) });
        let reactor = Reactor {
            poll: RefCell::new(poll),
            events: RefCell::new(mio::Events::with_capacity(1024)),
            sources: RefCell::default(),
            timers: RefCell::default(),
            timers_made: Cell::new(0),
        };
        let tasks = Tasks { slots: RefCell::default(), ready: Rc::clone(&ready) };
        Ok(Self { ready, tasks, reactor: Rc::new(reactor) })
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
        self.reactor.fire_due();
        if self.ready.queue.borrow().keys.is_empty() {
            self.ready.inbox.sleep(|may_block| self.reactor.wait(may_block));
            self.receive();
        }
        self.reactor.deliver();
    }

    fn receive(&self) {
        while let Some(key) = self.ready.inbox.messages.pop() {
            acts(Actor::Thread);
            say!("the loop receives a message from {}", actor());
            self.ready.wake(key);
        }
        acts(Actor::Program);
    }
}

/// Runs `future`, as a task, and all that it spawns.
fn block_on<T: 'static>(future: impl Future<Output = T> + 'static) -> T {
    let core = Rc::new(Core::new().expect("the system has descriptors"));
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

// ---- net: futures that wait on a socket ---------------------------------------------------

/// A socket that the reactor watches, until it is dropped.
struct TcpStream {
    socket: mio::net::TcpStream,
    slot: usize,
    reactor: Rc<Reactor>,
}

impl TcpStream {
    /// A new socket is worth a try, at reading and at writing.
    async fn connect(server: SocketAddr) -> io::Result<Self> {
        let (mut socket, reactor) = (mio::net::TcpStream::connect(server)?, Rc::clone(&current().reactor));
        let side = || Side { ready: true, waiters: Vec::new() };
        let slot = reactor.sources.borrow_mut().insert([side(), side()]);
        let both = mio::Interest::READABLE | mio::Interest::WRITABLE;
        reactor.poll.borrow().registry().register(&mut socket, mio::Token(slot), both)?;
        let stream = Self { socket, slot, reactor };
        stream.io(WRITE, is_connected).await?;
        Ok(stream)
    }

    /// Flag set: try. `WouldBlock`: clear the flag, leave a waker, wait (I6).
    async fn io<T>(
        &self,
        side: usize,
        mut attempt: impl FnMut(&mio::net::TcpStream) -> io::Result<T>,
    ) -> io::Result<T> {
        poll_fn(|cx| {
            while self.poll_ready(side, cx) {
                let answer = attempt(&self.socket);
                let blocks = answer.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
                let outcome = if blocks { "it would block" } else { "done" };
                say!("{} tries to {} socket {}: {outcome}", actor(), VERBS[side], self.slot);
                if !blocks {
                    return Poll::Ready(answer);
                }
                self.reactor.sources.borrow_mut()[self.slot][side].ready = false;
            }
            Poll::Pending
        })
        .await
    }

    /// Whether a try may succeed. If not, the next event wakes the task.
    fn poll_ready(&self, side: usize, cx: &Context<'_>) -> bool {
        let side = &mut self.reactor.sources.borrow_mut()[self.slot][side];
        if !side.ready {
            side.waiters.push(cx.waker().clone());
        }
        side.ready
    }

    async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io(READ, |mut socket| socket.read(buf)).await
    }

    async fn write_all(&self, mut buf: &[u8]) -> io::Result<()> {
        while !buf.is_empty() {
            let n = self.io(WRITE, |mut socket| socket.write(buf)).await?;
            buf = &buf[n..];
        }
        Ok(())
    }
}

fn is_connected(socket: &mio::net::TcpStream) -> io::Result<()> {
    match socket.take_error()? {
        Some(error) => Err(error),
        None => socket.peer_addr().map(drop).map_err(|_| io::ErrorKind::WouldBlock.into()),
    }
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        self.reactor.poll.borrow().registry().deregister(&mut self.socket).expect("it is registered");
        let sides = self.reactor.sources.borrow_mut().remove(self.slot);
        drop(sides);
    }
}

// ---- the program --------------------------------------------------------------------------

/// A task that another thread wakes while the loop sleeps until a timer is due, much later. Returns
/// how many timers were due when the task was polled again.
fn wake_while_the_loop_sleeps() -> u32 {
    block_on(async {
        let (deadline, mut asked) = (Instant::now() + Duration::from_millis(500), false);
        current().tasks.spawn(Sleep { deadline, timer: None });
        poll_fn(|cx| {
            if replace(&mut asked, true) {
                return Poll::Ready(u32::from(Instant::now() >= deadline));
            }
            let waker = cx.waker().clone();
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(100));
                waker.wake();
            });
            Poll::Pending
        })
        .await
    })
}

/// A task whose waker another thread calls in the gap, and a timer that ends the sleep
/// if the bell does not.
fn wake_in_the_gap() {
    block_on(async {
        current().tasks.spawn(Sleep { deadline: Instant::now() + Duration::from_millis(300), timer: None });
        let mut asked = false;
        poll_fn(|cx| {
            if replace(&mut asked, true) {
                return Poll::Ready(());
            }
            let waker = cx.waker().clone();
            GAP.set(Some(Box::new(|| waker.wake())));
            Poll::Pending
        })
        .await;
    });
}

async fn fetch(server: SocketAddr, source: &str) -> io::Result<String> {
    let (stream, mut answer) = (TcpStream::connect(server).await?, [0; 64]);
    stream.write_all(format!("{source}\n").as_bytes()).await?;
    let n = stream.read(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer[..n]).trim_end().to_owned())
}

fn main() -> io::Result<()> {
    let wrong_order = std::env::args().any(|arg| arg == "--wrong-order");
    WRONG_ORDER.store(wrong_order, SeqCst);
    wake_in_the_gap();
    println!("result: {} of 1 wakeups lost", LOST.load(SeqCst));
    if wrong_order {
        return Ok(());
    }
    let due = wake_while_the_loop_sleeps();
    println!("mended: a thread woke a task, which was polled when {due} timers were due");
    let (server, peak) = (study::serve(1)?, Peak::default());
    let under_way = peak.clone();
    let answers = block_on(async move {
        let mut answers = Vec::new();
        for source in ["users", "orders", "prices"] {
            answers.push(under_way.clone().during(fetch(server, source)).await);
        }
        answers
    });
    println!("result: {:?}", answers.into_iter().collect::<io::Result<Vec<_>>>()?);
    println!("still wrong: 3 requests of one task, {} under way at a time", peak.most());
    Ok(())
}
