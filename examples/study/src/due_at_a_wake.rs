// What s5 and s6 count: whether the loop hears of a wake, or sleeps on until a timer is due.

/// A task leaves its waker with `wake_later` and waits, while a timer is far from due. Returns how
/// many timers were due when the task was polled again.
fn timers_due_at_a_wake(wake_later: impl FnOnce(Waker) + 'static) -> u32 {
    say!("---- a task waits for another thread, and a timer is due later ----");
    let (time, mut wake_later) = (Duration::from_millis(500), Some(wake_later));
    block_on(async move {
        let deadline = Instant::now() + time;
        spawn(sleep(time));
        poll_fn(|cx| match wake_later.take() {
            Some(wake_later) => {
                wake_later(cx.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(u32::from(Instant::now() >= deadline)),
        })
        .await
    })
}
