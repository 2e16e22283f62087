//! What Python's `@async_timed` prints: a line when something starts, one when it ends.

use std::fmt;
use std::future::Future;
use std::io::{Write, stdout};
use std::time::Instant;

/// Awaits `future`, and says when it starts and, with its time, when it ends.
///
/// The second line comes also when the future is dropped early, as Python's comes from a
/// `finally`.
pub(crate) async fn timed<F: Future>(name: impl fmt::Display, future: F) -> F::Output {
    say(format_args!("starting {name}"));
    let _end = End { name, start: Instant::now() };
    future.await
}

struct End<N: fmt::Display> {
    name: N,
    start: Instant,
}

impl<N: fmt::Display> Drop for End<N> {
    fn drop(&mut self) {
        let seconds = self.start.elapsed().as_secs_f64();
        say(format_args!("finished {} in {seconds:.4} second(s)", self.name));
    }
}

/// Prints a line. `println!` would panic, in the middle of the future, when the output is
/// piped into a program that has read enough, such as `head`.
fn say(line: fmt::Arguments<'_>) {
    let _ = writeln!(stdout(), "{line}");
}
