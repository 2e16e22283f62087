//! How long those who have work may keep the loop from looking at the world (I7).
//!
//! Two bounds. After [`LOOK_EVERY`] polls the loop looks, although tasks are ready. And a
//! task whose sockets are always ready, so that it would never return `Pending`, does so
//! after [`OPERATIONS`] operations of one poll: it goes to the end of the queue, and the
//! loop looks before it goes on.

use std::cell::Cell;
use std::task::{Context, Poll};

/// After how many polls the loop looks at the world although tasks are ready. With a
/// socket open, a look costs about as much as eight polls of a task that only yields;
/// DESIGN.md has the measurement.
const LOOK_EVERY: u32 = 128;

/// How many operations on sockets may succeed in one poll of a task; tokio's number, too.
const OPERATIONS: u32 = 128;

/// What was done since the last look, and in this turn.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// Polls since the last look.
    polls: Cell<u32>,
    /// Operations of this turn that have succeeded and, above [`OPERATIONS`], were refused.
    operations: Cell<u32>,
}

impl Pace {
    /// A task is about to be polled.
    pub(crate) fn begin_turn(&self) {
        self.polls.set(self.polls.get() + 1);
        self.operations.set(0);
    }

    /// Whether the loop is to look now, even with tasks ready.
    pub(crate) fn is_look_due(&self) -> bool {
        self.polls.get() >= LOOK_EVERY
    }

    /// Whether anybody was polled since the last look.
    pub(crate) fn has_polled(&self) -> bool {
        self.polls.get() > 0
    }

    /// The loop has looked.
    pub(crate) fn looked(&self) {
        self.polls.set(0);
    }

    /// Whether the task may begin another operation. If not, it is woken at once and is to
    /// return. That holds for every operation that it tries in this turn, or a task that waits
    /// for either of two sockets would go on with the other; but not for ever: whoever polls
    /// outside of the loop's turns, as another executor inside a task does, is refused as
    /// often as it was let through, and then the count begins anew.
    #[inline]
    pub(super) fn poll_operation(&self, cx: &Context<'_>) -> Poll<()> {
        if self.operations.get() < OPERATIONS {
            return Poll::Ready(());
        }
        self.operations.set((self.operations.get() + 1) % (2 * OPERATIONS));
        self.polls.set(LOOK_EVERY);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// An operation has succeeded.
    pub(super) fn count_operation(&self) {
        self.operations.set(self.operations.get() + 1);
    }
}
