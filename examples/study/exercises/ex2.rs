//! Exercise 2 (s1_block_on): a waker that counts, and a thread that is woken for nothing.
//!
//! Not solved yet.
//!
//! `thread::park` may return though no waker was called: an `unpark` is left over, or the system
//! ends it for no reason. Have `block_on` poll only after a wake, and return how often it polled
//! and how often its waker was called. `park` is `thread::park`; the check gives it another one.
//!
//! Hint: let the waker count in an `AtomicU32` before it unparks. Read the count before each poll.
//! When the poll returns `Pending`, park for as long as the count is what it was: a wake that comes
//! during the poll is then not missed.
//!
//! In the step: have the sleep's thread of s1 call the waker half-way, too: five polls, two of them in
//! vain. Keep the first poll's waker, and not the latest's: all goes well, since there is only one.
//! Later on, a future may be polled first with one waker and then with another.
//!
//! Check: `cargo test -p study --test ex2 -- --ignored`

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

struct Unpark {
    thread: Thread,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.thread.unpark();
    }
}

/// The output, the polls and the wakes.
pub(crate) fn block_on<F: Future>(future: F, mut park: impl FnMut()) -> (F::Output, u32, u32) {
    let (mut future, mut polls) = (pin!(future), 0);
    let unpark = Arc::new(Unpark { thread: thread::current() });
    let waker = Waker::from(Arc::clone(&unpark));
    loop {
        polls += 1;
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return (output, polls, 0);
        }
        park();
    }
}
