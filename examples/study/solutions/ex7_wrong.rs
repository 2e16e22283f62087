//! Exercise 7, wrong: the errors come in the order of their ends.

use std::future::Future;
use std::mem::take;
use std::pin::Pin;
use std::task::{Context, Poll};

pub(crate) struct FirstOk<F, E> {
    futures: Vec<Pin<Box<F>>>,
    errors: Vec<E>,
}

// No error is pinned in it, and each future has a box.
impl<F, E> Unpin for FirstOk<F, E> {}

pub(crate) fn first_ok<F: Future<Output = Result<T, E>>, T, E>(futures: Vec<F>) -> FirstOk<F, E> {
    FirstOk { futures: futures.into_iter().map(Box::pin).collect(), errors: Vec::new() }
}

impl<F: Future<Output = Result<T, E>>, T, E> Future for FirstOk<F, E> {
    type Output = Result<T, Vec<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        for mut future in take(&mut self.futures) {
            match future.as_mut().poll(cx) {
                Poll::Ready(Ok(output)) => {
                    self.futures.clear();
                    return Poll::Ready(Ok(output));
                }
                Poll::Ready(Err(error)) => self.errors.push(error),
                Poll::Pending => self.futures.push(future),
            }
        }
        if self.futures.is_empty() { Poll::Ready(Err(take(&mut self.errors))) } else { Poll::Pending }
    }
}
