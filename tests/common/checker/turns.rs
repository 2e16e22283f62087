//! The ready queue, the slab, and whose turn it is: I1, I2, I7, I9.

use super::ensure;
use shirr::trace::{Effect, Event, What};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// After so many turns the loop polls for events (I7).
const EVENT_INTERVAL: u32 = 128;

#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// From the front. A task that has ended while it was in the queue is skipped.
    pub(crate) queue: VecDeque<u64>,
    queued: BTreeSet<u64>,
    pub(crate) slots: BTreeMap<usize, u64>,
    living: BTreeSet<u64>,
    aborted: BTreeSet<u64>,
    /// The task that has left the queue, and is to be polled or cancelled now.
    popped: Option<u64>,
    running: Option<Running>,
    /// The task whose future is dropped outside of a poll.
    dropping: Option<u64>,
    /// The task that must be woken now: it was aborted.
    to_wake: Option<u64>,
    roots: BTreeSet<u64>,
    /// What is about to be admitted, and the task that the event before this one admitted.
    coming: Option<What>,
    newcomer: Option<u64>,
    /// Since the latest event poll.
    turns: u32,
    /// Whether a task was refused a step.
    due: bool,
    /// Whether no turn has begun since the loop was entered.
    entered: bool,
    /// In an explored run: those that have ended stay in the queue while others are chosen, and
    /// since the latest step any task was, or an event poll.
    explored: bool,
    chosen: bool,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    slot: usize,
    task: u64,
}

impl Turns {
    pub(crate) fn len(&self) -> usize {
        self.living.len()
    }

    pub(crate) fn lives(&self, task: u64) -> bool {
        self.living.contains(&task)
    }

    pub(crate) fn is_queued(&self, task: u64) -> bool {
        self.queued.contains(&task)
    }

    /// The task that is being polled.
    pub(crate) fn running(&self) -> Option<u64> {
        self.running.map(|running| running.task)
    }

    /// The task whose code is on the stack: a poll or a drop.
    pub(super) fn on_stack(&self) -> Option<u64> {
        self.running().or(self.dropping)
    }

    /// Takes an event in; returns the task that has ended by it.
    pub(super) fn take(&mut self, event: &Event) -> Option<u64> {
        if let Some(aborted) = self.to_wake.take() {
            let woken = matches!(event.what, What::Woken { task, .. } if task == aborted);
            ensure(woken, "an abort", event, (aborted, "is not given its last turn"));
        }
        let newcomer = self.newcomer.take();
        match event.what {
            What::Rooting | What::Spawning { .. } | What::Starting { .. } => {
                self.coming = Some(event.what.clone());
            }
            What::Admitted { task, slot } => self.admit(event, task, slot),
            What::Evicted { slot } => return self.evict(event, slot),
            What::Aborted { task } => {
                ensure(self.lives(task), "I9", event, "a task that has ended cannot be aborted");
                self.aborted.insert(task);
                self.to_wake = Some(task);
            }
            What::Woken { task, effect } => self.wake(event, task, effect),
            What::Popped { task } => self.pop(event, task),
            What::Skipped { .. } => self.skip(event),
            What::Swept => self.sweep(),
            What::Polling { slot } => self.begin_poll(event, slot),
            What::Polled { slot, .. } => {
                let running = self.running.take().map(|running| running.slot);
                ensure(running == Some(slot), "I3", event, "not the poll that is on the stack");
            }
            What::Cancelled { slot } => self.cancel(event, slot, newcomer),
            What::Refused => self.due = true,
            What::Chosen { ref choice } => {
                self.explored = true;
                self.chosen |=
                    choice.taken > 0 && ["Ready", "Spurious", "Events", "Slow"].contains(&choice.kind);
            }
            What::Entered => (self.turns, self.entered) = (0, true), // it receives all messages
            What::PollingEvents { idle } => self.event_poll(event, idle),
            What::ShutDown { .. } => self.dropping = None,
            What::Left => self.leave(event),
            _ => {}
        }
        None
    }

    fn admit(&mut self, event: &Event, task: u64, slot: usize) {
        let coming = self.coming.take();
        ensure(coming.is_some(), "an admission", event, "no task was about to be admitted");
        if coming == Some(What::Rooting) {
            self.roots.insert(task);
        }
        ensure(self.living.insert(task), "a task's number", event, "another task has it");
        ensure(self.slots.insert(slot, task).is_none(), "a slot", event, "another task is in it");
        self.push(event, task);
        self.newcomer = Some(task);
    }

