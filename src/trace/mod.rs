//! What every layer did, and why, as events in order.
//!
//! The hooks are one line each, `trace::emit!(..)`, at the place where the thing happens.
//! Without the feature `trace` they are nothing at all: the macro leaves no code, and what
//! stands between its parentheses is not even compiled.
//!
//! A program need not be changed to be recorded. The environment says where to, and the form
//! is that of the file's ending:
//!
//! | `SHIRR_TRACE=` | is |
//! |---|---|
//! | `run.html` | a page to step through the run |
//! | `run.json` | a trace for Perfetto and its like |
//! | `run.txt` | the run as a story, a line for each event |
//!
//! The file is written when a runtime is gone, and again after the thread's next one, with
//! all that the thread has recorded; a process that exits before writes none. Threads other
//! than the main one have files of their own: `run-2.html`, and so on. The latest 1,048,576
//! events are kept, or as many as `SHIRR_TRACE_EVENTS` says; a line on stderr tells how many
//! came before. In code, [`Builder::record`](crate::Builder::record) does the same.
//!
//! This layer knows nobody: what it is told are numbers. To read on:
//!
//! - `event`: what can happen, one variant each;
//! - `recorder`: where events are kept, how many, and for which thread;
//! - `state`: queue, slab, timers, sockets and gathers, rebuilt by replaying events;
//! - `story`: the run as a text, with `sentence` and `names` for its words;
//! - `chrome`: the run as a trace for Perfetto;
//! - `output`: the file that the environment names.

#[cfg(feature = "trace")]
mod caller;
#[cfg(feature = "trace")]
mod chrome;
#[cfg(feature = "trace")]
mod event;
#[cfg(feature = "trace")]
mod names;
#[cfg(not(feature = "trace"))]
mod nothing;
#[cfg(feature = "trace")]
mod output;
#[cfg(feature = "trace")]
mod page;
#[cfg(feature = "trace")]
mod recorder;
#[cfg(feature = "trace")]
mod sentence;
#[cfg(feature = "trace")]
mod session;
#[cfg(feature = "trace")]
mod state;
#[cfg(feature = "trace")]
mod story;

#[cfg(feature = "trace")]
pub use event::{Actor, Answer, Direction, Effect, Event, Poll, What};
#[cfg(feature = "trace")]
pub use recorder::{Recorder, Recording};
#[cfg(feature = "trace")]
pub use state::{Gather, Kind, Source, State, Task, Timer, Wait};

#[cfg(feature = "trace")]
pub(crate) use caller::{Caller, Sender};
#[cfg(not(feature = "trace"))]
pub(crate) use nothing::{Caller, Sender, Session, To};
#[cfg(feature = "trace")]
pub(crate) use recorder::{number_of, record};
#[cfg(feature = "trace")]
pub(crate) use session::{Session, To};

/// Records one [`What`], named without its type: `emit!(Fired { timer: 7 })`.
#[cfg(feature = "trace")]
macro_rules! emit {
    ($($what:tt)+) => {
        $crate::trace::record($crate::trace::What::$($what)+)
    };
}

/// Nothing: what happens is not recorded.
#[cfg(not(feature = "trace"))]
macro_rules! emit {
    ($($what:tt)+) => {};
}

pub(crate) use emit;
