//! Where events are kept.
//!
//! A recording belongs to a thread: [`Builder::record`](crate::Builder::record) begins one
//! there, and it goes on until the runtime is gone. It keeps the latest events, as many as
//! it may; an older one is folded into the state in which the first one that is left finds
//! the runtime, so that nothing but the story is lost.

use super::caller::Sender;
use super::event::{Actor, Event, What};
use super::session::with_current;
use super::state::State;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::panic::Location;
use std::rc::Rc;
use std::thread::ThreadId;
use std::time::Instant;

/// How many events are kept when nobody says how many.
pub(super) const CAPACITY: usize = 1 << 20;

/// Keeps the events of one thread's runtimes, in order.
///
/// A clone is another handle of the same recorder.
///
/// ```
/// use shirr::trace::{Recorder, What};
///
/// let recorder = Recorder::new();
/// let runtime = shirr::Runtime::builder().record(&recorder).build()?;
/// runtime.block_on(shirr::yield_now());
/// let polls = recorder.events().iter().filter(|event| matches!(event.what, What::Polling { .. })).count();
/// assert_eq!(polls, 2);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Recorder(pub(super) Rc<RefCell<Log>>);

#[derive(Debug)]
pub(super) struct Log {
    began: Instant,
    capacity: usize,
    events: VecDeque<Event>,
    /// How things stood before the first of them.
    base: State,
    next: u64,
    /// Who is at work: the program, the loop or a task.
    at_work: Actor,
    /// Runtimes entered and not left: one, or another one's drop inside it.
    entered: Vec<Actor>,
    /// Who has just given the loop a reason to wake somebody.
    cause: Option<Actor>,
    /// By slot, the number of the task that lives there.
    slots: Vec<u64>,
    /// By address, the gathers that are not over, and some whose children run on.
    gathers: BTreeMap<usize, usize>,
    next_gather: usize,
    threads: Vec<(ThreadId, String)>,
}

/// What a recorder has kept so far.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Recording {
    /// How things stood before the first event.
    pub base: State,
    /// In order.
    pub events: Vec<Event>,
    /// How many events came before these and were not kept.
    pub lost: u64,
    /// When the recording began, which is what times are counted from.
    pub began: Instant,
    /// The names of the threads that have left messages; [`Actor::Thread`] counts from zero.
    pub threads: Vec<String>,
}

impl Recorder {
    /// One that keeps the latest 1,048,576 events, which are some 100 bytes each.
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// One that keeps the latest `events`.
    ///
    /// # Panics
    /// When that is zero.
    pub fn with_capacity(events: usize) -> Self {
        assert!(events > 0, "a recorder that keeps no event has nothing to tell; use 1 or more");
        Self(Rc::new(RefCell::new(Log::new(events))))
    }

    /// The events kept so far, in order.
    pub fn events(&self) -> Vec<Event> {
        self.0.borrow().events.iter().cloned().collect()
    }

    /// All that is known so far.
    pub fn recording(&self) -> Recording {
        let log = self.0.borrow();
        Recording {
            base: log.base.clone(),
            events: log.events.iter().cloned().collect(),
            lost: log.next - log.events.len() as u64,
            began: log.began,
            threads: log.threads.iter().map(|(_, name)| name.clone()).collect(),
        }
    }

