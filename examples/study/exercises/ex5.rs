//! Exercise 5 (s4_timers, I8): a sleep that is dropped takes its timer along.
//!
//! Not solved yet.
//!
//! A timeout that is not needed any more is dropped. Its timer stays here: the memory grows, and the
//! timer wakes a task for nothing. Write the `Drop` of `Sleep`. `Timers`, in tests/ex5.rs, is
//! as in s4, but that its clock is a number.
//!
//! Hint: the key of the timer is the deadline and the number. Take the waker out first, and let
//! it go in a statement of its own: the drop of a waker may run any code, and find the map borrowed
//! (I3). What lives until the end of a statement, and what until the end of the block?
//!
//! In the step: leave the `Drop` of `Sleep` out of s4, and put this at the start of the root, before the
//! `for`. It drops a sleep that was polled once. Its timer fires all the same, and the root is polled in
//! vain.
//!
//! ```text
//! let mut once = Box::pin(sleep(Duration::from_millis(10)));
//! std::future::poll_fn(|cx| { let _ = once.as_mut().poll(cx); Poll::Ready(()) }).await;
//! drop(once);
//! sleep(Duration::from_millis(100)).await;
//! ```
//!
//! Then in s7: take the `Drop` of `Gather` out, and put the same four lines at the start of the root in
//! `program.rs`, with `std::task::Poll`, and `gather([10, 20, 30].map(delay))` in the `Box`. The children
//! run on, and wake the root in vain.
//!
//! Check: `cargo test -p study --test ex5 -- --ignored`

use crate::Timers;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

pub(crate) struct Sleep {
    timers: Rc<Timers>,
    deadline: u64,
    timer: Option<u64>,
}

pub(crate) fn sleep(timers: &Rc<Timers>, deadline: u64) -> Sleep {
    Sleep { timers: Rc::clone(timers), deadline, timer: None }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(timer) = self.timer else {
            self.timer = Some(self.timers.place_timer(self.deadline, cx.waker()));
            return Poll::Pending;
        };
        let waits = self.timers.wakers.borrow().contains_key(&(self.deadline, timer));
        if waits { Poll::Pending } else { Poll::Ready(()) }
    }
}
