//! When a paused clock may move.
//!
//! It moves when the program could do nothing but wait for it: no task is ready, no other
//! thread has sent a message, no helper has work, no operation waits for a socket. Had the
//! world still something to say, its answer would meet timers that fired long before
//! their time; so then the loop waits for the world, and time stands. When nothing happens for
//! a second of such a wait, which may be a test that hangs, it says why. A builder may have
//! sockets left out of this rule.
//!
//! It goes from deadline to deadline, and after each the woken tasks run until nothing is
//! ready again. So every timer fires at its own time, and a timer that a woken task makes
//! fires in its turn.
//!
//! An advance moves the clock in the same steps, but does not wait for sockets.

use crate::choice;
use crate::reactor::{PATIENCE, system_now};
use crate::runtime::context::Core;
use crate::wake::budget;
use std::io::{Write, stderr};

impl Core {
    /// Steps 3 and 4 of the loop, when no task is ready and the clock is paused.
    #[cold]
    pub(crate) fn wait_while_paused(&self) {
        choice::make!(if choice::is_closed() {
            return self.wait_in_world();
        });
        if self.time_may_move() {
            self.paused_since.set(None);
            return self.move_time();
        }
        // News that concern no task do not begin the second anew.
        let since = self.paused_since.get().filter(|_| !budget::has_given_turn()).unwrap_or_else(system_now);
        self.paused_since.set(Some(since));
        self.wait();
        self.reactor.deliver();
        if self.ready.len() == 0 && system_now() - since >= PATIENCE {
            self.say_why_time_stands();
        }
    }

    /// Whether a paused clock may move, now that nothing is ready.
    fn time_may_move(&self) -> bool {
        let held = self.sockets_that_hold_time() + self.helpers.working() > 0;
        self.reactor.clock().is_advancing() || (self.reactor.timers() > 0 && !held)
    }

    /// How many operations wait for a socket, if that matters.
    fn sockets_that_hold_time(&self) -> usize {
        if self.outruns_sockets { 0 } else { self.reactor.in_flight() }
    }

    /// Moves the clock one step, unless there are events after all. The order counts: a
    /// helper whose work was found done has left its message before (`Helpers::working`).
    /// What is due is fired in the event poll that follows.
    fn move_time(&self) {
        self.receive(usize::MAX);
        if self.reactor.sources() > 0 {
            self.reactor.wait(false);
            self.reactor.deliver();
        }
        if self.ready.len() == 0 {
            self.reactor.step_clock();
        }
    }

    /// Why time stands although timers wait, in a sentence.
    pub(crate) fn stalled(&self) -> Option<String> {
        let clock = self.reactor.clock();
        let stands = clock.is_paused() && !clock.is_advancing();
        let next = self.reactor.earliest().filter(|next| stands && *next > clock.now())?;
        let reasons = [
            count(self.ready.len(), "task is ready", "tasks are ready"),
            count(self.helpers.working(), "blocking closure is at work", "blocking closures are at work"),
            count(
                self.sockets_that_hold_time(),
                "socket operation is in flight",
                "socket operations are in flight",
            ),
        ];
        let reasons: Vec<String> = reasons.into_iter().flatten().collect();
        let timers = count(self.reactor.timers(), "timer waits", "timers wait")?;
        let left = next.saturating_duration_since(clock.now());
        let because = reasons.join(" and ");
        (!reasons.is_empty())
            .then(|| format!("{timers}, the next in {left:?}; time stands still because {because}"))
    }

    /// Says [`stalled`](Self::stalled) on stderr, once until time moves. Past the test harness,
    /// which keeps what `eprintln` prints until the test has ended: this one may hang.
    fn say_why_time_stands(&self) {
        let Some(why) = self.stalled().filter(|_| self.reactor.clock().tell()) else { return };
        let switch = ", and with `Builder::time_outruns_sockets()` it does not wait for sockets";
        let switch = if self.helpers.working() == 0 { switch } else { "" };
        let mend = "`shirr::time::advance(..)` moves it";
        let _ = writeln!(stderr(), "shirr: nothing has happened for a second: {why}. {mend}{switch}");
    }
}

/// `n` with its words; nothing for zero.
fn count(n: usize, one: &str, more: &str) -> Option<String> {
    (n > 0).then(|| format!("{n} {}", if n == 1 { one } else { more }))
}
