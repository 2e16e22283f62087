//! A minimal single-threaded async runtime, every layer in the open.
//!
//! ```
//! use shirr::{gather, time::sleep};
//! use std::time::Duration;
//!
//! async fn delay(ms: u64) -> u64 {
//!     sleep(Duration::from_millis(ms)).await;
//!     ms
//! }
//!
//! let results = shirr::block_on(async { gather([delay(3), delay(1)]).await });
//! assert_eq!(results, [3, 1]); // three milliseconds, input order
//! ```
//!
//! The modules below are the layers, from the top down. A file uses only what stands
//! below it, and a test holds it to that:
//!
//! ```text
//!               interop/     the traits of other crates, by feature
//!               gather/      many futures awaited as one
//!     net/                                      futures that wait on a socket
//!                            time/              futures that wait on the clock
//!               runtime/     the loop: run what is ready, then wait for the world
//!     task/                  reactor/           who runs · who waits
//!               wake/        who was woken, each once, from any thread
//!               trace/       what every layer did, and why, by feature
//! ```
//!
//! `cargo doc --document-private-items` shows what each of them says of itself, and
//! DESIGN.md follows one request through all of them.

#![deny(unsafe_code)]
#![doc(test(attr(deny(warnings))))]

// mio leaves out its `Waker` there.
#[cfg(any(target_os = "wasi", target_os = "horizon"))]
compile_error!(
    "shirr does not run on this target: it needs mio::Waker, with which another thread ends the loop's wait"
);

// The traits of other crates, by feature.
pub mod interop;

// Many futures awaited as one.
mod gather;

// Futures that wait on a socket.
pub mod net;

// Futures that wait on the clock.
pub mod time;

// The loop: run what is ready, then wait for the world.
mod runtime;

// Who runs.
mod task;

// Who waits.
mod reactor;

// Who was woken, each once, from any thread.
mod wake;

// What every layer did, and why, by feature.
pub mod trace;

pub use gather::{
    AsCompleted, Gather, GatherTuple, Settled, TryGather, TryGatherTuple, Within, as_completed, gather,
    try_gather,
};
// For what the macros expand to.
#[doc(hidden)]
pub use gather::{child as __child, try_child as __try_child};
pub use runtime::{
    Builder, Metrics, Runtime, Unblock, YieldNow, block_on, consume_budget, metrics, spawn, unblock,
    yield_now,
};
pub use task::{AbortHandle, Id, JoinError, JoinHandle};

/// The README's example runs with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
