//! Step 9: panics, and drops at any moment.
//!
//! You know by now: all parts of a runtime. But one task that panics ends all, and a task that is
//! dropped while the slab is borrowed, and that uses the slab in its drop, panics, too.
//!
//! New: a cell that holds a future, then its output, `MaybeDone`. The slab has an `Rc` of it, and a
//! turn clones that: nothing is borrowed while the future runs but its own cell, and code that wants
//! the same cell is refused by `try_borrow_mut` (I3). A panic is caught where the poll is, and is a
//! result like any other: a gather raises it again in the task that awaits. The tasks that are
//! left at the end are dropped one by one, each out of the slab first (I10).
//!
//! Try: keep the slab borrowed during the poll in `turn` (`let slots = self.slots.borrow();`): the
//! first gather panics, and where does that panic end? Take `catch_unwind` out of `MaybeDone::poll`,
//! and see which counts below go wrong again.
//!
//! For real: `src/task/maybe_done.rs`, `src/task/slab.rs`, `src/wake/foreign.rs`, and then all of
//! src, in the order of the README. What is still missing here is counted below.

use crossbeam_queue::SegQueue;
use slab::Slab;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::{Future, poll_fn};
use std::io::{self, Read, Write};
use std::mem::{replace, take};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst, fence};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};
use std::thread;
use std::time::{Duration, Instant};
use study::{Actor, actor, acts, by, came, say};

// ---- wake: which task was woken, each once, from any thread -------------------------------

/// Which task: its runtime, its slot there, and the serial that no other task has for a long time.
#[derive(Clone, Copy)]
struct Key {
    runtime: usize,
    slot: usize,
    serial: u64,
}

const SLOTS: usize = 1 << 26;
const GENERATIONS: usize = 1 << 24;

impl Key {
    /// In one word of 64 bits.
    fn bits(self) -> usize {
        (self.runtime * SLOTS + self.slot) * GENERATIONS + self.serial as usize
    }

    fn from_bits(bits: usize) -> Self {
        let (rest, serial) = (bits / GENERATIONS, (bits % GENERATIONS) as u64);
        Self { runtime: rest / SLOTS, slot: rest % SLOTS, serial }
    }
}

// `wake` twice: by value and by reference are the same, as there is nothing to drop.
static VTABLE: RawWakerVTable = RawWakerVTable::new(copy, wake, wake, forget);

fn copy(data: *const ()) -> RawWaker {
    RawWaker::new(data, &VTABLE)
}

fn forget(_: *const ()) {}

/// Any thread may hold it, and call it at any time.
#[allow(unsafe_code)]
fn waker(key: Key) -> Waker {
    // SAFETY: the four functions read the pointer as a number, and never as an address. So they
    // hold for any number, on any thread, however often and late they are called (I9).
    unsafe { Waker::new(ptr::without_provenance(key.bits()), &VTABLE) }
}

fn wake(data: *const ()) {
    let key = Key::from_bits(data.addr());
    CURRENT.with_borrow(|current| match current {
        Some(core) if core.ready.number == key.runtime => core.ready.wake(key),
        _ => send(key),
    });
}

/// The inboxes, by the number of their runtime.
static TABLE: Mutex<Slab<Arc<Inbox>>> = Mutex::new(Slab::new());

/// A message for a runtime that is gone is dropped.
fn send(key: Key) {
    let table = TABLE.lock().expect("no panic while it is locked");
    table.get(key.runtime).into_iter().for_each(|inbox| inbox.push(key));
}

/// How other threads reach the loop.
struct Inbox {
    messages: SegQueue<Key>,
    asleep: AtomicBool,
    bell: mio::Waker,
}

impl Inbox {
    /// Push first, ask after: the other order than the loop's (I4).
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

