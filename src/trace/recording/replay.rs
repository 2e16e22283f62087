//! Queue, slab and lists, rebuilt from nothing but events.

use super::event::{Actor, Direction, Effect, Event};
use super::state::{ClockState, Gather, Kind, Source, State, Task, Timer, Wait};
use super::what::What;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The numbers of all that may wait for a socket.
const ALL: RangeInclusive<u64> = 0..=u64::MAX;

impl Task {
    /// Whether it waits for a closure is said again by each poll of the future that does.
    fn begin_poll(&mut self, time: Duration) {
        self.polls += 1;
        self.polled = time;
        self.waits.remove(&Wait::Closure);
    }
}

impl State {
    /// Takes the next event in.
    pub fn apply(&mut self, event: &Event) {
        match &event.what {
            What::Entered | What::PollingEvents { .. } => self.polls = 0,
            What::Rooting => self.coming = Some(Kind::Root),
            What::Spawning { name, at } => self.coming = Some(Kind::Spawned { name, at }),
            What::Starting { gather, child } => {
                self.coming = Some(Kind::Child { gather: *gather, child: *child });
                self.with_gather(*gather, |gather| gather.started += 1);
            }
            What::Admitted { task, slot } => self.admit(event, *task, *slot),
            What::Evicted { slot } => self.evict(*slot),
            What::Aborted { task } => self.with_task(*task, |task| task.aborted = true),
            What::Woken { task, effect: Effect::Queued } => self.queue(*task, event.actor),
            What::Popped { task } => {
                self.polls += 1;
                // Not the first if it was chosen.
                let at = self.ready.iter().position(|ready| ready == task);
                at.map(|at| self.ready.remove(at));
                self.with_task(*task, |task| task.queued = false);
            }
            What::Skipped { .. } => drop(self.ready.pop_front()),
            What::Swept => self.ready.retain(|task| self.tasks.contains_key(task)),
            What::Polling { slot } => {
                self.running = self.task_in(*slot);
                self.with_running(|task| task.begin_poll(event.time));
            }
            What::Polled { .. } => self.running = None,
            What::TimerAdded { .. }
            | What::TimerTaken { .. }
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
            | What::GatherAwaited { .. }
            | What::ChildEnded { .. }
            | What::ResultTaken { .. }
            | What::ChildCancelled { .. }
            | What::GatherDone { .. }
            | What::GatherDropped { .. } => self.apply_gather(event),
            What::ClockPaused { at } | What::ClockMoved { to: at } => self.clock = ClockState::Paused(*at),
            What::ClockResumed { from } => self.clock = ClockState::Resumed(*from, event.time),
            What::Joining { task } => self.join(*task),
            What::Detached { task } => self.unjoin(*task),
            What::Unblocking => self.wait_for(Wait::Closure),
            What::ShutDown { .. } => self.end(),
            _ => {}
        }
    }

    /// All tasks have ended, and of a thing that a program keeps beyond the runtime's end there
    /// are no more events. The next runtime has a clock of its own.
    fn end(&mut self) {
        self.ready.clear();
        self.timers.clear();
        self.sources.clear();
        self.gathers.clear();
        self.clock = ClockState::System;
    }

