//! Exercise 3, solved: the flag is cleared before the poll.

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
        locked().scheduled[number] = false;
        polled.push(number);
        let waker = Waker::from(Arc::new(TaskWaker { number, queue: Arc::clone(&queue) }));
        let answer = tasks[number].as_mut().poll(&mut Context::from_waker(&waker));
        if answer == Poll::Ready(()) {
            tasks[number] = Box::pin(std::future::pending()); // it is over
        }
    }
}
