//! Exercise 2, solved.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

struct Unpark {
    thread: Thread,
    wakes: AtomicU32,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, SeqCst);
        self.thread.unpark();
    }
}

/// The output, the polls and the wakes.
pub(crate) fn block_on<F: Future>(future: F, mut park: impl FnMut()) -> (F::Output, u32, u32) {
    let (mut future, mut polls) = (pin!(future), 0);
    let unpark = Arc::new(Unpark { thread: thread::current(), wakes: AtomicU32::new(0) });
    let waker = Waker::from(Arc::clone(&unpark));
    loop {
        polls += 1;
        let before = unpark.wakes.load(SeqCst);
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return (output, polls, unpark.wakes.load(SeqCst));
        }
        while unpark.wakes.load(SeqCst) == before {
            park();
        }
    }
}
