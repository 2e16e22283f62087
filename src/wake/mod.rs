//! Which task was woken, each once, from any thread.
//!
//! This is the lowest layer but for the trace: it knows numbers and nothing of tasks, timers or sockets.
//! A task is known here by its [`Key`], a number that says which runtime, which slot of
//! that runtime's slab, and which task of the slot. The whole life of a wake:
//!
//! | step | file | what happens |
//! |---|---|---|
//! | made | [`mod@ready`] | the loop makes a `Waker` of the key of the task that it polls; nothing is allocated |
//! | called on its own thread | [`mod@ready`] | the task's state says "scheduled", its key joins the ready queue |
//! | called on another thread | [`mod@inbox`] | the key joins the inbox, and the bell rings if the loop sleeps |
//! | received | `runtime/event_loop.rs` | the loop takes it out of there, and wakes as above |
//! | popped | [`mod@ready`] | the key leaves the queue for its task's turn; the state is cleared |
//!
//! To read on: `task/slab.rs`, which pops and polls. Which slots have a task is in
//! [`mod@slots`].

pub(crate) mod branches;
pub(crate) mod budget;
mod foreign;
mod inbox;
mod key;
mod ready;
mod serial;
mod slots;
mod state;

pub(crate) use branches::abort;
pub(crate) use foreign::{ignore_panics, keep_latest, no_task};
pub(crate) use inbox::{HEARD_AT_ONCE, Message, send};
#[cfg(test)]
pub(crate) use key::MAX_RUNTIMES;
pub(crate) use key::{Key, MAX_SLOTS};
pub(crate) use ready::{LocalGuard, Ready, runs_here, waker};
pub(crate) use serial::Serials;
pub(crate) use state::Woken;
