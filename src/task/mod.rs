//! The tasks: the slab that holds them, and the handles that await them.
//!
//! A sleeping task is in no list of sleepers. It has its slot here, and only keys point
//! there: in the `Waker` of what it waits for, and in its handle.
//!
//! Three kinds of task share the slab, the ready queue and the loop:
//!
//! - the **root**: the future given to `block_on`. It lies on `block_on`'s stack, since it
//!   may borrow from there; its slot gives it a key (decision 3).
//! - a **spawned** one: a future on the heap, with a handle that wants its output.
//! - a **child** of a gather: one of the futures in a batch, which has a slot for each of
//!   them (`gather/batch.rs`).
//!
//! What happens to a task between two polls is in [`mod@slab`]; how its output gets
//! to the handle, in [`mod@spawned`].

pub(crate) mod branches;
mod error;
mod join;
mod maybe_done;
mod slab;
mod spawned;

pub(crate) use branches::Members;
pub use branches::{AbortHandle, AbortOnDrop, Id};
pub use error::JoinError;
pub use join::JoinHandle;
pub(crate) use maybe_done::MaybeDone;
pub(crate) use slab::{RootSlot, Runnable, Tasks};
