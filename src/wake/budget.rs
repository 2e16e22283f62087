//! How long busy tasks may keep the loop from polling for events (I7).
//!
//! Two bounds. After [`EVENT_INTERVAL`] polls of tasks the loop polls for events, although tasks
//! are ready. And a task that finds everything ready, so that it would never return `Pending`,
//! does so after [`STEPS`] steps of one poll: it goes to the end of the queue, and the loop polls
//! for events before it goes on. A step is an operation on a socket that has an answer, a deadline that
//! has passed, the output of a task, a gather or a closure that is there when it is asked for,
//! or a [`consume_budget`](crate::consume_budget).
//!
//! The counts are the thread's, since one runtime at most runs on it, and what counts a
//! step need not know which.

use crate::trace;
use std::cell::Cell;
use std::task::{Context, Poll};

/// After how many polls the loop polls for events although tasks are ready. With a
/// socket open, an event poll costs about as much as eight polls of a task that only yields;
/// DESIGN.md has the measurement.
const EVENT_INTERVAL: u32 = 128;

/// How many steps one poll of a task may take; tokio's number, too.
const STEPS: i32 = 128;

/// Without a runtime no turn would renew it.
const UNLIMITED: i32 = i32::MAX;

thread_local! {
    /// Polls since the last event poll.
    static POLLS: Cell<u32> = const { Cell::new(0) };

    /// Steps left in this turn; below zero, how many were refused.
    static LEFT: Cell<i32> = const { Cell::new(UNLIMITED) };

    /// How many runtimes were entered and not left: one inside another while that shuts down.
    static ENTERED: Cell<u32> = const { Cell::new(0) };
}

/// A task is about to be polled.
#[inline]
pub(crate) fn begin_turn() {
    POLLS.set(POLLS.get() + 1);
    LEFT.set(STEPS);
}

/// Whether the loop is to poll for events now, even with tasks ready.
#[inline]
pub(crate) fn are_events_due() -> bool {
    POLLS.get() >= EVENT_INTERVAL
}

/// Has the loop poll for events before its next turn.
pub(crate) fn make_events_due() {
    POLLS.set(EVENT_INTERVAL);
}

/// Whether a task was polled since the last event poll.
pub(crate) fn has_given_turn() -> bool {
    POLLS.get() > 0
}

/// The loop has polled for events.
pub(crate) fn note_event_poll() {
    POLLS.set(0);
}

/// Whether the task may take another step. If not, it is woken at once and is to return.
#[inline]
pub(crate) fn poll_left(cx: &Context<'_>) -> Poll<()> {
    if has_left() { Poll::Ready(()) } else { refuse(cx) }
}

/// [`poll_left`], and takes the step.
#[inline]
pub(crate) fn poll_step(cx: &Context<'_>) -> Poll<()> {
    let polled = poll_left(cx);
    if polled.is_ready() {
        step();
    }
    polled
}

/// A step was taken.
#[inline]
pub(crate) fn step() {
    LEFT.set(LEFT.get() - 1);
}

#[inline]
fn has_left() -> bool {
    LEFT.get() > 0
}

/// Refuses every further step of this turn, or a task that waits for either of two sockets
/// would go on with the other. But not for ever: an executor inside a task polls outside of
/// the loop's turns. After 128 refusals it gets 128 steps more.
#[cold]
fn refuse(cx: &Context<'_>) -> Poll<()> {
    if ENTERED.get() == 0 {
        LEFT.set(UNLIMITED); // two billion steps later
        return Poll::Ready(());
    }
    let left = LEFT.get() - 1;
    LEFT.set(if left <= -STEPS { STEPS } else { left });
    make_events_due();
    trace::emit!(Refused);
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// While this lives, the steps of the turn outside are not counted.
#[derive(Debug)]
pub(super) struct Outside {
    left: i32,
}

impl Outside {
    pub(super) fn new() -> Self {
        ENTERED.set(ENTERED.get() + 1);
        Self { left: LEFT.replace(UNLIMITED) }
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        ENTERED.set(ENTERED.get() - 1);
        LEFT.set(self.left);
    }
}
