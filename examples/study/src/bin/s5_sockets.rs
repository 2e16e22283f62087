//! Step 5: sockets.
//!
//! You know by now: tasks, wakers, and timers, by which the loop knows how long it may sleep.
//!
//! New: the loop sleeps in the kernel, which mio calls for it, by `mio::Poll`, until a socket has news
//! (an *event*) or the nearest deadline has come. mio tells of changes only, so each direction of a
//! socket has a flag, "a try may succeed". The one rule: flag set: try; `WouldBlock`, the kernel's "not
//! now": clear the flag, leave a waker, wait; an event sets the flag and wakes all that wait (I6).
//! If a read that took only a part cleared the flag, no event would ever tell of the rest.
//!
//! The `unpark` of step 2 is here still. It ends a park, and no sleep in the kernel: the last count
//! shows what comes of that.
//!
//! In the story a connect is told as a try to write. The first sleep ends and wakes no task: the kernel
//! says of each new socket that it can be written to, and no task waits for that.
//!
//! Try later: clear the flag after each try, and give `piece` in `requests.rs` room for one byte: the
//! program hangs.
//!
//! For real: `src/reactor/source.rs`, `src/reactor/sources.rs`, `src/net/read.rs`.

use slab::Slab;
use std::cell::{Cell, RefCell, RefMut};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::mem::replace;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use study::{Actor, acting, actor, by, say, tell_poll, tell_try, wake_in};

// ---- wake: which task was woken, each once, from any thread -------------------------------

include!("../settled/queue.rs"); // as in s3
include!("../settled/locked_ready.rs"); // as in s2

// ---- task: the slab that has the tasks ----------------------------------------------------

struct Tasks {
    slots: RefCell<Slab<Option<Task>>>,
    ready: Arc<Ready>,
}

include!("../settled/turn.rs"); // as in s3

// ---- reactor: what tasks wait for: sockets and the clock ----------------------------------

include!("../settled/timers.rs"); // as in s4

/// `poll` fills `events`. The token of an event is the slot of its socket.
struct Reactor {
    poll: RefCell<mio::Poll>,
    events: RefCell<mio::Events>,
    sources: RefCell<Slab<[Side; 2]>>,
}

/// One direction of a socket: whether a try may succeed, and which tasks wait for that.
struct Side {
    ready: bool,
    waiters: Vec<Waker>,
}

const READ: usize = 0;
const WRITE: usize = 1;

impl Reactor {
    /// The only place where the loop sleeps: an event of the kernel ends it, or the time. Then
    /// delivers what has come.
    fn wait(&self, at_most: Option<Duration>) {
        say!("the loop sleeps until a timer is due, or the kernel has news");
        let polled = self.poll.borrow_mut().poll(&mut self.events.borrow_mut(), at_most);
        if let Err(error) = polled {
            assert_eq!(error.kind(), io::ErrorKind::Interrupted, "{error}"); // by a signal
        }
        self.deliver();
    }

    /// Every task that waits for the socket is woken (I5), and tries again (I6).
    fn deliver(&self) {
        let mut woken = Vec::new();
        for event in &*self.events.borrow() {
            let slot = event.token().0;
            let mut sources = self.sources.borrow_mut();
            let Some(sides) = sources.get_mut(slot) else { continue }; // of no socket: the bell, in s6
            for (side, has_news) in sides.iter_mut().zip(news(event)) {
                if has_news {
                    side.ready = true;
                    woken.extend(side.waiters.drain(..).map(|waker| (slot, waker)));
                }
            }
        }
        // Nothing is borrowed any more: a waker may be foreign code (I3).
        for (slot, waker) in woken {
            acting(Actor::Socket(slot), || waker.wake());
        }
    }
}

// ---- runtime: the loop --------------------------------------------------------------------

include!("../settled/current.rs"); // as in s4

struct Core {
    tasks: Tasks,
    timers: Timers,
    reactor: Rc<Reactor>, // a stream has it, too, and may outlive the loop
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

