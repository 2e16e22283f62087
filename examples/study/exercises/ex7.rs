//! Exercise 7 (s7_gather): `first_ok`.
//!
//! Not solved yet.
//!
//! Awaits futures side by side. The first that gives `Ok` is the answer, and the others are dropped
//! when it comes. If none does, the errors are the answer, in the order of the futures. Here the
//! first that ends decides.
//!
//! Hint: an error has a place of its own, as the outputs in the `Batch` of s7 do. A future that has
//! ended must not be polled again: drop it when it ends. What is the answer of no futures at all?
//!
//! Check: `cargo test -p study --test ex7 -- --ignored`

use std::future::Future;
use std::mem::take;
use std::pin::Pin;
use std::task::{Context, Poll};

pub(crate) struct FirstOk<F> {
    futures: Vec<Pin<Box<F>>>,
}

pub(crate) fn first_ok<F: Future<Output = Result<T, E>>, T, E>(futures: Vec<F>) -> FirstOk<F> {
    FirstOk { futures: futures.into_iter().map(Box::pin).collect() }
}

impl<F: Future<Output = Result<T, E>>, T, E> Future for FirstOk<F> {
    type Output = Result<T, Vec<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        for mut future in take(&mut self.futures) {
            match future.as_mut().poll(cx) {
                Poll::Ready(answer) => return Poll::Ready(answer.map_err(|error| vec![error])),
                Poll::Pending => self.futures.push(future),
            }
        }
        Poll::Pending
    }
}
