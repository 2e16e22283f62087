//! A simulated world: what is to come for one program, each at its time, on a paused clock.
//!
//! Nothing comes from outside. So the loop never asks the kernel: when no task is ready, the
//! clock goes on to the next timer or event, and when there is none, the program is stuck.

use super::helpers::{Helpers, Job, Ticket};
use crate::choice::{self, Kind, Stuck};
use crate::reactor::Direction;
use crate::runtime::context::Core;
use crate::runtime::now;
use crate::wake::ignore_panics;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// What is to come.
enum Event {
    /// A simulated socket may be tried in this direction: its slot in the reactor.
    Ready(usize, Direction),
    /// A closure that was given to `unblock` is run.
    Job(Arc<dyn Job>),
}

#[derive(Default)]
struct World {
    /// By time; those of one moment in the order in which they were made.
    events: BTreeMap<(Instant, u64), Event>,
    made: u64,
    connections: u64,
    ports: u16,
}

/// The first port that the system gives when none is asked for, as IANA has it.
const FIRST_PORT: u16 = 49_152;

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

/// Among how many events of one moment a choice is made.
const CHOSEN_FROM: usize = 8;

/// A new world begins, in which nothing is to come.
pub(crate) fn clear() {
    let old = WORLD.take();
    drop(old);
}

/// At this time the simulated socket in this slot may be tried.
pub(crate) fn announce(at: Instant, slot: usize, direction: Direction) {
    add(at, Event::Ready(slot, direction));
}

/// The number of a new connection, from 1.
pub(crate) fn next_connection() -> u64 {
    WORLD.with_borrow_mut(|world| {
        world.connections += 1;
        world.connections
    })
}

/// A port that no one has had for a long time.
pub(crate) fn free_port() -> u16 {
    WORLD.with_borrow_mut(|world| {
        let port = FIRST_PORT + world.ports;
        world.ports = (world.ports + 1) % (u16::MAX - FIRST_PORT);
        port
    })
}

fn add(at: Instant, event: Event) {
    // A socket may be dropped with its thread.
    let _ = WORLD.try_with(|world| {
        let world = &mut *world.borrow_mut();
        world.made += 1;
        world.events.insert((at, world.made), event);
    });
}

fn earliest() -> Option<Instant> {
    WORLD.with_borrow(|world| world.events.keys().next().map(|(at, _)| *at))
}

/// The event that comes first of those that are due, and at one moment. One that wakes no task, as
/// `wakes` says, is no choice.
fn take_due(now: Instant, wakes: impl Fn(&Event) -> bool) -> Option<Event> {
    WORLD.with_borrow_mut(|world| {
        let at = world.events.keys().next().map(|(at, _)| *at).filter(|at| *at <= now)?;
        let mut of_this_moment = world.events.range((at, 0)..=(at, u64::MAX)).take(CHOSEN_FROM);
        let key = match of_this_moment.clone().find(|(_, event)| !wakes(event)) {
            Some((key, _)) => *key,
            None => *of_this_moment.nth(choice::among(Kind::Event, of_this_moment.clone().count(), 0))?.0,
        };
        world.events.remove(&key)
    })
}

impl Helpers {
    /// In the place of a thread: the closure runs when its time has come.
    pub(crate) fn simulate(&self, job: Arc<dyn Job>) -> Ticket {
        add(now() + choice::delay(Kind::Job, 0), Event::Job(job));
        self.no_ticket()
    }
}

impl Core {
    /// Step 3 in a simulated world: what is due comes.
    pub(crate) fn simulate(&self) {
        if !choice::is_closed() {
            return;
        }
        if choice::take_slow_turn() && self.step_world() {
            self.reactor.fire_due();
        }
        let wakes = |event: &Event| match event {
            Event::Ready(slot, direction) => self.reactor.is_awaited(*slot, *direction),
            Event::Job(_) => true,
        };
        while let Some(event) = take_due(self.reactor.clock().now(), wakes) {
            match event {
                Event::Ready(slot, direction) => self.reactor.note_simulated(slot, direction),
                Event::Job(job) => ignore_panics(|| job.run()),
            }
        }
    }

    /// Steps 3 and 4 when no task is ready. What is due comes in the event poll that follows.
    ///
    /// # Panics
    /// When nothing is left that could make a task ready.
    #[cold]
    pub(crate) fn wait_in_world(&self) {
        self.receive(usize::MAX);
        if self.ready.len() == 0 && !self.step_world() {
            choice::fail(Stuck::Deadlock(self.tasks.len()));
        }
    }

    /// Moves the clock to the next timer or event, and says whether there is one.
    fn step_world(&self) -> bool {
        let (timer, event) = (self.reactor.earliest(), earliest());
        let next = timer.into_iter().chain(event).min();
        if next.is_none() && !self.reactor.clock().is_advancing() {
            return false;
        }
        let is_late = timer.is_some_and(|timer| event.is_none_or(|event| timer <= event));
        let late = if is_late { choice::delay(Kind::Late, 0) } else { Default::default() };
        self.reactor.step_clock_to(next.map(|next| next + late));
        true
    }
}