    fn evict(&mut self, event: &Event, slot: usize) -> Option<u64> {
        let task = self.slots.remove(&slot);
        ensure(task.is_some(), "I8", event, "no task is in this slot");
        let task = task?;
        self.living.remove(&task);
        self.aborted.remove(&task);
        Some(task)
    }

    /// I1, and I2: a task that is polled is not in the queue, so that its wake counts.
    fn wake(&mut self, event: &Event, task: u64, effect: Effect) {
        match effect {
            Effect::Stale => return ensure(task == 0, "I9", event, "a stale wake names no task"),
            Effect::Queued => self.push(event, task),
            Effect::Merged => ensure(self.is_queued(task), "I1", event, "it is not in the queue"),
        }
        ensure(self.lives(task), "I9", event, "it has ended");
    }

    fn push(&mut self, event: &Event, task: u64) {
        ensure(self.queued.insert(task), "I1", event, "it is in the queue already");
        self.queue.push_back(task);
    }

    fn next_step(&self, event: &Event) {
        let on_stack = self.running.is_some();
        ensure(!on_stack && self.popped.is_none(), "I2", event, ("one turn inside of another", self.running));
    }

    fn pop(&mut self, event: &Event, task: u64) {
        self.next_step(event);
        let at = self.queue.iter().position(|queued| *queued == task);
        let first = self.queue.front().copied();
        let ended =
            |before: usize| self.explored && self.queue.range(..before).all(|task| !self.lives(*task));
        let may = at.is_some_and(|at| at == 0 || self.chosen || ended(at));
        ensure(may, "the queue's order", event, (first, "is first"));
        at.map(|at| self.queue.remove(at));
        self.chosen = false;
        self.queued.remove(&task);
        ensure(self.lives(task), "I9", event, "it has ended");
        (self.popped, self.dropping, self.entered) = (Some(task), None, false);
        self.turns += 1;
        ensure(self.turns <= EVENT_INTERVAL, "I7", event, (self.turns, "turns without an event poll"));
    }

    fn skip(&mut self, event: &Event) {
        self.next_step(event);
        let first = self.queue.pop_front();
        let ended = first.is_some_and(|first| self.queued.remove(&first) && !self.lives(first));
        ensure(ended, "the queue's order", event, (first, "is first and has not ended"));
        self.dropping = None;
    }

    fn sweep(&mut self) {
        let living = &self.living;
        self.queue.retain(|task| living.contains(task));
        self.queued.retain(|task| living.contains(task));
    }

    fn begin_poll(&mut self, event: &Event, slot: usize) {
        let task = self.slots.get(&slot).copied();
        ensure(task.is_some() && self.popped.take() == task, "I2", event, ("it was not popped", task));
        ensure(self.running.is_none(), "I3", event, "one poll inside of another");
        let task = task.unwrap_or(0);
        ensure(!self.aborted.contains(&task), "an abort", event, "it was aborted, and is polled");
        self.running = Some(Running { slot, task });
    }

    /// In its turn, or when the runtime ends: then a newcomer goes while the task that spawned it
    /// is on the stack.
    fn cancel(&mut self, event: &Event, slot: usize, newcomer: Option<u64>) {
        let task = self.slots.get(&slot).copied();
        if self.popped.is_some() {
            ensure(self.popped.take() == task, "I2", event, "another one's turn");
            let aborted = task.is_some_and(|task| self.aborted.contains(&task));
            ensure(aborted, "an abort", event, "it was not aborted");
        }
        if task != newcomer {
            self.dropping = task;
        }
    }

    fn event_poll(&mut self, event: &Event, idle: bool) {
        self.next_step(event);
        let due = self.turns == EVENT_INTERVAL || self.due || self.entered || self.chosen;
        ensure(if idle { self.queue.is_empty() } else { due }, "I7", event, "an event poll for no reason");
        (self.turns, self.due, self.dropping, self.chosen) = (0, false, None, false);
    }

    fn leave(&mut self, event: &Event) {
        let root = self.running.take().is_none_or(|running| self.roots.contains(&running.task));
        ensure(root, "I3", event, "only the root's panic ends a poll without a word");
        ensure(self.popped.is_none(), "I2", event, "a turn is left out");
        self.dropping = None;
    }
}
