//! Exercise 3 (s3_slab, I2): a wake during the poll.
//!
//! Not solved yet.
//!
//! Each task has a flag, "scheduled": its number is in the queue at most once (I1). Here the flag is
//! cleared after the poll. A task that wakes itself while it is polled is then never polled
//! again: the wake finds the flag set, and adds nothing. Mend that, and keep I1.
//!
//! Hint: two lines of `run` change places. Say to yourself what the flag means: "a poll is to
//! come", or "a poll is under way"?
//!
//! Check: `cargo test -p study --test ex3 -- --ignored`

use std::collections::VecDeque;
use std::future::Future;
use std::mem::replace;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

type Task = Pin<Box<dyn Future<Output = ()>>>;

#[derive(Default)]
struct Queue {
    scheduled: Vec<bool>,
    numbers: VecDeque<usize>,
}

struct TaskWaker {
    number: usize,
    queue: Arc<Mutex<Queue>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let queue = &mut *self.queue.lock().expect("no panic while it is locked");
        if !replace(&mut queue.scheduled[self.number], true) {
            queue.numbers.push_back(self.number);
        }
    }
}

/// Polls the tasks until the queue is empty. Returns the number of each task polled, in order.
pub(crate) fn run(mut tasks: Vec<Task>) -> Vec<usize> {
    let (mut polled, all) = (Vec::new(), tasks.len());
    let queue = Queue { scheduled: vec![true; all], numbers: (0..all).collect() };
    let queue = Arc::new(Mutex::new(queue));
    let locked = || queue.lock().expect("no panic while it is locked");
    loop {
        let Some(number) = locked().numbers.pop_front() else { return polled };
        polled.push(number);
        let waker = Waker::from(Arc::new(TaskWaker { number, queue: Arc::clone(&queue) }));
        let answer = tasks[number].as_mut().poll(&mut Context::from_waker(&waker));
        locked().scheduled[number] = false;
        if answer == Poll::Ready(()) {
            tasks[number] = Box::pin(std::future::pending()); // it is over
        }
    }
}
