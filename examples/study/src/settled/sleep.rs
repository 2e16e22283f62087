// From s4: src/bin/s4_timers.rs, line for line.

struct Sleep {
    deadline: Instant,
    timer: Option<u64>,
}

fn sleep(duration: Duration) -> Sleep {
    Sleep { deadline: Instant::now() + duration, timer: None }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let timers = &current().timers;
        let Some(timer) = self.timer else {
            self.timer = Some(timers.put(self.deadline, cx.waker()));
            return Poll::Pending;
        };
        match timers.pending.borrow_mut().get_mut(&(self.deadline, timer)) {
            Some(waker) => waker.clone_from(cx.waker()), // the latest poll's waker wins (I5)
            None => return Poll::Ready(()),
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            let waker = current().timers.pending.borrow_mut().remove(&(self.deadline, timer));
            drop(waker); // which may run any code, and finds nothing borrowed (I3)
        }
    }
}
