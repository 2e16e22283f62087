//! Who acts, and whether the story is told.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::Poll;
use std::thread;

/// Who calls a waker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The code of `main`, or of the loop.
    Program,
    /// A task, while it is polled.
    Task(u32),
    /// A timer that fires.
    Timer(u64),
    /// A socket that has news.
    Socket(usize),
    /// A thread that has no loop.
    Thread,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program => f.write_str("the program"),
            Self::Task(number) => write!(f, "task {number}"),
            Self::Timer(number) => write!(f, "timer {number}"),
            Self::Socket(slot) => write!(f, "socket {slot}"),
            Self::Thread => f.write_str("another thread"),
        }
    }
}

/// What another thread is to do after a sentence.
type Cue = (&'static str, Box<dyn FnOnce() + Send>);

thread_local! {
    static ACTOR: Cell<Actor> = Cell::new(match thread::current().name() {
        Some("main") => Actor::Program,
        _ => Actor::Thread,
    });
    static HUSHED: Cell<bool> = const { Cell::new(false) };
    static BRIEF: Cell<bool> = const { Cell::new(false) };
    static CUE: RefCell<Option<Cue>> = const { RefCell::new(None) };
}

/// Who acts on this thread.
pub fn actor() -> Actor {
    ACTOR.get()
}

/// Runs `f`, in which `actor` acts.
pub fn acting<T>(actor: Actor, f: impl FnOnce() -> T) -> T {
    let before = ACTOR.replace(actor);
    let output = f();
    ACTOR.set(before);
    output
}

/// Runs `poll`, the poll of this task, and tells of it.
pub fn tell_poll<T>(task: u32, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
    crate::say!("task {task} is polled");
    let polled = acting(Actor::Task(task), poll);
    let came = if polled.is_ready() { "Ready: it has ended" } else { "Pending" };
    crate::say!("the poll of task {task} returns {came}");
    polled
}

/// Tells of a try to read from a socket, or to write to it.
pub fn tell_try(slot: usize, is_read: bool, blocks: bool) {
    let verb = if is_read { "read from" } else { "write to" };
    let outcome = if blocks { "it would block" } else { "done" };
    crate::say!("{} tries to {verb} socket {slot}: {outcome}", actor());
}

/// Tells that a gather begins, and returns its number.
pub fn tell_gather(children: usize) -> u32 {
    static GATHERS: AtomicU32 = AtomicU32::new(1);
    let number = GATHERS.fetch_add(1, Relaxed);
    crate::say!("gather {number} begins: {children} futures side by side");
    number
}

/// Tells that a child of a gather has its result, and how many of all have not.
pub fn tell_child(gather: u32, child: usize, running: usize, all: usize) {
    crate::say!("child {child} of gather {gather} has its result, {} of {all}", all - running);
}

/// The end of "task 1 is woken by ..": who acts, or "itself".
pub fn by(task: u32) -> String {
    if actor() == Actor::Task(task) { "itself".to_owned() } else { actor().to_string() }
}

/// Runs `f` without a word: ten thousand polls tell nothing that three do not.
pub fn hushed<T>(f: impl FnOnce() -> T) -> T {
    HUSHED.set(true);
    let output = f();
    HUSHED.set(false);
    output
}

/// How the sentences begin that lead to a sleep.
const FALLS_ASLEEP: [&str; 3] = ["the loop polls for events", "the loop says that", "the loop sees that"];

/// From now on this thread tells that the loop sleeps, and not how it falls asleep.
pub fn be_brief() {
    BRIEF.set(true);
}

/// Runs `f` and says whether it returned. A panic ends here, and the hook is not called for it.
pub fn survives(f: impl FnOnce()) -> bool {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let returned = panic::catch_unwind(AssertUnwindSafe(f)).is_ok();
    panic::set_hook(hook);
    returned
}

/// Whether sentences are printed. Only `say!` asks.
pub fn is_heard() -> bool {
    !HUSHED.get()
}

/// When this thread next says `sentence`, another thread runs `part` before it goes on.
pub fn when_said(sentence: &'static str, part: impl FnOnce() + Send + 'static) {
    CUE.set(Some((sentence, Box::new(part))));
}

/// Prints a sentence. Only `say!` calls it.
///
/// # Panics
/// When the part of another thread does, for which this was the cue.
pub fn tell(sentence: &str) {
    if !BRIEF.get() || !FALLS_ASLEEP.iter().any(|begin| sentence.starts_with(begin)) {
        println!("{sentence}");
    }
    if let Some((_, part)) = CUE.with_borrow_mut(|cue| cue.take_if(|(cue, _)| *cue == sentence)) {
        thread::spawn(part).join().expect("the other thread does not panic");
    }
}
