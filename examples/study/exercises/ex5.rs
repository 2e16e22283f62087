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
