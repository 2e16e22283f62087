//! The loop.
//!
//! ```text
//!   ┌──► 1. a task is ready, and no look is due yet (budget): poll it ──────────────────────┐
//!   │    2. else poll for events: messages of other threads, timers that are due,        │
//!   │    3.    then sockets; wait for one, or for the next deadline, if nothing is ready   │
//!   └────4. the tasks that this concerns are ready now ◄────────────────────────────────────┘
//! ```
//!
//! Four things may end the wait in 3: a socket's event, the nearest deadline, the bell
//! that another thread rings, and a signal. A deadline is then met in step 2 of the next
//! look, which follows at once; so each event poll reads the clock once at most.

use super::context::Core;
use crate::reactor::Timer;
use crate::task::{Seat, poll_as};
use crate::trace;
use crate::wake::branches::KEPT;
use crate::wake::{HEARD_AT_ONCE, Message, budget};
use std::future::Future;
use std::num::NonZeroU64;
use std::pin::pin;
use std::task::Poll;

impl Core {
    /// Runs tasks until `future` has its output. It waits in the same queue as they do:
    /// were it polled first whenever it is woken, a thousand children that end one by one
    /// would cost it a thousand polls, and the loop as many looks (decision 3).
    pub(super) fn drive<F: Future>(&self, future: F) -> F::Output {
        self.receive(usize::MAX); // an abort from before must come before the first poll
        if self.reactor.timers() > 0 || self.reactor.sources() > 0 {
            budget::make_look_due();
            self.look(false); // there may be news from between two calls of `block_on`
        }
        budget::looked();
        let seat = self.tasks.seat();
        let mut future = pin!(future);
        loop {
            self.run_until(&seat);
            let polled = poll_as(seat.key(), |cx| future.as_mut().poll(cx));
            if let Poll::Ready(output) = polled {
                return output;
            }
        }
    }

    /// Steps 1 to 4, until it is the root's turn.
    fn run_until(&self, seat: &Seat<'_>) {
        loop {
            let due = budget::is_look_due();
            let woken = if due { None } else { self.ready.pop() };
            let Some(woken) = woken else {
                self.look(!due);
                budget::looked();
                continue;
            };
            budget::begin_turn();
            self.polls.set(self.polls.get() + 1);
            if seat.is(woken) {
                return;
            }
            self.tasks.run(woken);
        }
    }

    /// Steps 2 to 4. With `idle` nothing is ready, so it waits for the world, unless a
    /// message makes something ready first. Out of line, for the sake of the turns' registers.
    #[inline(never)]
    fn look(&self, idle: bool) {
        self.event_polls.set(self.event_polls.get() + 1);
        trace::emit!(PollingEvents { idle });
        self.receive(HEARD_AT_ONCE);
        self.reactor.fire_due();
        let at_rest = idle && self.ready.len() == 0;
        if self.tasks.room().max(self.reactor.room()) > KEPT {
            self.tasks.shrink(at_rest);
            self.reactor.shrink(at_rest);
        }
        if at_rest {
            if self.reactor.clock().is_paused() {
                return self.look_while_time_stands();
            }
            self.wait();
        } else if self.reactor.sources() > 0 && budget::has_polled() {
            // If no task has run since the last event poll, that one asked just now.
            self.reactor.wait(false);
        }
        self.reactor.deliver();
    }

    /// Step 3, when nothing is ready. Called in two places, so that the compiler would make it
    /// a function of its own, at six instructions an event poll.
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
                Message::Forget { slot, serial } => self.reactor.remove_timer(self.timer(slot, serial)),
                Message::Fire { slot, serial } => self.reactor.fire_timer(self.timer(slot, serial)),
                Message::Look => {} // which it does
            }
        }
    }

    /// A timer of this runtime's, as a message names it.
    fn timer(&self, slot: u32, serial: NonZeroU64) -> Timer {
        Timer { runtime: self.number() as u16, slot, serial }
    }
}
