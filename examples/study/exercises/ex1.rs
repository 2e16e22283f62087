//! Exercise 1 (s0_future): drive a future by hand, and count.
//!
//! Not solved yet.
//!
//! Have `drive` poll the future until it is ready. It returns the output, and how often it called
//! `poll`: the call that returned `Ready` is one of them, and the last.
//!
//! Hint: `Pin<&mut F>` is moved by a call; `as_mut` lends it. The loop of s0 is in `poll_until_ready`.
//!
//! In the step: leave out the loop of s0, and so all polls. `two_sleeps` does not even begin.
//!
//! Check: `cargo test -p study --test ex1 -- --ignored`

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub(crate) fn drive<F: Future>(future: F) -> Option<(F::Output, u32)> {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some((output, 1)),
        Poll::Pending => None, // and now?
    }
}
