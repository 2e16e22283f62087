//! The loop.
//!
//! ```text
//!   ┌──► 1. give ready tasks their turns, until none is left or events are due (budget) ────┐
//!   │    2. poll for events: messages of other threads, timers that are due,               │
//!   │    3.    then sockets; wait for one, or for the next deadline, if no task is ready    │
//!   └────4. the tasks that this concerns are ready now ◄────────────────────────────────────┘
//! ```
//!
//! Four things may end the wait in 3: a socket's event, the nearest deadline (or a day), the
//! bell that another thread rings, and a signal. A deadline is then met in step 2 of the next
//! event poll, which follows at once; so each reads the clock once at most.

use super::context::Core;
use crate::choice;
use crate::task::RootSlot;
use crate::trace;
use crate::wake::{HEARD_AT_ONCE, Message, budget};
use std::future::Future;
use std::pin::pin;
use std::task::Poll;

impl Core {
    /// Runs tasks until `future` has its output. It waits in the same queue as they do:
    /// were it polled first whenever it is woken, a thousand children that end one by one
    /// would cost it a thousand polls, and the loop as many event polls (decision 3).
    pub(super) fn drive<F: Future>(&self, future: F) -> F::Output {
        self.receive(usize::MAX); // an abort from before must come before the first poll
        if self.reactor.timers() > 0 || self.reactor.sources() > 0 {
            budget::make_events_due(); // as after many turns, or the kernel would not be asked
            self.poll_events(false); // for what came between two calls of `block_on`
        }
        budget::note_event_poll();
        let root = self.tasks.add_root();
        let mut future = pin!(future);
        loop {
            self.run_until(&root);
            let polled = root.poll(|cx| future.as_mut().poll(cx));
            if let Poll::Ready(output) = polled {
                return output;
            }
        }
    }

    /// Steps 1 to 4, until it is the root's turn. No generic function, so that all that a turn
    /// calls can be inlined.
    fn run_until(&self, root: &RootSlot<'_>) {
        self.tasks.run(root, |idle| self.poll_events(idle));
    }

    /// Steps 2 to 4. With `idle` no task is ready, so it waits for events, unless a message or
    /// a timer makes one ready first. Out of line, for the sake of the turns' registers.
    #[inline(never)]
    pub(super) fn poll_events(&self, idle: bool) {
        choice::make!(if self.passes_over_events() {
            return;
        });
        self.event_polls.set(self.event_polls.get() + 1);
        trace::emit!(PollingEvents { idle });
        self.receive(HEARD_AT_ONCE);
        self.reactor.fire_due();
        choice::make!(self.simulate());
        let at_rest = idle && self.ready.len() == 0;
        self.give_back_room(at_rest);
        if at_rest && self.reactor.clock().is_paused() {
            self.wait_while_paused();
        } else {
            if at_rest {
                self.wait();
            } else if self.reactor.sources() > 0 && budget::has_given_turn() {
                // If no task has run since the last event poll, that one asked just now.
                self.reactor.wait(false);
            }
            self.reactor.deliver();
        }
        budget::note_event_poll();
    }

    /// Step 3, when no task is ready. It has two callers, so the compiler would not inline it,
    /// at six instructions an event poll.
    #[inline(always)]
    pub(super) fn wait(&self) {
        let rung = self.ready.inbox().sleep(|may_block| {
            self.sleeps.set(self.sleeps.get() + u64::from(may_block));
            self.reactor.wait(may_block);
        });
        if rung {
            trace::emit!(Rung);
            self.receive(HEARD_AT_ONCE);
        }
    }

    /// Step 2: what other threads have asked for.
    pub(super) fn receive(&self, at_most: usize) {
        for message in self.ready.inbox().messages(at_most) {
            match message {
                Message::Wake(key) => self.ready.wake_from_inbox(key),
                Message::Abort { slot, serial } => self.ready.abort(slot, serial),
                Message::Fire { slot, serial } => self.reactor.fire_timer(slot, serial),
                Message::Unpark => {} // its wait is over
            }
        }
    }
}
