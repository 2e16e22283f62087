//! What stood in queue, slab and lists after some events, rebuilt from nothing but these.

use super::event::{Actor, Direction, Effect, Event, What};
use std::collections::{BTreeMap, VecDeque};
use std::panic::Location;
use std::time::{Duration, Instant};

/// A runtime as it stood after an event: every event of a recording, applied in order to
/// [`State::default`], or to where the recording's first event found it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct State {
    /// The ready queue, from the front. One who ended meanwhile stands there until it would
    /// have been its turn.
    pub ready: VecDeque<u64>,
    /// Tasks that have not ended, by number.
    pub tasks: BTreeMap<u64, Task>,
    /// Timers pending, by number.
    pub timers: BTreeMap<u64, Timer>,
    /// Sockets, by slot.
    pub sources: BTreeMap<usize, Source>,
    /// Gathers under way, by number.
    pub gathers: BTreeMap<usize, Gather>,
    /// Who is being polled.
    pub running: Option<u64>,
    /// Polls since the loop last looked at the world.
    pub polls: u32,
    /// By slot, the number of the task that lives there.
    slots: BTreeMap<usize, u64>,
    /// Of the next to be admitted.
    pub(super) coming: Option<Kind>,
    /// Where the next gather to begin was made.
    pub(super) gathering: Option<&'static Location<'static>>,
}

/// A task that has not ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Task {
    /// Its place in the slab.
    pub slot: usize,
    /// What it is.
    pub kind: Kind,
    /// Who was at work when it was admitted.
    pub by: Actor,
    /// When that was.
    pub since: Duration,
    /// Whether it stands in the ready queue.
    pub queued: bool,
    /// Whether it is to be dropped at its next turn.
    pub aborted: bool,
    /// How often it was polled.
    pub polls: u64,
    /// Who woke it last, if somebody did.
    pub woken_by: Option<Actor>,
    /// What it waits for, in the order in which it began to.
    pub waits: Vec<Wait>,
}

/// What a task is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// The future of `block_on`.
    Root,
    /// A spawned one.
    Spawned {
        /// The type of its future.
        name: &'static str,
        /// Where `spawn` was called.
        at: &'static Location<'static>,
    },
    /// A child of a gather.
    Child {
        /// The gather.
        gather: usize,
        /// Its place there.
        place: usize,
    },
    /// It began before the first event that was kept.
    Unknown,
}

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// A timer.
    Timer(u64),
    /// A socket, in one direction.
    Source(usize, Direction),
    /// The end of a task, by its handle.
    Task(u64),
    /// A gather of its own.
    Gather(usize),
    /// A closure on a helper thread.
    Closure,
}

/// A timer that is pending.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Timer {
    /// When it fires, by the runtime's clock.
    pub deadline: Instant,
    /// Whose it is, if a task made it.
    pub task: Option<u64>,
}

/// A socket that the reactor watches.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Source {
    /// Its type.
    pub name: &'static str,
    /// Tasks that wait for it, and in which direction.
    pub waiting: Vec<(u64, Direction)>,
}

/// A gather under way.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Gather {
    /// The type of the children's futures.
    pub name: &'static str,
    /// Where it was made.
    pub at: Option<&'static Location<'static>>,
    /// Which task polled it first.
    pub task: Option<u64>,
    /// Children that have started.
    pub started: usize,
    /// Children whose result is there.
    pub ended: usize,
    /// Children that were dropped unfinished.
    pub cancelled: usize,
}

impl State {
    /// Takes the next event in.
    pub fn apply(&mut self, event: &Event) {
        match &event.what {
            What::Looking { .. } => self.polls = 0,
            What::Rooting => self.coming = Some(Kind::Root),
            What::Spawning { name, at } => self.coming = Some(Kind::Spawned { name, at }),
            What::Starting { gather, place } => {
                self.coming = Some(Kind::Child { gather: *gather, place: *place });
                self.with_gather(*gather, |gather| gather.started += 1);
            }
            What::Admitted { task, slot } => self.admit(event, *task, *slot),
            What::Evicted { slot } => self.evict(*slot),
            What::Aborted { task } => self.with_task(*task, |task| task.aborted = true),
            What::Woken { task, effect: Effect::Queued } => self.queue(*task, event.actor),
            What::Popped { task } => {
                self.ready.pop_front();
                self.with_task(*task, |task| task.queued = false);
            }
            What::Skipped { .. } => drop(self.ready.pop_front()),
            What::Polling { slot } => {
                self.polls += 1;
                self.running = self.slots.get(slot).copied();
                self.with_running(|task| task.polls += 1);
            }
            What::Polled { .. } => self.running = None,
            What::TimerAdded { .. }
            | What::TimerReset { .. }
            | What::TimerFired { .. }
            | What::TimerRemoved { .. } => self.apply_timer(event),
            What::SourceAdded { .. }
            | What::SourceReady { .. }
            | What::Waiting { .. }
            | What::WaitingNoMore { .. }
            | What::SourceRemoved { .. } => self.apply_source(event),
            What::Gathering { .. }
            | What::GatherBegan { .. }
            | What::ChildEnded { .. }
            | What::ChildCancelled { .. }
            | What::GatherDone { .. }
            | What::GatherDropped { .. } => self.apply_gather(event),
            What::Joining { task } => self.wait_for(Wait::Task(*task)),
            What::Unblocking => self.wait_for(Wait::Closure),
            _ => {}
        }
    }

