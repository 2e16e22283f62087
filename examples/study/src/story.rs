//! Who acts, and whether the story is told.

use std::cell::Cell;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::task::Poll;
use std::thread;

/// Who calls a waker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The code of `main`, or of the loop.
    Program,
    /// A task, while it is polled.
    Task(u64),
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

thread_local! {
    static ACTOR: Cell<Actor> = Cell::new(match thread::current().name() {
        Some("main") => Actor::Program,
        _ => Actor::Thread,
    });
    static HUSHED: Cell<bool> = const { Cell::new(false) };
}

/// Says who acts on this thread from here on.
pub fn acts(actor: Actor) {
    ACTOR.set(actor);
}

/// Who acts on this thread.
pub fn actor() -> Actor {
    ACTOR.get()
}

/// The end of "task 1 is woken by ..": who acts, or "itself".
pub fn by(task: u64) -> String {
    if actor() == Actor::Task(task) { "itself".to_owned() } else { actor().to_string() }
}

/// The end of "the poll of task 1 returns ..".
pub fn came<T>(polled: &Poll<T>) -> &'static str {
    if polled.is_ready() { "Ready: it has ended" } else { "Pending" }
}

/// Runs `f` without a word: ten thousand polls tell nothing that three do not.
pub fn hushed<T>(f: impl FnOnce() -> T) -> T {
    HUSHED.set(true);
    let output = f();
    HUSHED.set(false);
    output
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
