//! One program under many legal schedules, until one fails: with the feature `explore`.
//!
//! A program on one thread runs in few ways on its author's machine, and in many ways where it
//! is used: packets are late, reads are short, tasks become ready in another order.
//! [`explore`](fn@explore) runs it in a thousand ways that are all legal, on a paused clock and a simulated
//! network. The first run that fails is shortened to the fewest deviations from what the runtime
//! does by itself, and printed with a line that replays it.
//!
//! ```should_panic
//! use shirr::{explore::{explore, latency}, gather};
//! use std::{cell::Cell, rc::Rc};
//!
//! /// Looks, waits for a service, and then writes.
//! async fn take(account: Rc<Cell<i32>>, amount: i32) {
//!     latency().await;
//!     let before = account.get();
//!     latency().await;
//!     account.set(before - amount);
//! }
//!
//! explore(async || {
//!     let account = Rc::new(Cell::new(10));
//!     gather([3, 4].map(|amount| take(Rc::clone(&account), amount))).await;
//!     assert_eq!(account.get(), 3);
//! });
//! ```
//!
//! # What fails
//! A panic of any task or closure, also one that a handle receives, unless the program says that
//! they are [meant](Explorer::panics_are_caught); a deadlock, where nothing is left that could wake a
//! task; and a program that has not ended after [`Explorer::max_turns`].
//!
//! # What is legal
//! What a schedule may do is in [`Freedoms`], in three levels.
//!
//! | order | promised | at levels |
//! |---|---|---|
//! | of first polls: that of the spawns | yes | `WORLD`, `SHARED` |
//! | of a task that gives way ([`yield_now`](crate::yield_now)): after all that are ready | yes | `WORLD`, `SHARED` |
//! | of other ready tasks: that of their wakes | no | `WORLD` |
//! | of timers: by their deadlines, equal ones as they were made | yes, that is the order of their wakes | all |
//! | of events of sockets, answers of [`unblock`](crate::unblock()) and look-ups | no | none |
//!
//! # What the world is
//! The clock is paused, and goes on when no task is ready.
//! [`net::TcpListener`](crate::net::TcpListener) and [`net::TcpStream`](crate::net::TcpStream) of one
//! program reach each other over a simulated network; no socket is opened. Hosts have addresses of
//! their own, and `127.0.0.1` is shown as that of the host. A closure of
//! [`unblock`](crate::unblock()) runs on the same thread, when its time has come: so one that waits
//! for the program never ends, and one that calls [`block_on`](crate::block_on()) panics.
//!
//! What is not shirr's is as it was, so the same schedule gives the same run only if the program is
//! otherwise deterministic: no threads of its own, no `Instant::now`, and no order taken from a
//! `HashMap`. A failure that does not come again is called so.
//!
//! # To see it again
//! `SHIRR_SCHEDULE=list:0=1 cargo test the_test` runs that schedule alone. `SHIRR_SEED=7` shuffles
//! the ready tasks of any program, on the real kernel and without a change; `7:wild` without any
//! promised order.
//!
//! With the feature `trace` as well, the shortest run is told: the report ends with its last events
//! and, of a deadlock, with who waits for whom. `SHIRR_EXPLORE_PAGE=dir` has a page of it written
//! into that folder, in the test's name. It marks the deviations, says at each choice what else was
//! open, and shows from which event on a run that passes goes on otherwise (`Told`).

#![cfg(feature = "explore")]

mod explorer;
mod failure;
mod hosts;
mod once;
mod progress;
mod search;
mod shorten;
#[cfg(feature = "trace")]
mod told;
#[cfg(not(feature = "trace"))]
#[path = "untold.rs"]
mod told;

pub use crate::choice::{Choice, Freedoms, Kind, Schedule, Stuck};
pub use explorer::{Explorer, Search, explore, latency};
pub use failure::{Failure, Fault, Passed};
pub use hosts::{Host, Partition, host, partition};
#[cfg(feature = "trace")]
pub use told::Told;