    /// How things stand after all that was recorded.
    pub fn state(&self) -> State {
        let log = self.0.borrow();
        let mut state = log.base.clone();
        log.events.iter().for_each(|event| state.apply(event));
        state
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

/// What [`emit!`](super::emit) does. It calls nobody (I3).
pub(crate) fn record(what: What, line: &'static Location<'static>) {
    with_current(|Recorder(log)| log.borrow_mut().add(what, line));
}

/// The number by which this thread's recorder knows the sender; zero with no recorder.
pub(crate) fn number_of(sender: &Sender) -> u32 {
    with_current(|Recorder(log)| log.borrow_mut().number_of(sender)).unwrap_or(0)
}

impl Log {
    fn new(capacity: usize) -> Self {
        Self {
            began: Instant::now(),
            capacity,
            events: VecDeque::new(),
            base: State::default(),
            next: 0,
            at_work: Actor::Program,
            entered: Vec::new(),
            cause: None,
            slots: Vec::new(),
            gathers: BTreeMap::new(),
            next_gather: 1,
            threads: Vec::new(),
        }
    }

    fn add(&mut self, mut what: What, line: &'static Location<'static>) {
        self.name_gather(&mut what);
        let actor = self.actor(&what);
        if self.events.len() == self.capacity {
            let oldest = self.events.pop_front().expect("a capacity is not zero");
            self.base.apply(&oldest);
        }
        let (number, time) = (self.next, self.began.elapsed());
        self.next += 1;
        self.events.push_back(Event { number, time, actor, line, what });
    }

    /// Who does this, and who does what follows.
    fn actor(&mut self, what: &What) -> Actor {
        let caused = matches!(what, What::Woken { .. } | What::Aborted { .. } | What::TimerRemoved { .. });
        if !caused {
            self.cause = None;
        }
        let by_loop = self.is_by_loop(what);
        if by_loop {
            self.at_work = Actor::Loop; // the drop of a cancelled future is over
        }
        let actor = self.cause.unwrap_or(self.at_work);
        match *what {
            What::TimerFired { timer } => self.cause = Some(Actor::Timer(timer)),
            What::SourceReady { source, .. } => self.cause = Some(Actor::Source(source)),
            What::Received { thread } => self.cause = Some(Actor::Thread(thread)),
            What::CallingForeign => self.cause = Some(Actor::Foreign),
            What::Entered => {
                self.entered.push(self.at_work);
                self.at_work = Actor::Loop;
            }
            What::Left => self.at_work = self.entered.pop().unwrap_or(Actor::Program),
            What::Admitted { task, slot } => {
                let len = self.slots.len().max(slot + 1);
                self.slots.resize(len, 0);
                self.slots[slot] = task;
            }
            What::Polling { slot } => self.at_work = self.tenant(slot),
            What::Cancelled { slot } if by_loop => self.at_work = self.tenant(slot),
            What::Polled { .. } => self.at_work = Actor::Loop,
            _ => {}
        }
        actor
    }

    /// Whether nobody but the loop does this. A future that is spawned while its runtime ends
    /// is cancelled on the spot, and who spawned it goes on.
    fn is_by_loop(&self, what: &What) -> bool {
        match *what {
            What::Popped { .. } | What::Skipped { .. } | What::Looking { .. } | What::ShutDown { .. } => true,
            What::Cancelled { slot } => !self.is_new(slot),
            _ => false,
        }
    }

    fn tenant(&self, slot: usize) -> Actor {
        Actor::Task(self.slots.get(slot).copied().unwrap_or(0))
    }

    /// Whether this slot's task has just been admitted.
    fn is_new(&self, slot: usize) -> bool {
        let latest = self.events.back().map(|event| &event.what);
        matches!(latest, Some(What::Admitted { slot: new, .. }) if *new == slot)
    }

    /// The layers name a gather by its address, which is another's when it is gone.
    fn name_gather(&mut self, what: &mut What) {
        match what {
            What::GatherBegan { gather, .. } => {
                self.gathers.insert(*gather, self.next_gather);
                *gather = self.next_gather;
                self.next_gather += 1;
            }
            // After a detached one its children may be heard of.
            What::GatherDone { gather, detached: false } | What::GatherDropped { gather } => {
                *gather = self.gathers.remove(gather).unwrap_or(0);
            }
            What::Starting { gather, .. }
            | What::GatherDone { gather, .. }
            | What::ChildEnded { gather, .. }
            | What::ChildCancelled { gather, .. } => {
                *gather = self.gathers.get(gather).copied().unwrap_or(0);
            }
            _ => {}
        }
    }

    fn number_of(&mut self, Sender(thread): &Sender) -> u32 {
        let known = self.threads.iter().position(|(id, _)| *id == thread.id());
        let number = known.unwrap_or_else(|| {
            let unnamed = || format!("thread {}", self.threads.len());
            let name = thread.name().map_or_else(unnamed, String::from);
            self.threads.push((thread.id(), name));
            self.threads.len() - 1
        });
        number as u32
    }
}
