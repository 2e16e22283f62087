// From s4: src/bin/s4_timers.rs, line for line.

/// When it is dropped, it takes its timer out (I8).
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
        let timers = &current().timers; // a `let` that borrows from an `Rc` keeps it for the block
        let Some(timer) = self.timer else {
            self.timer = Some(timers.put(self.deadline, cx.waker()));
            return Poll::Pending;
        };
        // A sleep is over when its timer is no longer in the map: `fire_due` has taken it out.
        if !timers.pending.borrow().contains_key(&(self.deadline, timer)) {
            return Poll::Ready(());
        }
        timers.renew((self.deadline, timer), cx.waker()); // the latest poll's waker wins (I5)
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            // Dropped at the end: also that may be any code, and finds nothing borrowed (I3).
            let _waker = current().timers.pending.borrow_mut().remove(&(self.deadline, timer));
        }
    }
}