    /// The number of the task that lives in this slot.
    pub fn task_in(&self, slot: usize) -> Option<u64> {
        self.slots.get(&slot).copied()
    }

    fn admit(&mut self, event: &Event, number: u64, slot: usize) {
        let kind = self.coming.take().unwrap_or(Kind::Unknown);
        let task = Task {
            slot,
            kind,
            by: event.actor,
            since: event.time,
            queued: true,
            aborted: false,
            polls: 0,
            woken_by: None,
            waits: Vec::new(),
        };
        self.tasks.insert(number, task);
        self.slots.insert(slot, number);
        self.ready.push_back(number);
    }

    /// What it waited for and did not take back stays in the lists of those, as it does in the
    /// runtime: its timers and sockets go when their owners are dropped.
    fn evict(&mut self, slot: usize) {
        let Some(number) = self.slots.remove(&slot) else { return };
        self.tasks.remove(&number);
        if self.running == Some(number) {
            self.running = None;
        }
        self.waited(Wait::Task(number));
    }

    fn queue(&mut self, number: u64, by: Actor) {
        self.ready.push_back(number);
        self.with_task(number, |task| {
            task.queued = true;
            task.woken_by = Some(by);
            if matches!(by, Actor::Thread(_)) {
                task.waits.retain(|wait| *wait != Wait::Closure);
            }
        });
    }

    fn apply_timer(&mut self, event: &Event) {
        match event.what {
            What::TimerAdded { timer, deadline } => {
                self.timers.insert(timer, Timer { deadline, task: self.running });
                self.wait_for(Wait::Timer(timer));
            }
            What::TimerReset { timer, deadline } => {
                self.timers.entry(timer).and_modify(|timer| timer.deadline = deadline);
            }
            What::TimerFired { timer } | What::TimerRemoved { timer } => {
                let owner = self.timers.remove(&timer).and_then(|timer| timer.task);
                let owner = owner.and_then(|owner| self.tasks.get_mut(&owner));
                owner.into_iter().for_each(|task| task.waits.retain(|wait| *wait != Wait::Timer(timer)));
            }
            _ => {}
        }
    }

    fn apply_source(&mut self, event: &Event) {
        match event.what {
            What::SourceAdded { source, name } => {
                self.sources.insert(source, Source { name, waiting: Vec::new() });
            }
            What::SourceReady { source, readable, writable } => {
                let over = |direction| match direction {
                    Direction::Read => readable,
                    Direction::Write => writable,
                };
                self.leave(source, |_, direction| over(direction));
            }
            What::Waiting { source, direction } => {
                let Some(running) = self.running else { return };
                self.wait_for(Wait::Source(source, direction));
                let waiting = self.sources.get_mut(&source).map(|source| &mut source.waiting);
                let new = waiting.filter(|waiting| !waiting.contains(&(running, direction)));
                new.into_iter().for_each(|waiting| waiting.push((running, direction)));
            }
            What::WaitingNoMore { source, direction } => {
                let Some(running) = self.running else { return };
                self.leave(source, |task, way| task == running && way == direction);
            }
            What::SourceRemoved { source } => {
                self.leave(source, |_, _| true);
                self.sources.remove(&source);
            }
            _ => {}
        }
    }

    /// Takes those out of a socket's list of whom `over` says so.
    fn leave(&mut self, number: usize, over: impl Fn(u64, Direction) -> bool) {
        let Some(source) = self.sources.get_mut(&number) else { return };
        let waiting = std::mem::take(&mut source.waiting);
        let (gone, left) = waiting.into_iter().partition(|(task, direction)| over(*task, *direction));
        source.waiting = left;
        let gone: Vec<(u64, Direction)> = gone;
        for (task, direction) in gone {
            self.with_task(task, |task| task.waits.retain(|wait| *wait != Wait::Source(number, direction)));
        }
    }

    fn apply_gather(&mut self, event: &Event) {
        match event.what {
            What::Gathering { at } => self.gathering = Some(at),
            What::GatherBegan { gather, name, .. } => {
                let (at, task) = (self.gathering.take(), self.running);
                let begun = Gather { name, at, task, started: 0, ended: 0, cancelled: 0 };
                self.gathers.insert(gather, begun);
                self.wait_for(Wait::Gather(gather));
            }
            What::ChildEnded { gather, .. } => self.with_gather(gather, |gather| gather.ended += 1),
            What::ChildCancelled { gather, .. } => self.with_gather(gather, |gather| gather.cancelled += 1),
            What::GatherDone { gather, .. } | What::GatherDropped { gather } => {
                self.gathers.remove(&gather);
                self.waited(Wait::Gather(gather));
            }
            _ => {}
        }
    }

    fn wait_for(&mut self, wait: Wait) {
        self.with_running(|task| {
            if !task.waits.contains(&wait) {
                task.waits.push(wait);
            }
        });
    }

    /// Nobody waits for that any more.
    fn waited(&mut self, over: Wait) {
        self.tasks.values_mut().for_each(|task| task.waits.retain(|wait| *wait != over));
    }

    fn with_running(&mut self, change: impl FnOnce(&mut Task)) {
        if let Some(running) = self.running {
            self.with_task(running, change);
        }
    }

    fn with_task(&mut self, number: u64, change: impl FnOnce(&mut Task)) {
        if let Some(task) = self.tasks.get_mut(&number) {
            change(task);
        }
    }

    fn with_gather(&mut self, number: usize, change: impl FnOnce(&mut Gather)) {
        if let Some(gather) = self.gathers.get_mut(&number) {
            change(gather);
        }
    }
}
