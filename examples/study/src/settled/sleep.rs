// From s4: src/bin/s4_timers.rs, line for line.

/// When it is dropped, it takes its timer out (I8).
struct Sleep {
    deadline: Instant,
    timer: Option<Timer>, // from its first poll on
}

fn sleep(duration: Duration) -> Sleep {
    Sleep { deadline: Instant::now() + duration, timer: None }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let core = current();
        let Some(timer) = self.timer else {
            self.timer = Some(core.timers.put(self.deadline, cx.waker()));
            return Poll::Pending;
        };
        if !core.timers.pending.borrow().contains_key(&timer) {
            return Poll::Ready(()); // `fire_due` has taken it out: the time has come
        }
        let waker = cx.waker().clone(); // that of the latest poll wins (I5)
        let _old = core.timers.pending.borrow_mut().insert(timer, waker); // dropped after the borrow (I3)
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            let _waker = current().timers.pending.borrow_mut().remove(&timer); // dropped after the borrow (I3)
        }
    }
}
