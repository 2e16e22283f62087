//! When a clock that stands may move.
//!
//! It moves when the program could do nothing but wait for it: no task is ready, no other
//! thread has sent a message, no helper has work, no operation waits for a socket. Had the
//! world still something to say, its answer would meet timers that fired long before
//! their time; so then the loop waits for the world, and time stands.
//!
//! It goes from deadline to deadline, and after each the woken tasks run until nothing is
//! ready again. So every timer fires at its own time, and a timer that a woken task makes
//! takes its place among the others.
//!
//! An advance moves the clock in the same steps, but whatever the world may have to say.

use super::context::Core;

impl Core {
    /// Whether a clock that stands may move, now that nothing is ready.
    pub(super) fn time_may_move(&self) -> bool {
        let clock = self.reactor.clock();
        clock.is_advancing()
            || (self.reactor.timers() > 0 && self.reactor.in_flight() == 0 && self.helpers.working() == 0)
    }

    /// Moves the clock one step, unless the world has news after all. The order counts: a
    /// helper whose work was found done has left its message before (`Helpers::working`).
    /// What is due is fired in the look that follows.
    pub(super) fn move_time(&self) {
        self.receive(usize::MAX);
        if self.reactor.sources() > 0 {
            self.reactor.wait(false);
            self.reactor.deliver();
        }
        if self.ready.len() == 0 {
            self.reactor.step();
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
                self.reactor.in_flight(),
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
}

/// `n` with its words; nothing for zero.
fn count(n: usize, one: &str, more: &str) -> Option<String> {
    (n > 0).then(|| format!("{n} {}", if n == 1 { one } else { more }))
}
