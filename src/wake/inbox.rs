//! How other threads reach a runtime, and how the runtime falls asleep without missing one.
//!
//! Two threads must agree on one thing: a message is either seen before the loop sleeps,
//! or its sender sees that the loop sleeps and rings the bell (I4).
//!
//! ```text
//! sender                              loop
//! 1. push the message                 1. asleep = true
//! 2. fence                            2. fence
//! 3. asleep? then ring the bell       3. queue empty? then wait for events
//! ```
//!
//! If the loop asked the queue first and said `asleep` after, a message pushed
//! between the two would lie there while the loop sleeps: the lost wakeup. With this
//! order at least one side sees the other, whichever goes first.
//!
//! A message that equals one which the loop has not heard yet is not pushed: hearing it
//! once is enough. So the queue holds one wake for each task at most, however often
//! threads wake it, and the memory is bounded by the tasks and not by their wakes.
//!
//! The inboxes are in one table, by runtime number. A runtime takes its inbox out when
//! it is dropped, so a late message finds none and is dropped (I9).
//!
//! `tests/model` runs this file under every order of its threads' steps.

use super::Key;
use super::branches::Unheard;
use super::key::MAX_RUNTIMES;
use crate::trace;
use crossbeam_queue::SegQueue;
use slab::Slab;
use std::io;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

static TABLE: RwLock<Slab<Option<Arc<Inbox>>>> = RwLock::new(Slab::new());

/// How many messages one event poll hears; more wait for the next one (I7).
pub(crate) const HEARD_AT_ONCE: usize = 1024;

/// What can be asked of a runtime from outside; plain numbers, so a message that is never
/// read needs no clean-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// Poll this task.
    Wake(Key),
    /// Drop the future of the task in this slot, if this is still its serial.
    Abort { slot: usize, serial: u64 },
    /// Fire the timer in this slot before its time, if this is still its serial: it has another
    /// deadline, or none any more.
    Fire { slot: u32, serial: NonZeroU64 },
    /// Only end the wait: what kept the clock from moving may be over.
    Unpark,
}

/// One runtime's inbox.
#[derive(Debug)]
pub(crate) struct Inbox {
    messages: SegQueue<(Message, trace::Sender)>,
    /// The same messages, to tell one that is here already.
    unheard: Mutex<Unheard>,
    /// Set by the loop before it waits; cleared by the loop, or by the thread that rings.
    asleep: AtomicBool,
    /// Wakes the loop's `mio::Poll`: an eventfd, a pipe or the like, written by us and
    /// read by us, because the kernel can only wait for one thing, its own events.
    bell: mio::Waker,
}

impl Inbox {
    /// Puts a new inbox into the table and returns it with its runtime's number.
    ///
    /// # Errors
    /// When as many runtimes are alive as the table can number.
    pub(super) fn open(bell: mio::Waker) -> io::Result<(usize, Arc<Self>)> {
        let inbox = Arc::new(Self {
            messages: SegQueue::new(),
            unheard: Mutex::default(),
            asleep: AtomicBool::new(false),
            bell,
        });
        let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
        if table.len() == MAX_RUNTIMES {
            return Err(io::Error::other(format!(
                "{MAX_RUNTIMES} shirr runtimes are alive in this process, the most that there can be; \
                 one that was dropped counts while a socket of it, or a gather that had begun in it, is kept"
            )));
        }
        let number = table.insert(Some(Arc::clone(&inbox)));
        Ok((number, inbox))
    }

    /// Takes the inbox out of the table, but keeps its number. A message that is sent
    /// from now on is dropped; one that is being sent is waited for.
    pub(super) fn close(number: usize) {
        let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
        table[number] = None;
    }

    /// Frees the number for another runtime.
    pub(super) fn free(number: usize) {
        let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
        table.remove(number);
    }

    /// The messages that lie here now, `at_most` so many; those that come while they are read
    /// wait for the next event poll, so that a flood cannot keep the loop from its tasks.
    pub(crate) fn messages(&self, at_most: usize) -> impl Iterator<Item = Message> {
        // The length is costly to know, and mostly there is nothing.
        let len = if self.messages.is_empty() { 0 } else { self.messages.len() };
        (0..len.min(at_most)).map_while(|_| self.pop())
    }

    /// Runs `wait`, telling it whether it may block: only when no message is here. Any
    /// message pushed from then on rings the bell. Returns whether that was rung; what came
    /// without it is for the next event poll.
    pub(crate) fn sleep(&self, wait: impl FnOnce(bool)) -> bool {
        wait(self.fall_asleep());
        self.wake_up()
    }

    /// Says "asleep", and returns whether no message is here.
    ///
    /// The fence orders the flag and the question, so the flag itself may be relaxed.
    pub(crate) fn fall_asleep(&self) -> bool {
        self.asleep.swap(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        self.messages.is_empty()
    }

    /// Says "awake", and returns whether the bell was rung.
    pub(crate) fn wake_up(&self) -> bool {
        !self.asleep.swap(false, Ordering::Relaxed)
    }

    /// The next message, forgotten before it is acted on: an equal one sent from now on is new.
    fn pop(&self) -> Option<Message> {
        let letter = self.messages.pop()?;
        trace::emit!(Received { thread: trace::number_of(&letter.1) });
        let mut unheard = self.unheard();
        unheard.remove(&letter.0);
        if unheard.is_empty() && unheard.capacity() > HEARD_AT_ONCE {
            unheard.shrink_to_fit(); // a burst is over
        }
        Some(letter.0)
    }

    fn push(&self, message: Message) {
        let mut unheard = self.unheard();
        if !unheard.insert(message) {
            return; // the thread that sent it first rings for all
        }
        // Under the lock: a thread that finds it unheard goes on, as if its own were in the queue.
        self.messages.push((message, trace::Sender::here()));
        drop(unheard);
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst) {
            // It fails only when the process is out of kernel memory or descriptors are
            // closed under us; the caller of `wake` can do nothing about either.
            let _ = self.bell.wake();
        }
    }

    fn unheard(&self) -> MutexGuard<'_, Unheard> {
        self.unheard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves a message for the runtime of this number, if there is one.
///
/// The table stays locked for reading meanwhile, so the runtime cannot go before the
/// sender is done with its inbox.
#[cold] // out of line, for the sake of the registers of wakes on this thread
pub(crate) fn send(runtime: usize, message: Message) {
    let table = TABLE.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(Some(inbox)) = table.get(runtime) {
        inbox.push(message);
    }
}
