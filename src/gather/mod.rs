//! Many futures awaited as one.
//!
//! [`gather()`] is asyncio's combinator in Rust's terms, and the others are its forms. The
//! children lie side by side in one [`mod@batch`]; each is a tenant of the task
//! slab, with its own key and its own turns; so the loop runs them like any task, and a
//! wake of one child polls that child and no other. The gather itself is asleep meanwhile,
//! and is woken when there is something for it to do: when the last child has ended, or
//! one has ended the whole, or, under a limit, when there is room for the next.
//!
//! What happens to the others when …
//!
//! | | an error | a panic | an abort, or a drop |
//! |---|---|---|---|
//! | [`gather()`] | is a value in its place; they run on | dropped, then the panic goes on in the caller | dropped before the drop returns |
//! | [`gather().settled()`](Gather::settled) | is a value in its place; they run on | is a value in its place; they run on | dropped before the drop returns |
//! | [`try_gather()`] | dropped, then the caller has the error | dropped, then the panic goes on in the caller | dropped before the drop returns |
//! | [`try_gather().detach_on_error()`](TryGather::detach_on_error) | they run on, the caller has the error | dropped, then the panic goes on in the caller | dropped before the drop returns |
//! | [`as_completed`] | is a value when it comes; they run on | dropped, then the panic goes on in the caller | dropped before the drop returns |

mod batch;
mod collect;
mod completed;
mod engine;
mod plain;
mod rule;
mod settled;
mod try_gather;
mod tuple;

pub use completed::{AsCompleted, as_completed};
pub use plain::{Gather, gather};
pub use settled::Settled;
pub use try_gather::{TryGather, try_gather};
pub use tuple::{GatherTuple, TryGatherTuple, TryTuple, Tuple};
