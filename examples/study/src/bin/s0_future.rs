//! Step 0: no runtime at all.
//!
//! You know by now: how to write `async fn` and `.await`.
//!
//! New: an `async fn` that is called does nothing. It gives a value, a *future*, and that goes on only
//! while its `poll` is called: until it is ready, or until it awaits something that is not. Here a loop
//! calls it, again and again. A poll returns `Poll::Ready` with the output, or `Poll::Pending`: not yet.
//! Three names that it asks for:
//! - `pin!` promises that the future moves no more: it may hold references into itself. `as_mut` lends
//!   it for one poll, which takes it as `Pin<&mut Self>`.
//! - `Context` is what a future is given at a poll. All that is in it is a *waker*: a future that is
//!   not ready keeps it, to say when it wants the next poll.
//! - `Waker::noop()` is a waker that does nothing. A real one is in step 1.
//!
//! Try later: pause for a millisecond before `polls += 1`: twenty polls are left, or fewer.
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

/// Over when this moment has come.
struct Sleep(Instant);

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if Instant::now() < self.0 { Poll::Pending } else { Poll::Ready(()) }
    }
}

// ---- the program --------------------------------------------------------------------------

/// Returns how many steps it took: a poll that finds a sleep over takes one.
async fn two_sleeps() -> u32 {
    println!("two_sleeps begins");
    let mut steps = 1;
    Sleep(Instant::now() + Duration::from_millis(10)).await;
    steps += 1;
    Sleep(Instant::now() + Duration::from_millis(10)).await;
    steps + 1
}

fn main() {
    let (steps, polls) = poll_until_ready(two_sleeps());
    println!("result: {steps} steps");
    println!("still wrong: {polls} polls, and {steps} of them had something to do");
}
