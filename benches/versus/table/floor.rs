//! What tasks cost where there is no runtime: a loop over boxed futures.
//!
//! No wakers, no handles, no keys, no way to spawn from inside. What a runtime takes beyond
//! this is the price of being one, so no runtime is expected to come this far. It stands
//! beside the workloads that ask for no more than it has: futures that are all known at the
//! start and do not wait for each other.

use crate::workload::Contender;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Erased as a runtime's tasks are: the loop does not know what it polls.
type Task = Pin<Box<dyn Future<Output = u64>>>;

/// The contenders, and after them the loop over `count` times the `future`.
pub(crate) fn beside_a_loop<F: Future<Output = u64> + 'static>(
    mut contenders: Vec<Contender>,
    count: u64,
    future: impl Fn() -> F + 'static,
) -> Vec<Contender> {
    // Kept between rounds, as the runtimes keep their queues.
    let mut tasks = VecDeque::new();
    let mut once = move || {
        tasks.extend((0..count).map(|_| Box::pin(future()) as Task));
        poll_all(&mut tasks)
    };
    let work = move |times| (0..times).map(|_| once()).sum();
    contenders.push(Contender { name: "loop by hand", work: Box::new(work) });
    contenders
}

/// Polls them in turn until all are done; the sum of what they returned.
///
/// Not inlined: where the compiler sees which future is in the box, it could do without the
/// box and the call.
#[inline(never)]
fn poll_all(tasks: &mut VecDeque<Task>) -> u64 {
    let mut context = Context::from_waker(Waker::noop());
    let mut sum = 0;
    while let Some(mut task) = tasks.pop_front() {
        match task.as_mut().poll(&mut context) {
            Poll::Ready(output) => sum += output,
            Poll::Pending => tasks.push_back(task),
        }
    }
    sum
}

/// Gives way once. It wakes nothing, since the loop comes back anyway.
pub(crate) fn yield_now() -> impl Future<Output = ()> {
    let mut given_way = false;
    poll_fn(move |_| match mem::replace(&mut given_way, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
}