    fn poll_events(&self) {
        say!("the loop polls for events, because the queue ran dry");
        self.timers.fire_due();
        if self.tasks.ready.queue().keys.is_empty() {
            self.reactor.wait(self.timers.nearest());
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

include!("../settled/enter.rs"); // as in s4

// ---- time: futures that wait on the clock -------------------------------------------------

include!("../settled/sleep.rs"); // as in s4

// ---- net: futures that wait on a socket ---------------------------------------------------

type Socket = mio::net::TcpStream;

/// A socket that the reactor watches, until it is dropped.
struct TcpStream {
    socket: Socket,
    slot: usize,
    reactor: Rc<Reactor>,
}

impl TcpStream {
    /// Asks the kernel to watch a new socket, which is worth a try in both directions. The token comes
    /// back with its events.
    fn watch(mut socket: Socket) -> io::Result<Self> {
        let reactor = Rc::clone(&current().reactor);
        let side = || Side { ready: true, waiters: Vec::new() };
        let slot = reactor.sources.borrow_mut().insert([side(), side()]);
        let both = mio::Interest::READABLE | mio::Interest::WRITABLE;
        reactor.poll.borrow().registry().register(&mut socket, mio::Token(slot), both)?;
        Ok(Self { socket, slot, reactor })
    }

    /// Flag set: try. `WouldBlock`: clear the flag, leave a waker, wait (I6). `poll_fn` makes a future of a
    /// closure: each poll calls it.
    async fn io<T>(&self, way: usize, mut attempt: impl FnMut(&Socket) -> io::Result<T>) -> io::Result<T> {
        poll_fn(|cx| {
            if self.side(way).ready {
                let answer = attempt(&self.socket);
                let blocks = answer.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
                tell_try(self.slot, way == READ, blocks);
                if !blocks {
                    return Poll::Ready(answer);
                }
                // Only `wait` sets the flag: news that came since the try lies in the kernel until then.
                self.side(way).ready = false;
            }
            let waker = cx.waker().clone(); // with nothing borrowed (I3)
            self.side(way).waiters.push(waker);
            Poll::Pending
        })
        .await
    }

    /// `way` is a direction, `READ` or `WRITE`. Each borrow above ends in its line (I3).
    fn side(&self, way: usize) -> RefMut<'_, Side> {
        RefMut::map(self.reactor.sources.borrow_mut(), |sources| &mut sources[self.slot][way])
    }

    /// `&Socket` is `Read`, too, so no `&mut self` is needed.
    async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io(READ, |mut socket| socket.read(buf)).await
    }
}

// ---- details: for a second reading --------------------------------------------------------

include!("../settled/timers_details.rs"); // as in s4

impl Core {
    fn new() -> Self {
        let ready = Ready { queue: Mutex::default(), thread: thread::current() };
        let tasks = Tasks { slots: RefCell::default(), ready: Arc::new(ready) };
        Self { tasks, timers: Timers::default(), reactor: Rc::new(Reactor::new()) }
    }
}

impl Reactor {
    fn new() -> Self {
        let poll = mio::Poll::new().expect("the system has descriptors");
        let events = RefCell::new(mio::Events::with_capacity(1024));
        Self { poll: RefCell::new(poll), events, sources: RefCell::default() }
    }
}

/// Whether a try to read may succeed now, and one to write. An error, or an end of what can be read, may
/// answer both; a try too many does no harm (I6).
fn news(event: &mio::event::Event) -> [bool; 2] {
    let closed = event.is_error() || event.is_read_closed();
    [event.is_readable() || closed, event.is_writable() || closed]
}

impl TcpStream {
    /// `Socket::connect` only begins to connect. Until that is over, `is_connected` says `WouldBlock`, as a
    /// write would; so this waits as one.
    async fn connect(server: SocketAddr) -> io::Result<Self> {
        let stream = Self::watch(Socket::connect(server)?)?;
        stream.io(WRITE, is_connected).await?;
        Ok(stream)
    }

    async fn write_all(&self, mut buf: &[u8]) -> io::Result<()> {
        while !buf.is_empty() {
            let n = self.io(WRITE, |mut socket| socket.write(buf)).await?;
            buf = &buf[n..];
        }
        Ok(())
    }
}

/// A connect that failed left an error. A socket that is not connected yet has no peer.
fn is_connected(socket: &Socket) -> io::Result<()> {
    match socket.take_error()? {
        Some(error) => Err(error),
        None => socket.peer_addr().map(drop).map_err(|_| io::ErrorKind::WouldBlock.into()),
    }
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        self.reactor.poll.borrow().registry().deregister(&mut self.socket).expect("it is registered");
        let _sides = self.reactor.sources.borrow_mut().remove(self.slot); // dropped at the end (I3)
    }
}

// ---- the program --------------------------------------------------------------------------

include!("../requests.rs"); // `SOURCES` and `fetch`
include!("../due_at_a_wake.rs"); // `timers_due_at_a_wake`

fn main() -> io::Result<()> {
    let (server, answers) = (study::serve(SOURCES.len())?, Rc::new(RefCell::new(Vec::new())));
    let all = Rc::clone(&answers);
    block_on(async move {
        for source in SOURCES {
            let all = Rc::clone(&all);
            spawn(async move {
                let answer = fetch(server, source).await; // no borrow is held across an `.await`
                all.borrow_mut().push(answer);
            });
        }
    });
    println!("result: {:?}", answers.take().into_iter().collect::<io::Result<Vec<_>>>()?);
    let due = timers_due_at_a_wake(|waker| wake_in(Duration::from_millis(100), waker));
    println!("still wrong: a thread woke a task, and the loop slept on until {due} timer was due");
    Ok(())
}
