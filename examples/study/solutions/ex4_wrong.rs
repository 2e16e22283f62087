//! Exercise 4, wrong: an old waker leaves an empty slot alone, and not a stranger.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

type Task = Pin<Box<dyn Future<Output = ()>>>;

#[derive(Default)]
struct Slot {
    taken: bool,
    scheduled: bool,
}

struct TaskWaker {
    slot: Arc<Mutex<Slot>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let slot = &mut *self.slot.lock().expect("no panic while it is locked");
        if slot.taken {
            slot.scheduled = true;
        }
    }
}

/// Polls each task until it is scheduled no more, and then puts the next one into its slot. Returns
/// how often each was polled.
pub(crate) fn run(tasks: Vec<Task>) -> Vec<u32> {
    let (slot, mut all_polls) = (Arc::<Mutex<Slot>>::default(), Vec::new());
    let locked = || slot.lock().expect("no panic while it is locked");
    for mut task in tasks {
        *locked() = Slot { taken: true, scheduled: true };
        let waker = Waker::from(Arc::new(TaskWaker { slot: Arc::clone(&slot) }));
        let mut polls = 0;
        while locked().scheduled {
            locked().scheduled = false;
            polls += 1;
            if task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                break;
            }
        }
        *locked() = Slot::default();
        all_polls.push(polls);
    }
    all_polls
}
