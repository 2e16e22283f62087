//! Exercise 4 (s3_slab, I9): the waker of a task that has ended, and a stranger in its slot.
//!
//! Not solved yet.
//!
//! `run` gives each task the same slot, one after another. Wakers are kept for as long as their
//! holder likes. Here `wake` looks at the slot only, and so an old waker has the new task
//! polled. Mend that: give each task a serial that no other one has, and let a stale key wake no task.
//!
//! Hint: the waker and the slot both say which task is meant. `(1..).zip(tasks)` counts. What does an
//! empty slot say? Zero can be the serial of no task.
//!
//! In the step: in `live` of s3, ask only whether the slot has a serial. Task 4 has ended, and its late
//! waker finds the flag of task 5.
//!
//! Check: `cargo test -p study --test ex4 -- --ignored`

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

type Task = Pin<Box<dyn Future<Output = ()>>>;

#[derive(Default)]
struct Slot {
    scheduled: bool,
}

struct TaskWaker {
    slot: Arc<Mutex<Slot>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let slot = &mut *self.slot.lock().expect("no panic while it is locked");
        slot.scheduled = true;
    }
}

/// Polls each task until it is scheduled no more, and then puts the next one into its slot. Returns
/// how often each was polled.
pub(crate) fn run(tasks: Vec<Task>) -> Vec<u32> {
    let (slot, mut all_polls) = (Arc::<Mutex<Slot>>::default(), Vec::new());
    let locked = || slot.lock().expect("no panic while it is locked");
    for mut task in tasks {
        *locked() = Slot { scheduled: true };
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
