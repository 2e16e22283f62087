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
//! A runtime is a loop on one thread. Its futures need not be `Send`, and it needs no tokio.
//!
//! | for | see |
//! |---|---|
//! | many futures at once | [`gather()`], [`try_gather()`], [`as_completed()`]; [`gather!`] and [`try_gather!`] for futures of different types; all can be [limited](Gather::limit), as in `gather!(a, b, c).limit(2)` |
//! | tasks | [`spawn`], [`JoinHandle`], [`AbortHandle`], [`JoinSet`] for tasks that come and go, [`yield_now`], [`consume_budget`] |
//! | calls that block | [`unblock`] |
//! | spawning from other threads | [`Handle`] |
//! | time, also a clock that a test holds | [`time`] |
//! | TCP, UDP, Unix sockets, host names | [`net`] |
//! | pipes, terminals, any other descriptor, on Unix | [`io`] |
//! | a runtime with other settings, or in a loop of another kind | [`Builder`], [`Runtime`]; [`block_on`] makes a plain one, and [`Runtime::run_ready`] returns where that waits |
//! | what the runtime does | [`metrics`], and `trace` with the feature of that name |
//! | what you know from elsewhere | the pages for users of [asyncio](guide::asyncio) and of [tokio](guide::tokio) |
//! | a race, retries, progress, a limit by key, locks, signals | [recipes](guide::recipes), and what may deadlock |
//!
//! # What happens to the others
//! When one child of a gather fails:
//!
//! | of | an `Err` of one | a panic of one |
//! |---|---|---|
//! | [`gather()`] | is a value; the others run on | drops the others, and goes on in the caller |
//! | [`gather().settled()`](Gather::settled) | is a value; the others run on | is a value; the others run on |
//! | [`try_gather()`] | drops the others, and the caller has it | drops the others, and goes on in the caller |
//! | [`as_completed()`] | is a value when it comes; the others run on | drops the others, and goes on in the caller |
//!
//! Dropping any of them drops, before the drop returns, every child that has not ended. The
//! [whole table](gather()#what-happens-to-the-others) has more, also what becomes of children
//! that are handles of tasks.
//!
//! # Features
//! All are off by default; without them the crate depends on mio, slab and crossbeam-queue.
//! `cargo doc --all-features --open` shows what they add.
//!
//! | feature | gives | depends on |
//! |---|---|---|
//! | `precise-timers` | sleeps that are late by microseconds, on Linux; [without it](time#precision) by up to a millisecond | rustix |
//! | `futures` | `AsyncRead`, `AsyncWrite` and `Stream` for the types [listed](interop) | futures-io, futures-core |
//! | `hyper` | hyper 1's `Read`, `Write`, `Executor`, `Timer` and `Sleep` | hyper |
//! | `socket2` | listeners with a queue for 4,096 connections instead of 128 | socket2 |
//! | `trace` | every event with its reason, as a page, a text and JSON; which task waits for what | serde_json |
//! | `explore` | one program under many legal schedules, on a paused clock and a simulated network, until one fails; the shortest such run | indicatif |
//!
//! # Examples
//! Each is a file in the folder `examples`, and runs by `cargo run --release --example` and its name.
//!
//! | example | shows |
//! |---|---|
//! | `delays` | the program above, in seconds |
//! | `fetch_data` | three sources together take as long as the slowest |
//! | `fetch_status` | a thousand requests at once, beside the same one after another |
//! | `errors` | the table above, by a job that fails or panics |
//! | `cancel` | what a dropped gather drops, and when |
//! | `dashboard` | a page of five services, of which one fails and one is late |
//! | `download` | files fetched side by side, each whole or not there |
//! | `batch` | a million items, a hundred at a time |
//! | `timeline`, `walk` | what the runtime did, as a page: with sleeps, with sockets; `--features trace` |
//! | `cache` | a fault that a plain run does not show, found under many schedules; `--features explore` |
//!
//! `examples/ecosystem` is a package with servers and clients of hyper, axum, rustls, WebSocket, QUIC,
//! SQLite, PostgreSQL, Redis and reqwest: `http_server`, `http_client`, `axum_server`, `proxy`,
//! `https_get`, `chat`, `echo_server`, `quic`, `queries`, `postgres`, `redis`, `reqwest_get`; and with
//! what else has a descriptor on Unix: `unix_echo`, `watch_folder`, `signals`.
//!
//! # How to read the source
//! The folders of `src` are the layers, but for `guide`, which is text. A file uses only what is below it, and a test holds
//! it to that:
//!
//! ```text
//!               explore/     one program under many schedules, by feature
//!               interop/     the traits of other crates, by feature
//!               gather/      many futures awaited as one
//!     net/                                      futures that wait on a socket
//!                            time/              futures that wait on the clock
//!               runtime/     the loop: run ready tasks, then poll for events
//!     task/                  reactor/           the tasks · what they wait for
//!               wake/        which task was woken, each once, from any thread
//!               choice/      what the runtime is free to decide, by feature
//!               trace/       what every layer did, and why, by feature
//! ```
//!
//! 1. DESIGN.md follows one sleep and one read from `gather` down to the kernel and back.
//! 2. Then read from the bottom up: `wake`, `task`, the loop in
//!    [`runtime/event_loop.rs`](../src/shirr/runtime/event_loop.rs.html), `reactor`, `time`, `net`, `gather`.
//!    The head of each folder's `mod.rs` says what the layer is for.
//! 3. Leave the folders `branches` shut at first: a gather of requests can do without them.
//!    README.md has the order file by file.
//!
//! `cargo doc --document-private-items --open` shows the same as a book.

#![deny(unsafe_code)]
#![doc(test(attr(deny(warnings))))]

// mio leaves out its `Waker` there.
#[cfg(any(target_os = "wasi", target_os = "horizon"))]
compile_error!(
    "shirr does not run on this target: it needs mio::Waker, with which another thread ends the loop's wait"
);

// Pages for those who come from elsewhere: text, and no layer.
pub mod guide;

// One program under many schedules, by feature.
pub mod explore;

// The traits of other crates, by feature.
pub mod interop;

// Many futures awaited as one.
mod gather;

// Futures that wait on a socket.
pub mod net;

// Futures that wait on the clock.
pub mod time;

// The loop: run ready tasks, then poll for events.
mod runtime;

// The tasks.
mod task;

// What they wait for.
mod reactor;

// Which task was woken, each once, from any thread.
mod wake;

// What the runtime is free to decide, and who decides, by feature.
mod choice;

// What every layer did, and why, by feature.
pub mod trace;

#[cfg(unix)]
#[doc(inline)]
pub use net::descriptor as io;

pub use gather::{
    AsCompleted, AsCompletedSettled, Gather, Settled, TryGather, Within, as_completed, gather, try_gather,
};
// For what the macros expand to. The two types hold a closure, so a user cannot name them.
#[doc(hidden)]
pub use gather::{GatherTuple, Read as __Read, TryGatherTuple, child as __child, try_child as __try_child};
pub use runtime::{
    Builder, Handle, JoinSet, Metrics, RemoteHandle, Runtime, Unblock, YieldNow, block_on, consume_budget,
    metrics, spawn, unblock, yield_now,
};
pub use task::{AbortHandle, AbortOnDrop, Id, JoinError, JoinHandle};

/// The README's example runs with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
