//! What a program counts with.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::task::Poll;

/// How many futures were under way at the same time, at most.
#[derive(Clone, Debug, Default)]
pub struct Peak(Rc<Cell<(u32, u32)>>);

impl Peak {
    /// Awaits the future, which is under way from its first poll to its end.
    pub async fn during<F: Future>(self, future: F) -> F::Output {
        let (now, most) = self.0.get();
        self.0.set((now + 1, most.max(now + 1)));
        let output = future.await;
        let (now, most) = self.0.get();
        self.0.set((now - 1, most));
        output
    }

    /// The most that there were.
    pub fn most(&self) -> u32 {
        self.0.get().1
    }
}

/// Wakes its own task once: so that has one more turn, when its time has come in the queue.
pub fn yield_now() -> impl Future<Output = ()> {
    let mut yielded = false;
    poll_fn(move |cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Drops what a `spawn` gives, a handle or a key: the task runs on.
pub fn detach<T>(handle: T) {
    drop(handle);
}
