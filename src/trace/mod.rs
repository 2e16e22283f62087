//! What every layer did, and why, as events in order.
//!
//! The hooks are one line each, `trace::emit!(..)`, at the place where the thing happens.
//! Without the feature `trace` they are nothing at all: the macro leaves no code, and what
//! stands between its parentheses is not even compiled.
//!
//! This layer knows nobody: what it is told are numbers. To read on:
//!
//! - [`mod@event`]: what can happen, one variant each;
//! - [`mod@recorder`]: where events are kept, how many, and for which thread;
//! - [`mod@state`]: queue, slab, timers, sockets and gathers, rebuilt by replaying events.

#[cfg(feature = "trace")]
mod caller;
#[cfg(feature = "trace")]
mod event;
#[cfg(not(feature = "trace"))]
mod nothing;
#[cfg(feature = "trace")]
mod recorder;
#[cfg(feature = "trace")]
mod session;
#[cfg(feature = "trace")]
mod state;

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
        // A constant: where the caller is tracked, `caller` alone would be the program's line.
        $crate::trace::record(
            $crate::trace::What::$($what)+,
            const { ::std::panic::Location::caller() },
        )
    };
}

/// Nothing: what happens is not recorded.
#[cfg(not(feature = "trace"))]
macro_rules! emit {
    ($($what:tt)+) => {};
}

pub(crate) use emit;
