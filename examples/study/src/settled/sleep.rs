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
        // A sleep is over when its timer is no longer in the map: `fire_due` has taken it out.
        let (key, waker) = ((self.deadline, timer), cx.waker().clone());
        if !timers.pending.borrow().contains_key(&key) {
            return Poll::Ready(());
        }
        // The latest poll's waker wins (I5). It is cloned before the borrow, and the old one is dropped
        // at the end, after it (I3).
        let _old = timers.pending.borrow_mut().insert(key, waker);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            // Dropped at the end: its type may have a `Drop`, so any code, and finds nothing borrowed (I3).
            let _waker = current().timers.pending.borrow_mut().remove(&(self.deadline, timer));
        }
    }
}
