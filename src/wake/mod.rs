//! Who was woken, each once, from any thread.
//!
//! This is the lowest layer: it knows numbers and nothing of tasks, timers or sockets.
//! A task is known here by its [`Key`], a number that says which runtime, which slot of
//! that runtime's slab, and which task of the slot. The whole life of a wake:
//!
//! | step | file | what happens |
//! |---|---|---|
//! | made | [`mod@waker`] | the loop wraps the key of the task it polls in a `Waker`; nothing is allocated |
//! | called on its own thread | [`mod@ready`] | the slot's mark says "queued", the key joins the ready queue |
//! | called on another thread | [`mod@inbox`] | the key joins a lock-free queue, and the bell rings if the loop sleeps |
//! | heard | [`mod@ready`] | the loop pops the key, clears the mark, and polls |
//!
//! To read on: `ready.rs` is the heart, then `runtime/turn.rs`, which pops.

pub(crate) mod branches;
pub(crate) mod budget;
mod foreign;
mod inbox;
mod key;
mod ready;
mod serial;
mod state;
mod waker;

pub(crate) use foreign::{ignore_panics, keep_latest};
pub(crate) use inbox::{HEARD_AT_ONCE, Message, send};
pub(crate) use key::{Key, MAX_SLOTS};
pub(crate) use ready::{Entered, Ready};
pub(crate) use serial::Serials;
pub(crate) use state::Woken;
pub(crate) use waker::{abort, nobody, runs_here, waker};
