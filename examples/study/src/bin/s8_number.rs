//! Step 8: a waker that is a number.
//!
//! You know by now: a whole runtime with `gather`. It makes an `Arc` for each waker, so an allocation
//! for each poll.
//!
//! New: a waker has room for one pointer. Here that is no pointer, but the runtime's number and the
//! key, in one word. Such a waker owns nothing: a copy is a copy of a number, a drop does nothing, and
//! it may outlive its task and its runtime. A table says which inbox is that of which runtime. A later
//! runtime may get the number of one that has ended. Its tasks have other serials: so an old waker
//! wakes no stranger (I9), until four billion tasks later. This is the first `unsafe`: `Waker::new`
//! cannot see that the four functions fit the pointer.
//!
//! Try later: make a `Box` of something in `Ready::waker`: the allocations are back.
//!
//! For real: `src/wake/ready.rs`, `src/wake/key.rs`, `src/wake/inbox.rs`.

use crossbeam_queue::SegQueue;
use slab::Slab;
use std::cell::{Cell, RefCell, RefMut};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::mem::replace;
use std::net::SocketAddr;
use std::pin::Pin;
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed, Ordering::SeqCst, fence};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};
use std::time::{Duration, Instant};
use study::{Actor, acting, actor, by, say, tell_child, tell_gather, tell_poll, tell_try};

// ---- wake: which task was woken, each once, from any thread -------------------------------

include!("../settled/queue.rs"); // as in s3
include!("../settled/inbox.rs"); // as in s6

/// What a waker is, on a machine of 64 bits: the number of its runtime (12), the slot (20), the serial (32).
fn word(runtime: usize, key: Key) -> usize {
    assert!(runtime < 1 << 12 && key.slot < 1 << 20);
    (runtime << 52) | (key.slot << 32) | key.serial as usize
}

fn from_word(word: usize) -> (usize, Key) {
    (word >> 52, Key { slot: (word >> 32) % (1 << 20), serial: word as u32 })
}

/// A `Waker` is a pointer, `data`, and such a table of functions, which are called with it. In order:
/// clone, wake, wake_by_ref, drop. `wake` is there twice, as there is nothing to drop.
static VTABLE: RawWakerVTable = RawWakerVTable::new(|data| RawWaker::new(data, &VTABLE), wake, wake, |_| ());

fn wake(data: *const ()) {
    let (runtime, key) = from_word(data.addr());
    CURRENT.with_borrow(|current| match current.as_ref().map(|core| &core.tasks.ready) {
        Some(ready) if ready.number == runtime => ready.queue().wake(key),
        _ => {
            // `table` locks it; a push calls no foreign code. A runtime that is gone has no inbox there.
            if let Some(inbox) = table().get(runtime) {
                inbox.push(key);
            }
        }
    });
}

/// The inboxes, by the number of their runtime.
static TABLE: Mutex<Slab<Arc<Inbox>>> = Mutex::new(Slab::new());

/// The tasks that are to be polled. The loop's own thread only.
struct Ready {
    number: usize,
    queue: RefCell<Queue>,
    inbox: Arc<Inbox>,
}

impl Ready {
    fn queue(&self) -> RefMut<'_, Queue> {
        self.queue.borrow_mut()
    }

    /// Any thread may hold it, and call it at any time.
    #[allow(unsafe_code)]
    fn waker(&self, key: Key) -> Waker {
        // A pointer that is only a number: it has no *provenance*, no memory that it may read. `addr` gives
        // the number back.
        let data = ptr::without_provenance(word(self.number, key));
        // SAFETY: the four functions read the pointer as a number, and never as an address. So they
        // hold for any number, on any thread, however often and late they are called (I9).
        unsafe { Waker::new(data, &VTABLE) }
    }

    /// Nothing is borrowed any more when this returns, so that the turn may wake (I3).
    fn pop(&self) -> Option<Key> {
        self.queue().pop()
    }
}

// ---- task: the slab that has the tasks ----------------------------------------------------

include!("../settled/tasks.rs"); // as in s7

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
    /// Runs tasks until the root has ended.
    fn drive(&self, root: Key) {
        while self.tasks.is_here(root) {
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
            self.tasks.ready.inbox.sleep(|| self.reactor.wait(self.timers.nearest()));
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

/// Runs `future`, as a task, and what it spawns until it ends. The tasks that are left are dropped.
fn block_on<T: 'static>(future: impl Future<Output = T> + 'static) -> T {
    CURRENT.set(Some(Rc::new(Core::new())));
    let _entered = EnterGuard;
    let output = Rc::new(Cell::new(None));
    let result = Rc::clone(&output);
    let root = spawn(async move { result.set(Some(future.await)) });
    current().drive(root);
    output.take().expect("the root has ended")
}

include!("../settled/enter.rs"); // as in s4

// ---- time: futures that wait on the clock -------------------------------------------------

include!("../settled/sleep.rs"); // as in s4

// ---- net: futures that wait on a socket ---------------------------------------------------

include!("../settled/net.rs"); // as in s5

// ---- gather: many futures awaited as one --------------------------------------------------

include!("../settled/gather.rs"); // as in s7

// ---- details: for a second reading --------------------------------------------------------

include!("../settled/timers_details.rs"); // as in s4
include!("../settled/inbox_details.rs"); // as in s6

const _: () = assert!(usize::BITS == 64, "this step packs a key into a pointer of 64 bits");

fn table() -> MutexGuard<'static, Slab<Arc<Inbox>>> {
    TABLE.lock().expect("no panic while it is locked")
}

impl Ready {
    fn new(inbox: Arc<Inbox>) -> Self {
        Self { number: table().insert(Arc::clone(&inbox)), queue: RefCell::default(), inbox }
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        table().remove(self.number);
    }
}

impl Core {
    fn new() -> Self {
        let (reactor, token) = (Reactor::new(), mio::Token(usize::MAX)); // of no socket: `deliver` skips it
        let bell = mio::Waker::new(reactor.poll.borrow().registry(), token).expect("a descriptor is left");
        let inbox = Inbox { messages: SegQueue::new(), asleep: AtomicBool::new(false), bell };
        let ready = Ready::new(Arc::new(inbox));
        let tasks = Tasks { slots: RefCell::default(), ready };
        Self { tasks, timers: Timers::default(), reactor: Rc::new(reactor) }
    }
}

include!("../settled/net_details.rs"); // as in s5

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
