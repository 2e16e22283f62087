//! Step 0: no runtime at all.
//!
//! You know by now: how to write `async fn` and `.await`.
//!
//! New: an `async fn` that is called does nothing. It gives a value, a *future*, and that goes on
//! only while its `poll` is called: until it is ready, or until it awaits something that is
//! not. Here `main` calls it, again and again.
//!
//! Try: call `two_sleeps` and do not poll it: nothing is printed. Pause for a millisecond after each
//! poll: how many polls are left?
//!
//! For real: `src/runtime/event_loop.rs`, which polls only what was woken.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

// ---- time: futures that wait on the clock -------------------------------------------------

struct Sleep {
    deadline: Instant,
}

fn sleep(duration: Duration) -> Sleep {
    Sleep { deadline: Instant::now() + duration }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if Instant::now() < self.deadline { Poll::Pending } else { Poll::Ready(()) }
    }
}

// ---- the program --------------------------------------------------------------------------

async fn two_sleeps(steps: &Cell<u32>) -> u32 {
    steps.set(steps.get() + 1);
    sleep(Duration::from_millis(10)).await;
    steps.set(steps.get() + 1);
    sleep(Duration::from_millis(10)).await;
    steps.set(steps.get() + 1);
    7
}

fn main() {
    let (steps, mut polls) = (Cell::new(0), 0);
    let mut future = pin!(two_sleeps(&steps));
    let output = loop {
        polls += 1;
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            break output;
        }
    };
    println!("result: {output}");
    println!("still wrong: {polls} polls, and {} of them had something to do", steps.get());
}
