//! Exercise 1, wrong: it counts how often the future was not ready.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub(crate) fn drive<F: Future>(future: F) -> Option<(F::Output, u32)> {
    let (mut future, mut polls) = (pin!(future), 0);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => return Some((output, polls)),
            Poll::Pending => polls += 1,
        }
    }
}
