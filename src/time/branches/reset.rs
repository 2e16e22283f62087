//! A sleep gets another deadline, or is asked for it.

use crate::runtime::{now, try_current};
use crate::time::Sleep;
use crate::time::sleep::{First, Phase};
use std::time::Instant;

impl Sleep {
    /// Whether its deadline is now or has passed, by the clock of the runtime that runs on this
    /// thread; the system's with none.
    ///
    /// It reads the clock. Awaited then, it ends in the loop's next event poll at the latest.
    ///
    /// ```
    /// use shirr::time::sleep;
    /// use std::time::Duration;
    ///
    /// # let runtime = shirr::Runtime::builder().paused().build()?;
    /// # runtime.block_on(async {
    /// let mut nap = sleep(Duration::from_secs(1));
    /// assert!(!nap.is_elapsed());
    /// (&mut nap).await;
    /// assert!(nap.is_elapsed());
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn is_elapsed(&self) -> bool {
        self.deadline <= now()
    }

    /// Gives it another deadline, also when it has ended: then it may be awaited again.
    ///
    /// A sleep that is pending in the runtime that runs on this thread stays so: it keeps its
    /// timer and wakes the task that it would have woken, at the new time, or in the loop's next
    /// event poll if that has passed. Nothing is allocated, and the cost does not depend on how long
    /// it has waited. When it is pending in another runtime, or its own does not run now, its
    /// task is woken there, and waits anew.
    /// A sleep may be reset through a `Pin` as well. It never panics.
    ///
    /// ```
    /// use shirr::time::{now, sleep};
    /// use std::time::Duration;
    ///
    /// # let runtime = shirr::Runtime::builder().paused().build()?;
    /// # runtime.block_on(async {
    /// let mut idle = sleep(Duration::from_secs(30));
    /// // Something has come in, so it counts from here again.
    /// idle.reset(now() + Duration::from_secs(30));
    /// idle.await;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn reset(&mut self, deadline: Instant) {
        self.deadline = deadline;
        let Phase::Pending(timer) = self.phase else {
            self.phase = Phase::New(First::Asks);
            return;
        };
        let here = try_current().filter(|core| core.reactor.keeps(timer));
        if !here.is_some_and(|core| core.reactor.reset_timer(timer, deadline)) {
            self.withdraw();
        }
    }
}
