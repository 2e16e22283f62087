//! Exercise 8, wrong: the outputs come in the order of their ends.

use std::future::{Future, poll_fn};
use std::mem::take;
use std::task::Poll;

pub(crate) async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut outputs = Vec::new();
    poll_fn(|cx| {
        for mut future in take(&mut futures) {
            match future.as_mut().poll(cx) {
                Poll::Ready(output) => outputs.push(output),
                Poll::Pending => futures.push(future),
            }
        }
        if futures.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs
}
