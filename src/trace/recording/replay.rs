//! Queue, slab and lists, rebuilt from nothing but events.

use super::event::{Actor, Direction, Effect, Event};
use super::state::{Clock, Gather, Kind, Source, State, Task, Timer, Wait};
use super::what::What;

impl Task {
    /// Whether it waits for a closure is said again by each poll of the future that does.
    fn begin_poll(&mut self) {
        self.polls += 1;
        self.waits.retain(|wait| *wait != Wait::Closure);
    }
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
                self.polls += 1;
                self.ready.pop_front();
                self.with_task(*task, |task| task.queued = false);
            }
            What::Skipped { .. } => drop(self.ready.pop_front()),
            What::Polling { slot } => {
                self.running = self.task_in(*slot);
                self.with_running(Task::begin_poll);
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
            | What::ChildEnded { .. }
            | What::ChildCancelled { .. }
            | What::GatherDone { .. }
            | What::GatherDropped { .. } => self.apply_gather(event),
            What::ClockPaused { at } | What::ClockMoved { to: at } => self.clock = Clock::Stands(*at),
            What::ClockResumed { from } => self.clock = Clock::Resumed(*from, event.time),
            What::Joining { task } => self.join(*task),
            What::Detached { task } => self.unjoin(*task),
            What::Unblocking => self.wait_for(Wait::Closure),
            What::ShutDown { .. } => self.ready.clear(), // those who stood there have ended
            _ => {}
        }
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
            woken_by: None,
            waits: Vec::new(),
            awaited_by: None,
        };
        self.tasks.insert(number, task);
        self.slots.resize(self.slots.len().max(slot + 1), 0);
        self.slots[slot] = number;
        self.ready.push_back(number);
    }

    /// It leaves the lists of the sockets it waits for at once: when its future is dropped
    /// and does that, somebody else may be at work. Timers go by their own names.
    fn evict(&mut self, slot: usize) {
        let Some(number) = self.task_in(slot) else { return };
        self.slots[slot] = 0;
        self.unjoin(number);
        let Some(task) = self.tasks.remove(&number) else { return };
        for wait in task.waits {
            if let Wait::Source(source, _) = wait {
                self.leave(source, |task, _| task == number);
            }
        }
        if self.running == Some(number) {
            self.running = None;
        }
    }

    /// Of all who ask by a handle, the latest waits.
    fn join(&mut self, number: u64) {
        let running = self.running;
        if self.tasks.get(&number).is_some_and(|task| task.awaited_by != running) {
            self.unjoin(number);
            self.with_task(number, |task| task.awaited_by = running);
        }
        self.wait_for(Wait::Task(number));
    }

    /// Nobody waits for the end of this task any more.
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
            self.waited(Some(task), Wait::Source(number, direction));
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
                let owner = self.gathers.remove(&gather).and_then(|gather| gather.task);
                self.waited(owner, Wait::Gather(gather));
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

    /// Whoever waited for that does so no more.
    fn waited(&mut self, who: Option<u64>, over: Wait) {
        if let Some(who) = who {
            self.with_task(who, |task| task.waits.retain(|wait| *wait != over));
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

    fn with_gather(&mut self, number: usize, change: impl FnOnce(&mut Gather)) {
        if let Some(gather) = self.gathers.get_mut(&number) {
            change(gather);
        }
    }
}
