//! Events, the recorders that keep them, and what they add up to:
//!
//! - `what.rs`: what can happen, a variant each; `event.rs`: with number, time, actor, line;
//! - `recorder.rs`: where a thread's events go; `log.rs`: how many are kept, and the actor;
//! - `session.rs`: a runtime's part of that; `origin.rs`: the same for its sockets and gathers;
//! - `caller.rs`: what a hook can tell of itself;
//! - `hook.rs`: events that would not fit into a hook's one line;
//! - `state.rs` and `replay.rs`: queue, slab, timers, sockets and gathers, rebuilt from events;
//! - `repeatable.rs`: an explored run in numbers and times that are the same in each run of it;
//! - `waiting.rs` and `circles.rs`: why a program is stuck; `wakers.rs`: whether others hold wakers;
//!   `watch.rs`: a thread that reports the tasks that have been stuck for long;
//! - `story.rs`: the run as a text, with `sentence.rs` and `names.rs` for its words;
//! - `chrome.rs`: the run as a trace for Perfetto;
//! - `page.rs`: the run as a page, with its scripts in `page/`;
//! - `output.rs`: the file that the environment names; `replace.rs`: how it is written.
//!
//! A task is called by its serial, the number that `Id` shows, and a timer by its own. A gather
//! has no number: the hooks give its address, which the log translates while the gather lives.
//!
//! That the events are true is tested in two ways. `tests/trace_random/main.rs` compares the state
//! with the runtime's own counts in a thousand random programs. A checker
//! (`tests/common/checker.rs`) keeps books of its own and fails at the first event that breaks
//! one of the invariants I1 to I9: in those programs, and in the run of every example, which
//! `tests/trace/examples_checked.rs` reads back from the page that it wrote.

mod caller;
mod chrome;
mod circles;
mod event;
mod hook;
mod log;
mod names;
mod origin;
mod output;
mod page;
mod recorder;
#[cfg(feature = "explore")]
mod repeatable;
mod replace;
mod replay;
mod sentence;
mod session;
mod state;
mod story;
mod waiting;
mod wakers;
mod watch;
mod what;

pub use event::{Actor, Answer, Decision, Direction, Effect, Event, Poll};
pub use recorder::{Recorder, Recording};
pub use state::{Gather, Kind, Source, State, Task, Timer, Wait};
pub use waiting::{Reason, Unfinished, Waitlist, waiting};
pub use what::What;

pub(crate) use caller::{Caller, Sender, address};
pub(crate) use origin::Origin;
#[cfg(feature = "explore")]
pub(crate) use recorder::is_recorded;
pub(crate) use recorder::{number_of, record};
#[cfg(feature = "explore")]
pub(crate) use repeatable::Numbers;
pub(crate) use session::{Session, Settings};
pub(crate) use wakers::{copied, gone};

/// Records one [`What`], named without its type: `emit!(Fired { timer: 7 })`. It goes to the
/// recorder of the runtime at work, or to that of an origin: `emit!(to origin; Fired { .. })`.
/// Of wakers it only counts how many there are: `emit!(waker copied(slot, generation))`. What takes
/// long to make is made only for a recorder: `emit!(lazily to origin; Failed { .. })`.
macro_rules! emit {
    (lazily to $origin:expr; $($what:tt)+) => {
        if $origin.is_recorded() {
            $crate::trace::emit!(to $origin; $($what)+);
        }
    };
    (waker $count:ident($($key:expr),+)) => {
        $crate::trace::$count($($key),+)
    };
    (to $origin:expr; $($what:tt)+) => {
        $origin.record(
            $crate::trace::What::$($what)+,
            const { ::std::panic::Location::caller() },
        )
    };
    ($($what:tt)+) => {
        // A constant: where the caller is tracked, `caller` alone would be the program's line.
        $crate::trace::record(
            $crate::trace::What::$($what)+,
            const { ::std::panic::Location::caller() },
        )
    };
}

pub(crate) use emit;
