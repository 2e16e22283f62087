//! The loop's steps without its wait, for a program whose own loop waits.

use crate::reactor::system_now;
use crate::runtime::Runtime;
use crate::runtime::context::Core;
use crate::wake::budget;
use std::time::Instant;

impl Runtime {
    /// Runs what is ready, and returns instead of waiting: for a program that has a loop of its
    /// own, of a user interface or a game.
    ///
    /// It polls for events once, without waiting (messages of other threads, timers, sockets), and
    /// then gives ready tasks their turns, until none is ready or 128 turns have been given. So
    /// tasks that are always ready keep the caller for as long as they keep a socket, and no
    /// longer. Which of them has its turn first is not promised, as ever.
    ///
    /// Returns when to call it again: at the nearest deadline, by the system's clock, or a little
    /// earlier. That is now if tasks are still ready. `None` if only news from outside can make one
    /// ready. News, of a socket, of another thread's wake or of
    /// [`unblock`](crate::unblock()), may come before that moment, and the caller learns of it in
    /// one of two ways:
    ///
    /// - It waits for the runtime's descriptor to be readable
    ///   ([`AsRawFd`](#impl-AsRawFd-for-Runtime), where the system has epoll or kqueue).
    /// - It calls again anyway, for each frame, say.
    ///
    /// What is spawned or woken on this thread between two calls has its turn in the next one; the
    /// caller need not wait before that. A paused clock stands still here; its timers are not in
    /// what this returns, and [`block_on`](Self::block_on) moves it;
    /// an [`advance`](crate::time::advance) ends only then.
    ///
    /// A loop that can leave the wait to the runtime needs none of this:
    /// `runtime.block_on(sleep_until(next_frame))` runs everything until then. asyncio has
    /// `loop.stop(); loop.run_forever()` for this, futures' `LocalPool` `run_until_stalled`.
    ///
    /// # Panics
    /// When a shirr runtime runs on this thread already.
    ///
    /// ```
    /// use shirr::{Runtime, time::sleep};
    /// use std::{cell::Cell, rc::Rc, thread, time::{Duration, Instant}};
    ///
    /// let (runtime, done) = (Runtime::new()?, Rc::new(Cell::new(false)));
    /// let flag = Rc::clone(&done);
    /// drop(runtime.spawn(async move {
    ///     sleep(Duration::from_millis(5)).await;
    ///     flag.set(true);
    /// }));
    /// let frame = Duration::from_millis(16);
    /// while !done.get() {
    ///     let again = runtime.run_ready();
    ///     // draw(), and what else the loop has to do
    ///     let until_then = again.map_or(frame, |at| at.saturating_duration_since(Instant::now()));
    ///     thread::sleep(until_then.min(frame));
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "run_until_stalled")]
    #[doc(alias = "try_run_one")]
    #[track_caller]
    pub fn run_ready(&self) -> Option<Instant> {
        let _traced = self.traced.at_work();
        let _entered = Core::enter(&self.core);
        self.core.run_ready()
    }
}

impl Core {
    fn run_ready(&self) -> Option<Instant> {
        self.ready.inbox().wake_up();
        self.receive(usize::MAX); // an abort from before must come before the first poll
        self.take_news();
        self.tasks.run_some();
        // "Asleep" before the question, as in the loop: what comes from now on rings the bell,
        // and the caller's wait ends (I4).
        let is_silent = self.ready.inbox().fall_asleep();
        if is_silent && self.ready.len() == 0 {
            self.give_back_room(true);
            return self.reactor.next_deadline();
        }
        Some(system_now())
    }

    /// Steps 2 to 4 of the loop, without a wait.
    fn take_news(&self) {
        budget::make_events_due(); // as after many turns, or the kernel would not be asked
        self.poll_events(false);
        if self.reactor.sources() == 0 {
            self.reactor.wait(false); // takes the bell's event, or the caller's next wait ends at once
            self.reactor.deliver();
        }
    }
}
