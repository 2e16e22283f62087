//! Exercise 5, wrong: the waker is dropped while the map is borrowed.

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

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            self.timers.wakers.borrow_mut().remove(&(self.deadline, timer));
        }
    }
}
