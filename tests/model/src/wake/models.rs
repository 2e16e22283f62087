//! What the inbox promises.

use super::Key;
use super::inbox::{HEARD_AT_ONCE, Inbox, Message, send};
use crate::{Waker, check, thread};
use loom::sync::atomic::{AtomicBool, AtomicUsize};
use real::sync::Arc;
use real::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// A runtime as far as other threads reach it. Its loop is the thread that made it.
pub(crate) struct Runtime {
    number: usize,
    inbox: Arc<Inbox>,
    bell: Waker,
    at_once: usize,
}

/// What wakes one of a model's tasks, whichever its runtime.
pub(crate) fn wake(task: usize) -> Message {
    Message::Wake(Key::new(0, task, 0))
}

impl Runtime {
    pub(crate) fn new() -> Self {
        Self::receiving(HEARD_AT_ONCE)
    }

    fn receiving(at_once: usize) -> Self {
        let bell = Waker::default();
        let (number, inbox) = Inbox::open(bell.clone()).unwrap();
        Self { number, inbox, bell, at_once }
    }

    pub(crate) fn number(&self) -> usize {
        self.number
    }

    pub(crate) fn receive(&self) -> Vec<Message> {
        self.inbox.messages(self.at_once).collect()
    }

    /// One poll for events, as the loop has it: what was received, after a sleep if need be.
    pub(crate) fn poll_events(&self) -> Vec<Message> {
        let received = self.receive();
        if received.is_empty() { self.sleep(|bell| bell.wait()) } else { received }
    }

    /// What was received after a sleep, which `wait` ends if it may block.
    fn sleep(&self, wait: impl FnOnce(&Waker)) -> Vec<Message> {
        let rung = self.inbox.sleep(|may_block| {
            if may_block {
                wait(&self.bell);
            }
        });
        if rung { self.receive() } else { Vec::new() }
    }

    /// Polls for events until the task is done, which is polled whenever a wake of it is received.
    fn run(&self, task: impl Fn() -> bool) {
        while !(self.poll_events().contains(&wake(0)) && task()) {}
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if !real::thread::panicking() {
            Inbox::close(self.number);
            Inbox::free(self.number);
        } // else loom has failed, and no step can be made
    }
}

/// A word that one thread writes and another reads, with nothing between them but a wake.
#[derive(Clone, Default)]
struct Word(Arc<AtomicUsize>);

impl Word {
    fn set(&self, value: usize) {
        self.0.store(value, Relaxed);
    }

    fn is(&self, value: usize) -> bool {
        self.0.load(Relaxed) == value
    }
}

/// Starts a thread that writes 1, 2, .. and so on, and wakes task 0 after each.
fn writer(runtime: usize, upto: usize) -> Word {
    let word = Word::default();
    let written = word.clone();
    thread::spawn(move || {
        for value in 1..=upto {
            written.set(value);
            send(runtime, wake(0));
        }
    });
    word
}

/// Also what its sender did before is seen.
pub fn a_wake_while_the_loop_falls_asleep_is_received() {
    check(3, || {
        let runtime = Runtime::new();
        let word = writer(runtime.number, 1);
        runtime.run(|| word.is(1));
    });
}

/// The first wake may be received before, meanwhile or after.
pub fn a_second_wake_of_one_thread_is_received() {
    check(3, || {
        let runtime = Runtime::new();
        let word = writer(runtime.number, 2);
        runtime.run(|| word.is(2));
    });
}

/// One of them rings for both.
pub fn a_wake_that_was_merged_with_one_of_another_thread_is_received() {
    check(2, || {
        let runtime = Runtime::new();
        let words = [1, 1].map(|upto| writer(runtime.number, upto));
        runtime.run(|| words.iter().all(|word| word.is(1)));
    });
}

/// Each event poll receives one only, and leaves the other for the next.
pub fn wakes_of_two_tasks_by_two_threads_are_received() {
    check(2, || {
        let runtime = Runtime::receiving(1);
        for task in [0, 1] {
            let number = runtime.number;
            thread::spawn(move || send(number, wake(task)));
        }
        let mut received = Vec::new();
        while received.len() < 2 {
            let news = runtime.poll_events();
            assert!(news.len() <= 1);
            received.extend(news);
        }
        assert!(received.contains(&wake(0)) && received.contains(&wake(1)));
    });
}

/// The wait returns by itself, and the bell may be rung then or later.
pub fn a_wake_while_a_timer_ends_the_sleep_is_received() {
    check(3, || {
        let runtime = Runtime::new();
        let word = writer(runtime.number, 1);
        let received = runtime.sleep(|_| ());
        if !(received.contains(&wake(0)) && word.is(1)) {
            runtime.run(|| word.is(1));
        }
    });
}

/// Both threads have a loop, and each wakes the other's task before it sleeps.
pub fn two_runtimes_receive_each_others_wakes() {
    check(3, || {
        let (here, there) = (Runtime::new(), Runtime::new());
        let (to, fro) = (Word::default(), Word::default());
        let (number, written, read) = (there.number, to.clone(), fro.clone());
        let other = here.number;
        thread::spawn(move || {
            read.set(1);
            send(other, wake(0));
            there.run(|| written.is(1));
        });
        to.set(1);
        send(number, wake(0));
        here.run(|| fro.is(1));
    });
}

/// Threads that send meanwhile are waited for.
pub fn nothing_arrives_in_an_inbox_that_was_closed() {
    check(3, || {
        let runtime = Runtime::new();
        writer(runtime.number, 2);
        Inbox::close(runtime.number);
        runtime.receive();
        thread::join_all();
        assert_eq!(runtime.receive(), []);
    });
}

/// Whatever it was merged with: a helper says after its wake that it is at work no more, and
/// then a paused clock may move, unless the loop finds the wake.
pub fn a_wake_has_arrived_when_its_sender_goes_on() {
    check(3, || {
        let runtime = Runtime::new();
        let number = runtime.number;
        thread::spawn(move || send(number, wake(0)));
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        thread::spawn(move || {
            send(number, wake(0));
            over.store(true, Release);
        });
        if is_over.load(Acquire) {
            assert!(runtime.receive().contains(&wake(0)));
        }
    });
}
