//! Exercise 7, solved: each future has a place, and its error has the same.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pub(crate) struct FirstOk<F, E> {
    children: Vec<Child<F, E>>,
}

enum Child<F, E> {
    Future(Pin<Box<F>>),
    Failed(E),
}

// No error is pinned in it, and each future has a box.
impl<F, E> Unpin for FirstOk<F, E> {}

pub(crate) fn first_ok<F: Future<Output = Result<T, E>>, T, E>(futures: Vec<F>) -> FirstOk<F, E> {
    FirstOk { children: futures.into_iter().map(|future| Child::Future(Box::pin(future))).collect() }
}

impl<F: Future<Output = Result<T, E>>, T, E> Future for FirstOk<F, E> {
    type Output = Result<T, Vec<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut waits = false;
        for child in &mut self.children {
            let Child::Future(future) = child else { continue };
            match future.as_mut().poll(cx) {
                Poll::Ready(Ok(output)) => {
                    self.children.clear();
                    return Poll::Ready(Ok(output));
                }
                Poll::Ready(Err(error)) => *child = Child::Failed(error),
                Poll::Pending => waits = true,
            }
        }
        if waits {
            return Poll::Pending;
        }
        let errors = self.children.drain(..).filter_map(|child| match child {
            Child::Failed(error) => Some(error),
            Child::Future(_) => None,
        });
        Poll::Ready(Err(errors.collect()))
    }
}
