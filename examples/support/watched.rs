//! Prints what becomes of a future, and when: it starts, then it ends, panics or is dropped.

use std::fmt;
use std::future::Future;
use std::io::{Write, stdout};
use std::thread;
use std::time::Instant;

/// What the times in the output are counted from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn say(self, line: impl fmt::Display) {
        // Not `println!`, which panics when the output is piped into a program that has
        // read enough.
        let _ = writeln!(stdout(), "  {:6.3} s  {line}", self.0.elapsed().as_secs_f64());
    }
}

/// Awaits `future`, and says when it starts and when and how its life is over.
///
/// A future that is dropped before its first poll has never started, and nothing is said.
pub(crate) async fn watched<F: Future>(clock: Clock, name: impl fmt::Display, future: F) -> F::Output {
    clock.say(format_args!("{name} starts"));
    let mut life = Life { clock, name, ended: false };
    let output = future.await;
    life.ended = true;
    output
}

struct Life<N: fmt::Display> {
    clock: Clock,
    name: N,
    ended: bool,
}

/// Whatever ends a future, its locals are dropped: a `Drop` is Rust's `finally`.
impl<N: fmt::Display> Drop for Life<N> {
    fn drop(&mut self) {
        let end = match self.ended {
            true => "ends",
            false if thread::panicking() => "panics",
            false => "is dropped",
        };
        self.clock.say(format_args!("{} {end}", self.name));
    }
}