    /// Says "asleep" first, and asks the inbox after (I4). `wait` hears whether it may block.
    fn sleep(&self, wait: impl FnOnce(bool)) {
        self.asleep.store(true, SeqCst);
        fence(SeqCst);
        wait(self.messages.is_empty());
        self.asleep.store(false, SeqCst);
    }
}

/// The tasks that are to be polled. The loop's own thread only.
struct Ready {
    number: usize,
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
        queue.serials = queue.serials % (GENERATIONS as u64 - 1) + 1; // never zero
        let key = Key { runtime: self.number, slot, serial: queue.serials };
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

impl Drop for Ready {
    fn drop(&mut self) {
        TABLE.lock().expect("no panic while it is locked").remove(self.number);
    }
}

// ---- task: the slab that has the tasks ----------------------------------------------------

/// What has a slot: a task, or all children of one gather, of which each has a slot.
trait Runnable {
    /// Polls the future of this index (a task has one). Never panics.
    fn poll(&self, index: usize, cx: &mut Context<'_>) -> Poll<()>;

    /// Drops that future. Never panics.
    fn cancel(&self, index: usize);
}

struct Tasks {
    slots: RefCell<Slab<(Rc<dyn Runnable>, usize)>>,
    ready: Rc<Ready>,
}

impl Tasks {
    fn spawn<F: Future + 'static>(&self, future: F) -> Rc<MaybeDone<F>> {
        let task = Rc::new(MaybeDone::new(future));
        self.admit(Rc::clone(&task) as Rc<dyn Runnable>, 0);
        task
    }

    fn admit(&self, task: Rc<dyn Runnable>, index: usize) -> Key {
        let slot = self.slots.borrow_mut().insert((task, index));
        self.ready.admit(slot)
    }

    /// One poll. The turn has an `Rc` of its own, so nothing is borrowed while it runs (I3).
    fn turn(&self, key: Key) {
        let (task, index) = self.slots.borrow()[key.slot].clone();
        let waker = waker(key);
        say!("task {} is polled", key.serial);
        acts(Actor::Task(key.serial));
        let polled = task.poll(index, &mut Context::from_waker(&waker));
        acts(Actor::Program);
        say!("the poll of task {} returns {}", key.serial, came(&polled));
        if polled.is_ready() {
            self.remove(key);
        }
    }

    /// Takes out a task that is not to be polled any more. Says whether it was there still.
    fn remove(&self, key: Key) -> bool {
        let live = self.ready.evict(key);
        if live {
            let task = self.slots.borrow_mut().remove(key.slot);
            drop(task); // nothing is borrowed any more: this may run any code (I3)
        }
        live
    }

    /// Drops the tasks that are left. Each leaves its slot first, since its drop may do anything.
    fn shut_down(&self) {
        while let Some((key, task, index)) = self.first() {
            self.remove(key);
            task.cancel(index);
        }
    }

    fn first(&self) -> Option<(Key, Rc<dyn Runnable>, usize)> {
        let slots = self.slots.borrow();
        let (slot, (task, index)) = slots.iter().next()?;
        let serial = self.ready.queue.borrow().states[slot].serial;
        Some((Key { runtime: self.ready.number, slot, serial }, Rc::clone(task), *index))
    }
}

/// A future, then its result.
struct MaybeDone<F: Future> {
    /// Borrowed while the future is polled or dropped: a refusal means "on the stack already" (I3).
    stage: RefCell<Stage<F>>,
}

enum Stage<F: Future> {
    Future(Pin<Box<F>>),
    /// Its output, or what it panicked with; `None` once that was taken.
    Done(Option<thread::Result<F::Output>>),
}

impl<F: Future> MaybeDone<F> {
    fn new(future: F) -> Self {
        Self { stage: RefCell::new(Stage::Future(Box::pin(future))) }
    }

