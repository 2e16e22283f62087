//! A simulated world: what is to come for one program, each at its time, on a paused clock.
//!
//! Nothing comes from outside. So the loop never asks the kernel: when no task is ready, the
//! clock goes on to the next timer or event, and when there is none, the program is stuck. The
//! loop of the program's own runtime drives the world; those of the other hosts
//! ([`mod@super::hosts`]) run when it polls for events.

use super::helpers::{Helpers, Job, Ticket};
use super::hosts;
use crate::choice::{self, Kind, Stuck};
use crate::reactor::Direction;
use crate::runtime::context::{Core, current, now};
use crate::wake::ignore_panics;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A simulated socket, as a reactor knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    runtime: usize,
    slot: usize,
}

/// What is to come.
#[derive(Clone)]
enum Upcoming {
    /// A simulated socket may be tried in this direction.
    Ready(Place, Direction),
    /// A closure that was given to `unblock` is run.
    Job(Arc<dyn Job>),
}

#[derive(Default)]
struct World {
    /// By time; those of one moment in the order in which they were made.
    events: BTreeMap<(Instant, u64), Upcoming>,
    made: u64,
    connections: u64,
    ports: u16,
}

/// The first port that the system gives when none is asked for, as IANA has it.
const FIRST_PORT: u16 = 49_152;

/// Among how many events of one moment a choice is made.
const CHOSEN_FROM: usize = 8;

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

impl Place {
    /// In the runtime that runs on this thread.
    pub(crate) fn here(slot: usize) -> Self {
        Self { runtime: current("a simulated socket").number(), slot }
    }
}

/// A new world begins, in which nothing is to come.
pub(crate) fn clear() {
    hosts::clear();
    let old = WORLD.take();
    drop(old);
}

/// At this time the simulated socket there may be tried.
pub(crate) fn announce(at: Instant, place: Place, direction: Direction) {
    add(at, Upcoming::Ready(place, direction));
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

fn add(at: Instant, event: Upcoming) {
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
fn take_due(now: Instant, wakes: impl Fn(&Upcoming) -> bool) -> Option<Upcoming> {
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
        add(now() + choice::delay(Kind::Job, 0), Upcoming::Job(job));
        self.no_ticket()
    }
}

impl Core {
    pub(crate) fn number(&self) -> usize {
        self.ready.number()
    }

    /// Whether the loop does not poll for events although it was asked to. It is asked between two
    /// turns, and it is chosen where it can make a difference: where something is due, or would
    /// be if the turn took long.
    pub(crate) fn passes_over_events(&self) -> bool {
        if !choice::take_question() {
            return false;
        }
        let next = self.next_timer().into_iter().chain(earliest()).min();
        match next {
            None => true,
            Some(at) if at <= self.reactor.clock().now() => choice::among(Kind::Events, 2, 0) == 0,
            Some(_) => choice::among(Kind::Slow, 2, 0) == 0 || !self.step_world(),
        }
    }

    /// Of this runtime or of another host's.
    fn next_timer(&self) -> Option<Instant> {
        self.reactor.earliest().into_iter().chain(hosts::earliest()).min()
    }

    /// Step 3 in a simulated world: what is due comes, and then the other hosts run.
    pub(crate) fn simulate(&self) {
        if !choice::is_closed() {
            return;
        }
        loop {
            while let Some(event) = take_due(self.reactor.clock().now(), |event| self.wakes(event)) {
                match event {
                    Upcoming::Ready(place, direction) => {
                        self.at(place, |core| core.reactor.note_simulated(place.slot, direction));
                    }
                    Upcoming::Job(job) => ignore_panics(|| job.run()),
                }
            }
            if !hosts::run_one() {
                break;
            }
        }
        self.receive(usize::MAX);
    }

    fn wakes(&self, event: &Upcoming) -> bool {
        match event {
            Upcoming::Ready(place, direction) => {
                self.at(*place, |core| core.reactor.is_awaited(place.slot, *direction)) == Some(true)
            }
            Upcoming::Job(_) => true,
        }
    }

    /// Hands the runtime of this place to `f`, if it is there still.
    fn at<R>(&self, place: Place, f: impl FnOnce(&Core) -> R) -> Option<R> {
        if place.runtime == self.number() {
            return Some(f(self));
        }
        let host: Option<Rc<Core>> = hosts::core(place.runtime);
        host.map(|core| f(&core))
    }

    /// Steps 3 and 4 when no task is ready. What is due comes in the event poll that follows.
    ///
    /// # Panics
    /// When nothing is left that could make a task ready.
    #[cold]
    pub(crate) fn wait_in_world(&self) {
        if self.ready.len() == 0 && !self.step_world() {
            choice::fail(Stuck::Deadlock(self.tasks.len()));
        }
    }

    /// Moves the clocks to the next timer or event, and says whether there is one.
    fn step_world(&self) -> bool {
        let (timer, event) = (self.next_timer(), earliest());
        let next = timer.into_iter().chain(event).min();
        if next.is_none() && !self.reactor.clock().is_advancing() {
            return false;
        }
        let is_a_timer = timer.is_some_and(|timer| event.is_none_or(|event| timer <= event));
        let late = if is_a_timer { choice::delay(Kind::Late, 0) } else { Duration::ZERO };
        self.reactor.step_clock_to(next.map(|next| next + late));
        let now = self.reactor.clock().now();
        choice::set_now(now);
        hosts::step_clocks_to(now);
        true
    }
}