    /// The number of the task that lives in this slot.
    pub fn task_in(&self, slot: usize) -> Option<u64> {
        self.slots.get(slot).copied().filter(|number| *number != 0)
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
            polled: event.time,
            woken_by: None,
            waits: BTreeSet::new(),
            awaited_by: None,
        };
        self.tasks.insert(number, task);
        self.slots.resize(self.slots.len().max(slot + 1), 0);
        self.slots[slot] = number;
        self.ready.push_back(number);
    }

    /// It leaves the lists of the sockets it waits for at once: another task may be at work when
    /// its future is dropped and does that. Timers go by their own names.
    fn evict(&mut self, slot: usize) {
        let Some(number) = self.task_in(slot) else { return };
        self.slots[slot] = 0;
        self.unjoin(number);
        let Some(task) = self.tasks.remove(&number) else { return };
        for wait in task.waits {
            if let Wait::Source(source, direction, waiter) = wait {
                self.with_source(source, |source| _ = source.waiting.remove(&(direction, waiter, number)));
            }
        }
        if self.running == Some(number) {
            self.running = None;
        }
    }

    /// Of all tasks that poll a handle, the latest waits.
    fn join(&mut self, number: u64) {
        let running = self.running;
        if self.tasks.get(&number).is_some_and(|task| task.awaited_by != running) {
            self.unjoin(number);
            self.with_task(number, |task| task.awaited_by = running);
        }
        self.wait_for(Wait::Task(number));
    }

    /// No task waits for the end of this one any more.
    fn unjoin(&mut self, number: u64) {
        let waited = self.tasks.get_mut(&number).and_then(|task| task.awaited_by.take());
        self.waited(waited, Wait::Task(number));
    }

    fn queue(&mut self, number: u64, by: Actor) {
        self.ready.push_back(number);
        self.with_task(number, |task| {
            task.queued = true;
            task.woken_by = Some(by);
        });
    }

    fn apply_timer(&mut self, event: &Event) {
        match event.what {
            What::TimerAdded { timer, deadline } => {
                self.timers.insert(timer, Timer { deadline, task: self.running });
                self.wait_for(Wait::Timer(timer));
            }
            What::TimerTaken { timer } => {
                let running = self.running;
                let taken = self.timers.get_mut(&timer);
                let owner = taken.and_then(|timer| std::mem::replace(&mut timer.task, running));
                self.waited(owner, Wait::Timer(timer));
                self.wait_for(Wait::Timer(timer));
            }
            What::TimerReset { timer, deadline } => {
                self.timers.entry(timer).and_modify(|timer| timer.deadline = deadline);
            }
            What::TimerFired { timer } | What::TimerRemoved { timer } => {
                let owner = self.timers.remove(&timer).and_then(|timer| timer.task);
                self.waited(owner, Wait::Timer(timer));
            }
            _ => {}
        }
    }

    fn apply_source(&mut self, event: &Event) {
        match event.what {
            What::SourceAdded { source, name } => {
                self.sources.insert(source, Source { name, waiting: BTreeSet::new() });
            }
            What::SourceReady { source, readable, writable } => {
                let ways = [(readable, Direction::Read), (writable, Direction::Write)];
                for (_, direction) in ways.into_iter().filter(|(ready, _)| *ready) {
                    self.leave(source, direction, ALL);
                }
            }
            What::Waiting { source, direction, waiter } => self.register(source, direction, waiter),
            What::WaitingNoMore { source, direction, waiter } => {
                self.leave(source, direction, waiter..=waiter);
            }
            What::SourceRemoved { source } => {
                self.leave(source, Direction::Read, ALL);
                self.leave(source, Direction::Write, ALL);
                self.sources.remove(&source);
            }
            _ => {}
        }
    }

    /// The task that is polled joins a socket's list. An operation has one entry in it, with the
    /// task that polled it last; tasks that poll through the traits, without a number, each
    /// have one.
    fn register(&mut self, number: usize, direction: Direction, waiter: u64) {
        let Some(running) = self.running else { return };
        if waiter != 0 {
            self.leave(number, direction, waiter..=waiter);
        }
        self.with_source(number, |source| _ = source.waiting.insert((direction, waiter, running)));
        self.wait_for(Wait::Source(number, direction, waiter));
    }

    /// Takes the waiters of these numbers out of a socket's list.
    fn leave(&mut self, number: usize, direction: Direction, waiters: RangeInclusive<u64>) {
        let Some(source) = self.sources.get_mut(&number) else { return };
        let (first, last) = waiters.into_inner();
        let gone = source.waiting.range((direction, first, 0)..=(direction, last, u64::MAX));
        let gone: Vec<_> = gone.copied().collect();
        gone.iter().for_each(|one| _ = source.waiting.remove(one));
        for (_, waiter, task) in gone {
            self.waited(Some(task), Wait::Source(number, direction, waiter));
        }
    }

    fn apply_gather(&mut self, event: &Event) {
        match event.what {
            What::Gathering { at } => self.gathering = Some(at),
            What::GatherBegan { gather, children, rest, name } => {
                let (at, task) = (self.gathering.take(), self.running);
                let all = (rest < u16::MAX).then(|| children as usize + usize::from(rest));
                let begun = Gather { name, at, task, all, started: 0, ended: 0, cancelled: 0 };
                self.gathers.insert(gather, begun);
                self.wait_for(Wait::Gather(gather));
            }
            What::GatherAwaited { gather } => {
                self.hand_over(gather);
                self.wait_for(Wait::Gather(gather));
            }
            What::ResultTaken { gather, .. } => self.hand_over(gather),
            What::ChildEnded { gather, .. } => self.with_gather(gather, |gather| gather.ended += 1),
            What::ChildCancelled { gather, .. } => self.with_gather(gather, |gather| gather.cancelled += 1),
            What::GatherDone { gather, .. } | What::GatherDropped { gather } => {
                let owner = self.gathers.remove(&gather).and_then(|gather| gather.task);
                self.waited(owner, Wait::Gather(gather));
            }
            _ => {}
        }
    }

    /// The task that is polled has this gather; the one that had it waits for it no more.
    fn hand_over(&mut self, number: usize) {
        let running = self.running;
        let had =
            self.gathers.get_mut(&number).and_then(|gather| std::mem::replace(&mut gather.task, running));
        self.waited(had, Wait::Gather(number));
    }

    fn wait_for(&mut self, wait: Wait) {
        self.with_running(|task| _ = task.waits.insert(wait));
    }

    /// This wait of the task is over.
    fn waited(&mut self, task: Option<u64>, over: Wait) {
        if let Some(task) = task {
            self.with_task(task, |task| _ = task.waits.remove(&over));
        }
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

    fn with_source(&mut self, number: usize, change: impl FnOnce(&mut Source)) {
        if let Some(source) = self.sources.get_mut(&number) {
            change(source);
        }
    }

    fn with_gather(&mut self, number: usize, change: impl FnOnce(&mut Gather)) {
        if let Some(gather) = self.gathers.get_mut(&number) {
            change(gather);
        }
    }
}