    /// Ready when the future has ended: it was dropped, and its result is here.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let Ok(mut stage) = self.stage.try_borrow_mut() else { return Poll::Pending };
        let Stage::Future(future) = &mut *stage else { return Poll::Pending };
        let result = match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(payload) => Err(payload),
        };
        if result.is_err() {
            say!("the future of {} panics", actor());
        }
        ignore_panics(|| *stage = Stage::Done(None));
        *stage = Stage::Done(Some(result));
        Poll::Ready(())
    }

    /// Drops what is here.
    fn end(&self) {
        if let Ok(mut stage) = self.stage.try_borrow_mut() {
            ignore_panics(|| *stage = Stage::Done(None));
        }
    }

    fn take(&self) -> Option<thread::Result<F::Output>> {
        match &mut *self.stage.try_borrow_mut().ok()? {
            Stage::Future(_) => None,
            Stage::Done(result) => result.take(),
        }
    }
}

impl<F: Future> Runnable for MaybeDone<F> {
    fn poll(&self, _: usize, cx: &mut Context<'_>) -> Poll<()> {
        MaybeDone::poll(self, cx)
    }

    fn cancel(&self, _: usize) {
        self.end();
    }
}

/// Runs foreign code for which no task answers: a panic ends here, and a panic of its payload.
fn ignore_panics(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        let _ = catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(forget_it);
    }
}

/// What a payload's drop panics with might go on so for ever.
fn forget_it(payload: Box<dyn Any + Send>) {
    std::mem::forget(payload);
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
    gathers: Cell<u32>,
}

fn current() -> Rc<Core> {
    CURRENT.with_borrow(Option::clone).expect("a runtime runs on this thread")
}

impl Core {
    fn new() -> io::Result<Self> {
        let poll = mio::Poll::new()?;
        let bell = mio::Waker::new(poll.registry(), BELL)?;
        let inbox = Inbox { messages: SegQueue::new(), asleep: AtomicBool::new(false), bell };
        let inbox = Arc::new(inbox);
        let number = TABLE.lock().expect("no panic while it is locked").insert(Arc::clone(&inbox));
        let ready = Rc::new(Ready { number, queue: RefCell::default(), inbox });
        let reactor = Reactor {
            poll: RefCell::new(poll),
            events: RefCell::new(mio::Events::with_capacity(1024)),
            sources: RefCell::default(),
            timers: RefCell::default(),
            timers_made: Cell::new(0),
        };
        let tasks = Tasks { slots: RefCell::default(), ready: Rc::clone(&ready) };
        Ok(Self { ready, tasks, reactor: Rc::new(reactor), gathers: Cell::new(0) })
    }

