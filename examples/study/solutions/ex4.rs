//! Exercise 4, solved: a key is compared whole.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

type Task = Pin<Box<dyn Future<Output = ()>>>;

#[derive(Default)]
struct Slot {
    serial: u64,
    scheduled: bool,
}

struct TaskWaker {
    serial: u64,
    slot: Arc<Mutex<Slot>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let slot = &mut *self.slot.lock().expect("no panic while it is locked");
        if slot.serial == self.serial {
            slot.scheduled = true;
        }
    }
}

/// Polls each task until it is scheduled no more, and then puts the next one into its slot. Returns
/// how often each was polled.
pub(crate) fn run(tasks: Vec<Task>) -> Vec<u32> {
    let (slot, mut all_polls) = (Arc::<Mutex<Slot>>::default(), Vec::new());
    let locked = || slot.lock().expect("no panic while it is locked");
    for (serial, mut task) in (1..).zip(tasks) {
        *locked() = Slot { serial, scheduled: true };
        let waker = Waker::from(Arc::new(TaskWaker { serial, slot: Arc::clone(&slot) }));
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
