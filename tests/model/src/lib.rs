//! The inbox and the helper threads of shirr, under every order of their threads' steps.
//!
//! `src/wake/inbox.rs` and `src/runtime/branches/helpers.rs` are included here as they are. What they
//! take from `std`, `crossbeam-queue` and `mio` is this crate's own (it calls itself by those
//! names), built on loom. Loom runs a model again and again, each time with other steps of
//! its threads in between, and lets a load see any value that the memory model allows.
//!
//! ```text
//! cargo test -p model                                        # every promise and every seeded fault
//! LOOM_MAX_PREEMPTIONS=4 cargo test -p model --release NAME  # one promise, more thoroughly
//! ```
//!
//! | file | is |
//! |---|---|
//! | `src/wake/models.rs`, `src/runtime/models.rs` | the promises, each with the model that holds it |
//! | `faults.rs` | faults, as edits of the two files, each with the promise that it breaks |
//! | `src/sync.rs`, `src/thread.rs`, `src/queue.rs` | what takes the place of `std`, `crossbeam-queue` and `mio` |
//! | `build.rs` | makes a copy of the source for each fault |
//!
//! # How to read a failure
//! It ends with the steps of the one execution that failed: the thread (0 is the loop), what
//! it did, with which value, in which line. `deadlock` means that all threads that are left
//! wait for ever: a wake was lost, a job has no thread, or a thread does not end. Of an
//! assertion, the line is that of the model.
//!
//! When you change one of the two files, a fault may not find its text any more; a test says
//! which, and the edit in `faults.rs` is to be written anew.
//!
//! # What is taken for granted
//! - The queue: the thread that pops an element sees what its pusher did before. Whether it is empty is
//!   answered from any view of the past that is allowed; only the fences make that good.
//! - The lock of the table: readers are ordered with writers, but not among themselves.
//! - The bell: a wait sees what was done before the ring. Rings add up to one. The wait does
//!   not end by itself, except where a model says that a timer ends it.
//! - A condition variable wakes the one that has waited longest, and never without a reason.
//!   A time-out comes in the first waits or in none (`Condvar`).
//! - An `Arc` is std's own, and its count is no step.
//!
//! # What is not seen
//! - What needs more threads or steps than the models have, or more preemptions than their
//!   bound: a thread that could go on is stopped two or three times in an execution.
//! - `SeqCst` of a load, store or swap is no more than acquire and release to loom; of a fence
//!   it is all. The code is right for less than it asks for, then.
//! - Loom (0.7.3) lets a store of another thread fall between a swap and the value that it
//!   read, and so reports a lost wake that cannot be. Both stores of `Inbox::sleep` are swaps
//!   for that reason.
//! - What a poll does with a message, `unblock` above its job, and the trace.

// The unit tests of the two files are not this crate's.
#![cfg(not(test))]

// The names by which the two files ask for what is here.
extern crate self as crossbeam_queue;
extern crate self as mio;
extern crate self as std;
extern crate std as real;

pub(crate) use queue::{SegQueue, Waker};
pub(crate) use real::{collections, hash, io, mem, num, time};

mod queue;
#[allow(dead_code)] // what no model needs
pub mod runtime;
mod steps;
mod sync;
mod thread;
#[allow(dead_code)]
pub mod wake;

/// The models again, each with the faulty copy that it is to see; in the order of `faults.rs`.
#[allow(warnings, clippy::all, missing_docs, unreachable_pub)]
pub mod faulty {
    include!(concat!(env!("OUT_DIR"), "/faulty.rs"));
}

/// Runs a model under every order of its threads' steps in which no more than so many times
/// a thread is stopped that could go on.
fn check(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(preemptions);
    let all = real::panic::AssertUnwindSafe(|| {
        builder.check(move || {
            steps::begin();
            thread::begin();
            model();
            thread::join_all();
        });
    });
    if let Err(failure) = real::panic::catch_unwind(all) {
        steps::print();
        real::panic::resume_unwind(failure);
    }
}

#[path = "../../../src/choice/nothing.rs"]
mod choice;

/// In place of the trace: nothing.
mod trace {
    #[derive(Debug)]
    pub(crate) struct Sender;

    impl Sender {
        pub(crate) fn here() -> Self {
            Self
        }
    }

    macro_rules! emit {
        ($($event:tt)*) => {};
    }
    pub(crate) use emit;
}
