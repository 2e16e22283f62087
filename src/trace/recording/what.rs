//! What can happen, a variant each, by layer.

use super::event::{Answer, Decision, Direction, Effect, Poll};
use std::panic::Location;
use std::time::{Duration, Instant};

/// One thing that can happen. Numbers of tasks are those that [`Id`](crate::Id) shows; those of
/// timers are the process's, those of gathers the recording's; those of sources are slots.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// This thread has entered the runtime: `block_on` begins, or the runtime's drop.
    Entered,
    /// This thread has left it: `block_on` has its output or panics, or the drop is done.
    Left,
    /// The runtime is being dropped: nothing is admitted any more, every task is cancelled.
    ShuttingDown,
    /// The runtime is gone. What was left then, by the runtime's own count.
    ShutDown {
        /// Tasks in the slab.
        tasks: usize,
        /// Timers pending.
        timers: usize,
        /// Sockets that the program still holds.
        sources: usize,
    },

    /// The future of `block_on` is about to be admitted.
    Rooting,
    /// A future is about to be admitted, as a task of its own.
    Spawning {
        /// The type of the future, which names the function it comes from.
        name: &'static str,
        /// Where `spawn` was called.
        at: &'static Location<'static>,
    },
    /// A child of a gather is about to be admitted.
    Starting {
        /// The gather.
        gather: usize,
        /// The child's number in it; with a limit, numbers are used again.
        child: usize,
    },
    /// A task has a slot in the slab, and is in the ready queue for its first poll.
    Admitted {
        /// Its number.
        task: u64,
        /// Its slot.
        slot: usize,
    },
    /// A task has left its slot: it has ended, or was dropped unfinished.
    Evicted {
        /// The slot.
        slot: usize,
    },
    /// The future of a task is about to be dropped unfinished: aborted, or its runtime ends.
    Cancelled {
        /// Its slot.
        slot: usize,
    },
    /// The task was aborted: it is to be dropped, at its next turn.
    Aborted {
        /// Its number.
        task: u64,
    },

    /// A waker was called.
    Woken {
        /// Of this task; zero if it has ended, so that the waker is stale.
        task: u64,
        /// What came of it.
        effect: Effect,
    },
    /// The task that was first in the ready queue, or was chosen, has left it for its turn.
    Popped {
        /// Its number.
        task: u64,
    },
    /// The first task in the ready queue had ended meanwhile, and left it.
    Skipped {
        /// The slot it had.
        slot: usize,
    },
    /// A task has taken all steps of its turn: it is woken and is to give way.
    Refused,
    /// All tasks that had ended left the ready queue at once, which had little room or too much.
    Swept,
    /// A future is being polled.
    Polling {
        /// The slot of its task.
        slot: usize,
    },
    /// The poll has returned.
    Polled {
        /// The slot that its task has, or had.
        slot: usize,
        /// With what.
        poll: Poll,
    },
    /// The future that is being polled has panicked; the poll will return as ready.
    Panicked,

    /// The loop polls for events: messages, timers, sockets.
    PollingEvents {
        /// Whether because the queue ran dry; else one is due ([`State::polls`](super::State::polls)).
        idle: bool,
    },
    /// The loop has received a message from another thread; what it asks for is done next.
    Received {
        /// The thread, as [`Actor::Thread`](super::Actor::Thread) numbers it.
        thread: u32,
    },
    /// The loop asks the kernel for news of its sockets.
    Asking {
        /// For how long: not at all, to the next deadline, a second while paused; `None`: until some come.
        at_most: Option<Duration>,
    },
    /// The kernel has answered. Without events the time is up, or a signal came.
    Answered {
        /// How many events it had; a bell that was rung is one.
        events: usize,
    },
    /// Another thread has ended the wait: it rang the bell.
    Rung,
    /// A waker that is not this runtime's is called: other code waits for this event.
    CallingForeign,
    /// The clock is paused from here on.
    ClockPaused {
        /// At this.
        at: Instant,
    },
    /// The paused clock was moved.
    ClockMoved {
        /// To this.
        to: Instant,
    },
    /// The paused clock goes on.
    ClockResumed {
        /// From this.
        from: Instant,
    },

    /// A timer is pending.
    TimerAdded {
        /// Its number.
        timer: u64,
        /// When it fires.
        deadline: Instant,
    },
    /// A pending timer will wake the task that is polled, and no longer the one before.
    TimerTaken {
        /// Its number.
        timer: u64,
    },
    /// A pending timer has another deadline.
    TimerReset {
        /// Its number.
        timer: u64,
        /// When it fires now.
        deadline: Instant,
    },
    /// A timer's time has come.
    TimerFired {
        /// Its number.
        timer: u64,
    },
    /// A timer was taken out before its time.
    TimerRemoved {
        /// Its number.
        timer: u64,
    },

    /// The reactor watches a socket.
    SourceAdded {
        /// Its slot.
        source: usize,
        /// Its type.
        name: &'static str,
    },
    /// The kernel says this of a socket, or the program has closed a direction: the waiters try.
    SourceReady {
        /// Its slot.
        source: usize,
        /// That it can be read.
        readable: bool,
        /// That it can be written.
        writable: bool,
    },
    /// A system call was tried.
    Tried {
        /// On this socket.
        source: usize,
        /// In this direction.
        direction: Direction,
        /// And this was its answer.
        answer: Answer,
    },
    /// The task that is polled has registered its waker with a socket.
    Waiting {
        /// Which socket.
        source: usize,
        /// In which direction.
        direction: Direction,
        /// The operation's number there; zero for all that poll through the traits.
        waiter: u64,
    },
    /// An operation has taken its waker back before the socket was ready.
    WaitingNoMore {
        /// Which socket.
        source: usize,
        /// In which direction.
        direction: Direction,
        /// The operation's number there.
        waiter: u64,
    },
    /// A socket is watched no longer.
    SourceRemoved {
        /// Its slot.
        source: usize,
    },

    /// A gather is polled for the first time, and asks its iterator for futures.
    Gathering {
        /// Where it was made.
        at: &'static Location<'static>,
    },
    /// It has them, side by side, and is about to start them.
    GatherBegan {
        /// Its number.
        gather: usize,
        /// How many children it starts with; their numbers have 32 bits.
        children: u32,
        /// How many more its limit keeps back; `u16::MAX` if so many or more, or if not known.
        rest: u16,
        /// The type of the children's futures, which names the function they come from.
        name: &'static str,
    },
    /// The polled task is the parent of a gather under way: it alone waits for it. Not said of the task
    /// that began it, and again only after another parent, or after a result was taken.
    GatherAwaited {
        /// Its number.
        gather: usize,
    },
    /// A child's result is there.
    ChildEnded {
        /// The gather.
        gather: usize,
        /// The child's number in it.
        child: usize,
        /// Whether the result ends the whole gather before its time.
        stops: bool,
    },
    /// The polled task was given a child's result by an `as_completed`, and waits for no other yet.
    ResultTaken {
        /// The gather.
        gather: usize,
        /// The child's number in it, which another child may get now.
        child: usize,
    },
    /// A child was dropped unfinished: its gather was dropped or cut short, or the child aborted.
    ChildCancelled {
        /// The gather.
        gather: usize,
        /// The child's number in it.
        child: usize,
    },
    /// A gather has given its output.
    GatherDone {
        /// Its number.
        gather: usize,
    },
    /// A gather was dropped, with all its children that had not ended.
    GatherDropped {
        /// Its number.
        gather: usize,
    },

    /// The task that is polled waits for another one to end, by its handle.
    Joining {
        /// That task's number.
        task: u64,
    },
    /// A task's handle was dropped before it gave the output, which no task will get.
    Detached {
        /// That task's number.
        task: u64,
    },
    /// The task that is polled waits for a closure on a helper thread.
    Unblocking,
    /// In an explored run: of several that were legal, one was chosen.
    Chosen {
        /// Which, and what else was open.
        choice: Box<Decision>,
    },
    /// An explored run fails here.
    Failed {
        /// Why, as its report says.
        why: Box<str>,
    },
}
