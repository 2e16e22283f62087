// From s1: src/bin/s1_block_on.rs, line for line.

/// A thread sleeps for it, and calls the waker of the latest poll (I5). Here each poll brings the same;
/// but a future may be moved to another task, and then its next poll brings that task's.
struct Sleep(Arc<Mutex<Shared>>);

#[derive(Default)]
struct Shared {
    over: bool,
    waker: Option<Waker>,
}

fn sleep(duration: Duration) -> Sleep {
    let shared = Arc::<Mutex<Shared>>::default();
    let sleep = Sleep(Arc::clone(&shared));
    spawn_thread(move || {
        thread::sleep(duration);
        let mut shared = shared.lock().expect("no panic while it is locked");
        shared.over = true;
        let Some(waker) = shared.waker.take() else { return }; // it was not polled yet
        waker.wake(); // under the lock, which is well while no waker is foreign code
    });
    sleep
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.0.lock().expect("no panic while it is locked");
        if shared.over {
            return Poll::Ready(());
        }
        shared.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}
