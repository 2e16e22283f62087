//! Exercise 8, solved. With n children, n + (n - 1) + .. + 1 polls: each wake polls all that are left.
//! A gather polls the child that was woken: n polls at the start, and one more for each child that
//! had to wait.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

enum Child<F: Future> {
    Future(Pin<Box<F>>),
    Done(F::Output),
}

impl<F: Future> Child<F> {
    /// Whether it has its output.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        let Self::Future(future) = self else { return true };
        let Poll::Ready(output) = future.as_mut().poll(cx) else { return false };
        *self = Self::Done(output);
        true
    }
}

pub(crate) async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut children: Vec<_> = futures.into_iter().map(|future| Child::Future(Box::pin(future))).collect();
    poll_fn(|cx| {
        let ended = children.iter_mut().filter_map(|child| child.poll(cx).then_some(())).count();
        if ended == children.len() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    let outputs = children.into_iter().filter_map(|child| match child {
        Child::Done(output) => Some(output),
        Child::Future(_) => None,
    });
    outputs.collect()
}
