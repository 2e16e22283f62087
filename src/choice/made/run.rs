//! A run that is under way: who decides, and what was decided.

use super::freedoms::Freedoms;
use super::kind::{Choice, DELAYS, Kind};
use super::random::Random;
use super::schedule::Schedule;
use super::stuck::{Stuck, fail};
use crate::trace;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// One run of a program under one schedule.
#[derive(Debug)]
pub(crate) struct Run {
    schedule: Schedule,
    freedoms: Freedoms,
    random: Random,
    /// Of tasks by their number, and the turns before which the highest loses its rank.
    ranks: HashMap<u64, u64>,
    changes: Vec<usize>,
    /// Serials of tasks, in the order of their first turns.
    pub(crate) numbers: HashMap<u64, u64>,
    /// How far a list has been followed.
    followed: usize,
    pub(crate) log: Vec<Choice>,
    pub(crate) turns: usize,
    max_turns: usize,
    is_asked: bool,
    /// The number of the task whose turn it is.
    at_work: u64,
    now: Instant,
    /// All that the program waits for is simulated, so that it can be seen that nothing is left.
    closed: bool,
    /// Where it is recorded, whichever runtime is at work.
    origin: trace::Origin,
}

thread_local! {
    static RUN: RefCell<Option<Run>> = const { RefCell::new(None) };
    /// Whether there is one. Each turn asks twice, so it is a load and no borrow.
    static IS_MADE: Cell<bool> = const { Cell::new(false) };
}

/// Has `run` decide on this thread, and returns what decided before.
pub(crate) fn install(run: Option<Run>) -> Option<Run> {
    IS_MADE.set(run.is_some());
    RUN.replace(run)
}

fn with<R>(f: impl FnOnce(&mut Run) -> R) -> Option<R> {
    if !is_made() {
        return None;
    }
    RUN.try_with(|run| run.borrow_mut().as_mut().map(f)).ok().flatten()
}

/// Lets chance decide on this thread what the environment asks for, `SHIRR_SEED=7`, with the
/// kernel as it is. Of freedoms, those that need no simulation; `SHIRR_SEED=7:wild`, `7:world`.
///
/// # Panics
/// When it asks for something else.
pub(crate) fn shuffle() {
    let Ok(text) = std::env::var("SHIRR_SEED") else { return };
    if RUN.with_borrow(Option::is_some) {
        return;
    }
    let (seed, level) = text.split_once(':').unwrap_or((&text, "shared"));
    let freedoms = match level {
        "world" => Some(Freedoms::WORLD),
        "shared" => Some(Freedoms::SHARED),
        "wild" => Some(Freedoms::WILD),
        _ => None,
    };
    let (Ok(seed), Some(freedoms)) = (seed.parse(), freedoms) else {
        panic!("SHIRR_SEED is a number, as 7, or with a level, as 7:world, 7:shared or 7:wild; not {text:?}")
    };
    let mut run = Run::new(Schedule::Random(seed), freedoms, usize::MAX);
    run.closed = false;
    install(Some(run));
}

/// Whether the world is simulated: nothing comes from outside.
pub(crate) fn is_closed() -> bool {
    with(|run| run.closed).unwrap_or(false)
}

/// A number below `of`, which is 0 when no one decides.
pub(crate) fn among(kind: Kind, of: usize, about: u64) -> usize {
    with(|run| run.among(kind, of, |_| about)).unwrap_or(0)
}

/// Which of these tasks is polled although no one woke it, if one is.
pub(crate) fn spurious(tasks: &[u64]) -> Option<usize> {
    let about = |taken: usize| taken.checked_sub(1).map_or(0, |at| tasks[at]);
    with(|run| run.among(Kind::Spurious, tasks.len() + 1, about)).unwrap_or(0).checked_sub(1)
}

/// How long something takes.
pub(crate) fn delay(kind: Kind, about: u64) -> Duration {
    Duration::from_millis(DELAYS[among(kind, DELAYS.len(), about)])
}

/// Which of these ready tasks is next; the first is by itself.
pub(crate) fn ready(tasks: &[u64]) -> usize {
    with(|run| run.ready(tasks)).unwrap_or(0)
}

/// The number of a task with this serial; those of a run are the same in every process, those of
/// one on the real kernel are as they come, and none is kept. Nothing when no one decides.
pub(crate) fn number(serial: u64) -> Option<u64> {
    with(|run| {
        if !run.closed {
            return serial;
        }
        let next = run.numbers.len() as u64 + 1;
        *run.numbers.entry(serial).or_insert(next)
    })
}

/// What the simulated world's clock shows, if there is one.
pub(crate) fn now() -> Option<Instant> {
    with(|run| run.closed.then_some(run.now)).flatten()
}

pub(crate) fn set_now(now: Instant) {
    with(|run| run.now = now);
}

/// The task with this serial has its turn from now on; none with 0.
pub(crate) fn begin_turn(serial: u64) {
    with(|run| run.at_work = run.numbers.get(&serial).copied().unwrap_or(0));
}

/// Whether anyone decides on this thread.
#[inline]
pub(crate) fn is_made() -> bool {
    IS_MADE.get()
}

/// Whether tasks may be polled in any order, and unasked.
pub(crate) fn is_wild() -> bool {
    with(|run| run.freedoms.wild).unwrap_or(false)
}

