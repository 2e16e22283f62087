//! The threads on which `unblock` runs what would block the loop.
//!
//! They are few, start when there is work, and end when there has been none for a while.
//! A helper knows nothing of the runtime: it runs a job ([`mod@super::unblock`] says what
//! that is), which leaves its result where the awaiting future finds it and calls a waker,
//! as any other thread might.

use crate::choice;
use crate::wake::{self, Message, ignore_panics};
use slab::Slab;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a helper without work waits for some before it ends.
pub(crate) const IDLE: Duration = Duration::from_secs(5);

/// One runtime's helper threads.
pub(crate) struct Helpers {
    max: usize,
    shared: Arc<Shared>,
}

struct Shared {
    runtime: usize,
    /// What [`IDLE`] is to a runtime's own.
    patience: Duration,
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    /// Those that no helper has begun, by number, so that one can leave from the middle. A
    /// tree gives its memory back as they go.
    jobs: BTreeMap<u64, Arc<dyn Job>>,
    /// How many jobs there have been: the next one's number.
    submitted: u64,
    /// Those that live. Their numbers, which their names carry, are given again.
    threads: Slab<()>,
    idle: usize,
    busy: usize,
    /// A paused clock does not move until none has work any more.
    awaited: bool,
    closed: bool,
}

/// A job in the queue, by its number.
pub(crate) struct Ticket {
    shared: Arc<Shared>,
    number: u64,
}

/// What a helper does for a task.
pub(crate) trait Job: Send + Sync {
    fn run(&self);
    /// The runtime ends before a helper has begun.
    fn cancel(&self);
}

/// Locks, also after a panic: nothing here is left half done by one.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Helpers {
    pub(crate) fn new(max: usize, runtime: usize, patience: Duration) -> Self {
        let shared = Shared { runtime, patience, state: Mutex::default(), work: Condvar::new() };
        Self { max, shared: Arc::new(shared) }
    }

    /// Queues a job and sees to it that some thread will take it.
    ///
    /// # Errors
    /// When there is no thread and the system cannot start one. The job is not queued then.
    pub(crate) fn submit(&self, job: Arc<dyn Job>) -> io::Result<Ticket> {
        choice::make!(if choice::is_closed() {
            return Ok(self.simulate(job));
        });
        let mut state = lock(&self.shared.state);
        let ticket = Ticket { shared: Arc::clone(&self.shared), number: state.submitted };
        if state.closed {
            drop(state);
            job.cancel();
            return Ok(ticket);
        }
        if state.jobs.len() >= state.idle && state.threads.len() < self.max {
            let number = state.threads.insert(());
            if let Err(error) = self.start(number) {
                state.threads.remove(number);
                if state.threads.is_empty() {
                    return Err(error);
                } // else those that run will come to it
            }
        }
        state.submitted += 1;
        state.jobs.insert(ticket.number, job);
        drop(state);
        self.shared.work.notify_one();
        Ok(ticket)
    }

    /// For a job that is in no queue.
    #[cfg(feature = "explore")]
    pub(crate) fn no_ticket(&self) -> Ticket {
        Ticket { shared: Arc::clone(&self.shared), number: u64::MAX }
    }

    fn start(&self, number: usize) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let thread = thread::Builder::new().name(format!("shirr-helper-{number}"));
        thread.spawn(move || shared.help(number)).map(drop)
    }

    /// How many closures wait or run. The last to end has the loop poll for events again.
    pub(crate) fn working(&self) -> usize {
        let mut state = lock(&self.shared.state);
        state.awaited = state.jobs.len() + state.busy > 0;
        state.jobs.len() + state.busy
    }

    /// Drops the jobs that no helper has begun; idle threads end, busy ones after their closure.
    pub(crate) fn shut_down(&self) {
        let mut state = lock(&self.shared.state);
        state.closed = true;
        let jobs = std::mem::take(&mut state.jobs);
        drop(state);
        self.shared.work.notify_all();
        jobs.into_values().for_each(|job| ignore_panics(|| job.cancel()));
    }
}

impl Ticket {
    /// Takes the job out of the queue, if no helper has taken it yet. The queue's share of the
    /// job goes when the lock is free, since its drop may be foreign code.
    pub(crate) fn give_up(&self) {
        let mut state = lock(&self.shared.state);
        let job = state.jobs.remove(&self.number);
        self.shared.note_end(state);
        drop(job);
    }
}

impl Shared {
    /// The life of a helper thread.
    fn help(&self, number: usize) {
        while let Some(job) = self.next_job(number) {
            // What is left to panic is the drop of a result or of a waker.
            ignore_panics(|| job.run());
            ignore_panics(|| drop(job));
            self.end_job();
        }
    }

    /// Comes after the wake of the task that awaits the result, so a loop that finds no helper at
    /// work will find that wake in its inbox.
    fn end_job(&self) {
        let mut state = lock(&self.state);
        state.busy -= 1;
        self.note_end(state);
    }

    /// Has the loop poll for events, if it waits for the last job and there is none any more.
    fn note_end(&self, mut state: MutexGuard<'_, State>) {
        let last = state.busy == 0 && state.jobs.is_empty();
        if last && std::mem::take(&mut state.awaited) {
            drop(state);
            wake::send(self.runtime, Message::Unpark);
        }
    }

    /// Waits for a job; `None` when the thread is to end.
    fn next_job(&self, number: usize) -> Option<Arc<dyn Job>> {
        let mut state = lock(&self.state);
        let mut timed_out = false;
        loop {
            if let Some((_, job)) = state.jobs.pop_first() {
                state.busy += 1;
                return Some(job);
            }
            if state.closed || timed_out {
                state.threads.remove(number);
                return None;
            }
            state.idle += 1;
            let waited = self.work.wait_timeout(state, self.patience);
            let (guard, result) = waited.unwrap_or_else(PoisonError::into_inner);
            state = guard;
            state.idle -= 1;
            timed_out = result.timed_out();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};
    use std::time::Instant;

    /// Tells on which thread it runs and how to let it go.
    struct Visit {
        tell: Sender<(String, Sender<()>)>,
    }

    impl Job for Visit {
        fn run(&self) {
            let (release, held) = channel();
            let name = thread::current().name().unwrap().to_owned();
            self.tell.send((name, release)).unwrap();
            let _ = held.recv();
        }

        fn cancel(&self) {}
    }

    fn wait_until(helpers: &Helpers, threads: usize) {
        let start = Instant::now();
        while lock(&helpers.shared.state).threads.len() != threads {
            assert!(start.elapsed() < Duration::from_secs(60), "a helper does not end");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn helpers_have_names_of_their_own_end_when_idle_and_start_again_when_needed() {
        let helpers = Helpers::new(2, 0, Duration::from_millis(1));
        let (tell, told) = channel();
        let visit = || {
            helpers.submit(Arc::new(Visit { tell: tell.clone() })).unwrap();
            told.recv_timeout(Duration::from_secs(60)).expect("no helper took the job")
        };
        for _ in 0..3 {
            let (first, second) = (visit(), visit());
            let mut names = [&*first.0, &*second.0];
            names.sort();
            assert_eq!(names, ["shirr-helper-0", "shirr-helper-1"]);
            let ended = first.0.clone();
            drop(first);
            wait_until(&helpers, 1);
            let third = visit();
            assert_eq!(third.0, ended, "the other name is taken");
            drop((second, third));
            wait_until(&helpers, 0);
        }
    }
}
