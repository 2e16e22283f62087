//! An explored run in numbers and times that are the same each time its schedule is run.
//!
//! The process gives tasks and timers their numbers, and the system's clock gives events their
//! times; so no two recordings are equal. Here tasks have the numbers that the choices of a run
//! give them, timers count from 1, and times are those of the runtime's clock, which is paused. Two
//! runs under one schedule are then equal event by event, and two under different ones are equal up
//! to the first choice that differs.

use super::event::{Actor, Event};
use super::names::millis;
use super::sentence::Teller;
use super::waiting::{Reason, Unfinished, Waitlist};
use super::what::What;
use super::{Recording, names};
use std::collections::HashMap;
use std::fmt::Write;
use std::time::Instant;

/// How many deviations are told before the last events.
const DEVIATIONS: usize = 3;

/// The numbers of one run, by those of the process.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    tasks: HashMap<u64, u64>,
    timers: HashMap<u64, u64>,
}

impl Numbers {
    /// `tasks` are those that have a number; all others get the next.
    pub(crate) fn of(tasks: HashMap<u64, u64>) -> Self {
        Self { tasks, timers: HashMap::new() }
    }

    fn task(&mut self, task: &mut u64) {
        *task = next(&mut self.tasks, *task);
    }

    fn timer(&mut self, timer: &mut u64) {
        *timer = next(&mut self.timers, *timer);
    }
}

/// Zero is no task.
fn next(known: &mut HashMap<u64, u64>, number: u64) -> u64 {
    let next = known.len() as u64 + 1;
    if number == 0 { 0 } else { *known.entry(number).or_insert(next) }
}

impl Recording {
    /// The same, as if it had begun at `began` and the clock had shown that then.
    pub(crate) fn repeatable(mut self, numbers: &mut Numbers, began: Instant) -> Self {
        let paused = self.events.iter().find_map(|event| match event.what {
            What::ClockPaused { at } => Some(at),
            _ => None,
        });
        let start = paused.unwrap_or(self.began);
        let mut now = start;
        for event in &mut self.events {
            rename(event, numbers);
            if let What::ClockMoved { to } = event.what {
                now = to;
            }
            event.time = now.saturating_duration_since(start);
            if let Some(moment) = moment_in(&mut event.what) {
                *moment = began + moment.saturating_duration_since(start);
            }
        }
        self.began = began;
        self
    }

    /// At which event two runs part: up to there they are equal.
    pub(crate) fn parts_from(&self, other: &Self) -> usize {
        self.events.iter().zip(&other.events).take_while(|(one, two)| one == two).count()
    }

    /// Where the run fails, if it does.
    pub(crate) fn failed(&self) -> Option<usize> {
        self.events.iter().position(|event| matches!(event.what, What::Failed { .. }))
    }

    /// The latest `most` events up to the failure, a line each, and the last deviations before
    /// them.
    pub(crate) fn last_before_failure(&self, most: usize) -> String {
        let failed = self.failed().unwrap_or(self.events.len().saturating_sub(1));
        let told: Vec<_> = (0..=failed).filter(|at| !self.is_detail(*at)).collect();
        let (before, tail) = told.split_at(told.len().saturating_sub(most));
        let mut shown: Vec<_> = before.iter().copied().filter(|at| self.is_deviation(*at)).collect();
        shown.drain(..shown.len().saturating_sub(DEVIATIONS));
        shown.extend(tail);
        let (mut text, mut left) = (String::new(), told.iter());
        for (at, line) in self.lines(&shown) {
            if left.by_ref().take_while(|told| **told < at).count() > 0 {
                let _ = writeln!(text, "  ...");
            }
            let _ = writeln!(text, "  {line}");
        }
        text
    }

    /// Whether a reader takes this event for granted.
    pub(super) fn is_detail(&self, at: usize) -> bool {
        match &self.events[at].what {
            What::Popped { .. } | What::Evicted { .. } | What::PollingEvents { idle: true } => true,
            What::Chosen { choice } => !choice.is_deviation(),
            _ => false,
        }
    }

    fn is_deviation(&self, at: usize) -> bool {
        matches!(&self.events[at].what, What::Chosen { choice } if choice.is_deviation())
    }

    /// These events, in rising order, as lines: when, the actor, what happens and why.
    pub(super) fn lines(&self, shown: &[usize]) -> Vec<(usize, String)> {
        let (mut teller, mut lines) = (Teller::new(self), Vec::new());
        for (at, event) in self.events.iter().enumerate() {
            if shown.contains(&at) {
                let (time, actor) = (millis(event.time), names::actor_in_short(event.actor));
                lines.push((at, format!("+{time}  {actor:8} | {}", teller.tell(event))));
            }
            teller.go_on(event);
        }
        lines
    }
}

fn rename(event: &mut Event, numbers: &mut Numbers) {
    match &mut event.actor {
        Actor::Task(task) => numbers.task(task),
        Actor::Timer(timer) => numbers.timer(timer),
        _ => {}
    }
    match &mut event.what {
        What::Admitted { task, .. }
        | What::Aborted { task }
        | What::Woken { task, .. }
        | What::Popped { task }
        | What::Joining { task }
        | What::Detached { task } => numbers.task(task),
        What::TimerAdded { timer, .. }
        | What::TimerTaken { timer }
        | What::TimerReset { timer, .. }
        | What::TimerFired { timer }
        | What::TimerRemoved { timer } => numbers.timer(timer),
        _ => {}
    }
}

/// The clock of an explored run is never resumed.
fn moment_in(what: &mut What) -> Option<&mut Instant> {
    match what {
        What::ClockPaused { at } => Some(at),
        What::ClockMoved { to } => Some(to),
        What::TimerAdded { deadline, .. } | What::TimerReset { deadline, .. } => Some(deadline),
        _ => None,
    }
}

impl Waitlist {
    /// Who waits for whom, a line each, in the numbers of the run and without ages, which are of the
    /// system's clock.
    pub(crate) fn repeatable(mut self, numbers: &mut Numbers) -> String {
        let reasons = self.tasks.iter_mut().flat_map(|task| &mut task.reasons);
        reasons.for_each(|reason| {
            if let Reason::Task(task) = reason {
                numbers.task(task);
            }
        });
        self.tasks.iter_mut().for_each(|task| numbers.task(&mut task.task));
        self.deadlocks.iter_mut().flatten().for_each(|task| numbers.task(task));
        let mut text = String::new();
        for line in self.tasks.iter().map(Unfinished::cause).chain(self.circles()) {
            let _ = writeln!(text, "  {line}");
        }
        text
    }
}
