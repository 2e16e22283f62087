//! Exercise 1, solved.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub(crate) fn drive<F: Future>(future: F) -> Option<(F::Output, u32)> {
    let (mut future, mut polls) = (pin!(future), 0);
    loop {
        polls += 1;
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Some((output, polls));
        }
    }
}