/// Counts a turn.
///
/// # Panics
/// When the program has had all that it may take.
pub(crate) fn turn() {
    let most = with(|run| {
        run.turns += 1;
        (run.turns > run.max_turns).then(|| std::mem::replace(&mut run.max_turns, usize::MAX))
    });
    if let Some(most) = most.flatten() {
        fail(Stuck::NoEnd(most));
    }
}

/// Asks the loop whether it polls for events between two turns, and says whether it is asked.
pub(crate) fn ask_for_events() -> bool {
    with(|run| {
        run.is_asked = run.may(Kind::Events);
        run.is_asked
    })
    .unwrap_or(false)
}

/// Whether it is asked; from now on it is not.
pub(crate) fn take_question() -> bool {
    with(|run| std::mem::take(&mut run.is_asked)).unwrap_or(false)
}

/// From now on the choices are recorded where this runtime's events are, which is not at work yet.
pub(crate) fn tell_to(origin: trace::Origin) {
    with(|run| run.origin = origin);
}

/// Records that the run fails; without the feature `trace` it is not told why.
pub(crate) fn note_failure(_why: impl Fn() -> String) {
    with(|run| {
        trace::emit!(lazily to run.origin; Failed { why: _why().into() });
    });
}

impl Run {
    pub(crate) fn new(schedule: Schedule, freedoms: Freedoms, max_turns: usize) -> Self {
        let mut random = Random::new(match schedule {
            Schedule::Random(seed) | Schedule::Pct { seed, .. } => seed,
            Schedule::Fifo | Schedule::List(_) => 0,
        });
        let changes = match schedule {
            Schedule::Pct { changes, turns, .. } => {
                (0..changes).map(|_| random.below(turns.max(1))).collect()
            }
            _ => Vec::new(),
        };
        Self {
            schedule,
            freedoms,
            random,
            ranks: HashMap::new(),
            changes,
            numbers: HashMap::new(),
            followed: 0,
            log: Vec::new(),
            turns: 0,
            max_turns,
            is_asked: false,
            at_work: 0,
            now: Instant::now(),
            closed: true,
            origin: trace::Origin::here(),
        }
    }

    fn may(&self, kind: Kind) -> bool {
        let simulated = match kind {
            Kind::Ready => return self.freedoms.ready || self.freedoms.wild,
            Kind::Spurious => return self.freedoms.wild,
            Kind::Events | Kind::Slow => self.freedoms.events,
            Kind::Share => self.freedoms.shares,
            Kind::Late | Kind::Packet | Kind::Connect | Kind::Job | Kind::Latency => self.freedoms.delays,
            Kind::Event | Kind::Host => true,
            Kind::Reset => self.freedoms.resets,
        };
        simulated && self.closed
    }

    fn among(&mut self, kind: Kind, of: usize, about: impl Fn(usize) -> u64) -> usize {
        if of < 2 || !self.may(kind) {
            return 0;
        }
        let taken = match self.schedule {
            Schedule::Fifo => 0,
            Schedule::List(_) => self.listed(of),
            Schedule::Random(_) | Schedule::Pct { .. } => match kind.rarity() {
                1 => self.random.below(of),
                rarity if self.random.next() % rarity == 0 => 1 + self.random.below(of - 1),
                _ => 0,
            },
        };
        self.note(kind, [of, taken], about, self.at_work);
        taken
    }

    fn ready(&mut self, tasks: &[u64]) -> usize {
        if tasks.len() < 2 || !self.may(Kind::Ready) {
            return 0;
        }
        let taken = match self.schedule {
            Schedule::Fifo => 0,
            Schedule::List(_) => self.listed(tasks.len()),
            Schedule::Random(_) => self.random.below(tasks.len()),
            Schedule::Pct { .. } => self.highest_but_at_a_change(tasks),
        };
        self.note(Kind::Ready, [tasks.len(), taken], |taken| tasks[taken], tasks[0]);
        taken
    }

    /// What the list says of the choice that is next. It says too much if the program was changed.
    fn listed(&mut self, of: usize) -> usize {
        let at = self.log.len() as u32;
        let Schedule::List(list) = &self.schedule else { return 0 };
        while list.get(self.followed).is_some_and(|(place, _)| *place < at) {
            self.followed += 1;
        }
        let taken = list.get(self.followed).filter(|(place, _)| *place == at).map_or(0, |(_, taken)| *taken);
        (taken as usize).min(of - 1)
    }

    /// `about` says whom each of those that are open concerns.
    fn note(&mut self, kind: Kind, [of, taken]: [usize; 2], about: impl Fn(usize) -> u64, task: u64) {
        if self.closed {
            let whom = about(taken);
            let choice = Choice { kind, of: of as u32, taken: taken as u32, about: whom, task };
            self.log.push(choice);
            trace::emit!(lazily to self.origin; Chosen { choice: choice.decision(self.log.len() - 1, about) });
        }
    }

    fn highest_but_at_a_change(&mut self, tasks: &[u64]) -> usize {
        let highest = self.highest(tasks);
        let Some(change) = self.changes.iter().position(|at| *at == self.turns) else { return highest };
        self.ranks.insert(tasks[highest], change as u64);
        self.highest(tasks)
    }

    fn highest(&mut self, tasks: &[u64]) -> usize {
        for task in tasks {
            let rank = self.random.next() | 1 << 63; // above those that a change has given
            self.ranks.entry(*task).or_insert(rank);
        }
        (0..tasks.len()).max_by_key(|at| self.ranks[&tasks[*at]]).unwrap_or(0)
    }
}
