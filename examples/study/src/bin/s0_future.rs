//! Step 0: no runtime at all.
//!
//! You know by now: how to write `async fn` and `.await`.
//!
//! New: an `async fn` that is called does nothing. It gives a value, a *future*, and that goes on
//! only while its `poll` is called: until it is ready, or until it awaits something that is
//! not. Here `main` calls it, again and again. Three names that `poll` asks for:
//! - `pin!` promises that the future moves no more. It may hold references into itself. `as_mut` lends
//!   the pinned future for one poll, which takes it as `Pin<&mut Self>`.
//! - `Context` is what a future gets to know at a poll. All that is in it is a waker.
//! - `Waker::noop()` is a waker that does nothing. A real one is in step 1.
//!
//! Try: take out the loop and both `println!`s after it, so that nothing polls: it compiles with
//! warnings and prints nothing, since `two_sleeps` does not even begin. Put them back, and pause for
//! a millisecond before `polls += 1`: some twenty polls are left.
//!
//! For real: `src/runtime/event_loop.rs`, which polls only what was woken.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

// ---- runtime: the loop --------------------------------------------------------------------

/// Returns the output, and how many polls it took.
fn poll_until_ready<F: Future>(future: F) -> (F::Output, u32) {
    let (mut future, mut polls) = (pin!(future), 1);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => return (output, polls),
            Poll::Pending => polls += 1,
        }
    }
}

// ---- time: futures that wait on the clock -------------------------------------------------

struct Sleep {
    deadline: Instant,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if Instant::now() < self.deadline { Poll::Pending } else { Poll::Ready(()) }
    }
}

// ---- the program --------------------------------------------------------------------------

/// Returns how many steps it took: a poll that finds a sleep over takes one.
async fn two_sleeps() -> u32 {
    println!("two_sleeps begins");
    let mut steps = 1;
    Sleep { deadline: Instant::now() + Duration::from_millis(10) }.await;
    steps += 1;
    Sleep { deadline: Instant::now() + Duration::from_millis(10) }.await;
    steps + 1
}

fn main() {
    let (steps, polls) = poll_until_ready(two_sleeps());
    println!("result: {steps} steps");
    println!("still wrong: {polls} polls, and {steps} of them had something to do");
}