    /// Runs tasks until `future`, which is one of them, has its output.
    fn drive<F: Future + 'static>(&self, future: F) -> F::Output {
        let root = self.tasks.spawn(future);
        loop {
            match self.ready.pop() {
                Some(key) => self.tasks.turn(key),
                None => self.poll_events(),
            }
            if let Some(result) = root.take() {
                return result.unwrap_or_else(|payload| resume_unwind(payload));
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

/// While this lives, its runtime is the thread's. It ends the runtime, also when a panic passes.
struct EnterGuard {
    core: Rc<Core>,
}

impl Drop for EnterGuard {
    fn drop(&mut self) {
        self.core.tasks.shut_down();
        drop(CURRENT.take());
    }
}

fn block_on<F: Future + 'static>(future: F) -> F::Output {
    let core = Rc::new(Core::new().expect("the system has descriptors"));
    drop(CURRENT.replace(Some(Rc::clone(&core))));
    let entered = EnterGuard { core };
    entered.core.drive(future)
}

/// Adds a task, to run beside the others; nothing awaits it.
fn spawn<F: Future + 'static>(future: F) -> Rc<MaybeDone<F>> {
    current().tasks.spawn(future)
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
        if !side.ready && !side.waiters.iter().any(|waker| waker.will_wake(cx.waker())) {
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

// ---- gather: many futures awaited as one --------------------------------------------------

/// The children, side by side.
struct Batch<F: Future> {
    number: u32,
    children: Vec<MaybeDone<F>>,
    running: Cell<usize>,
    /// A child has panicked.
    stopped: Cell<bool>,
    /// The gather is gone: a child that is being polled goes when its poll returns.
    abandoned: Cell<bool>,
    parent: Cell<Option<Waker>>,
}

impl<F: Future> Runnable for Batch<F> {
    fn poll(&self, child: usize, cx: &mut Context<'_>) -> Poll<()> {
        let polled = self.children[child].poll(cx);
        if self.abandoned.get() {
            self.cancel(child);
        } else if polled.is_ready() {
            self.end(child);
        }
        polled
    }

    fn cancel(&self, child: usize) {
        self.children[child].end();
    }
}

impl<F: Future> Batch<F> {
    /// A child has its result. The last one wakes the parent, and one that has panicked.
    fn end(&self, child: usize) {
        self.running.set(self.running.get() - 1);
        let (number, all) = (self.number, self.children.len());
        say!("child {child} of gather {number} has its result, {} of {all}", all - self.running.get());
        let stage = self.children[child].stage.borrow();
        self.stopped.set(self.stopped.get() || matches!(&*stage, Stage::Done(Some(Err(_)))));
        drop(stage);
        if self.running.get() == 0 || self.stopped.get() {
            ignore_panics(|| self.parent.take().into_iter().for_each(Waker::wake));
        }
    }
}

struct Gather<F: Future> {
    futures: Vec<F>,
    children: Vec<Key>,
    batch: Option<Rc<Batch<F>>>,
}

fn gather<F: Future + 'static>(futures: impl IntoIterator<Item = F>) -> Gather<F> {
    Gather { futures: futures.into_iter().collect(), children: Vec::new(), batch: None }
}

// No future is pinned in it: they move to the batch before their first poll.
impl<F: Future> Unpin for Gather<F> {}

impl<F: Future + 'static> Gather<F> {
    /// Makes a task of each future.
    fn start(&mut self) -> Rc<Batch<F>> {
        let (core, len) = (current(), self.futures.len());
        core.gathers.set(core.gathers.get() + 1);
        let number = core.gathers.get();
        say!("gather {number} begins: {len} futures side by side");
        let batch = Rc::new(Batch {
            number,
            children: self.futures.drain(..).map(MaybeDone::new).collect(),
            running: Cell::new(len),
            stopped: Cell::new(false),
            abandoned: Cell::new(false),
            parent: Cell::new(None),
        });
        let task = |child| core.tasks.admit(Rc::clone(&batch) as Rc<dyn Runnable>, child);
        self.children = (0..len).map(task).collect();
        batch
    }
}

impl<F: Future + 'static> Future for Gather<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let batch = self.batch.take().unwrap_or_else(|| self.start());
        self.batch = Some(Rc::clone(&batch));
        if batch.running.get() > 0 && !batch.stopped.get() {
            batch.parent.set(Some(cx.waker().clone()));
            return Poll::Pending;
        }
        let results = batch.children.iter().filter_map(MaybeDone::take);
        match results.collect::<thread::Result<Vec<_>>>() {
            Ok(outputs) => {
                say!("gather {} is done, and {} has its output", batch.number, actor());
                Poll::Ready(outputs)
            }
            Err(payload) => {
                self.cancel(); // the others go before the panic goes on
                resume_unwind(payload)
            }
        }
    }
}

impl<F: Future> Gather<F> {
    /// Drops every child that has not ended, and every output that was not taken.
    fn cancel(&mut self) {
        let Some(batch) = self.batch.take() else { return };
        batch.abandoned.set(true);
        for (child, key) in self.children.drain(..).enumerate() {
            current().tasks.remove(key);
            batch.cancel(child);
        }
    }
}

impl<F: Future> Drop for Gather<F> {
    fn drop(&mut self) {
        self.cancel();
    }
}

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
