//! The events of one recorder, and the actor of each.

use super::caller::Sender;
use super::event::{Actor, Event};
use super::recorder::{CAPACITY, Recording};
use super::state::State;
use super::waiting::{Unfinished, Waitlist};
use super::wakers;
use super::what::What;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::panic::Location;
use std::thread::ThreadId;
use std::time::{Duration, Instant};

/// What the log itself is to know of a gather.
#[derive(Debug)]
struct NumberedGather {
    number: usize,
    /// Its parent, which waits for it.
    awaited_by: Option<Actor>,
}

#[derive(Debug)]
pub(super) struct Log {
    /// Whether a runtime has it that is not gone.
    taken: bool,
    began: Instant,
    capacity: usize,
    events: VecDeque<Kept>,
    /// The state before the first of them.
    base: State,
    next: u64,
    /// What is at work: the program, the loop or a task.
    at_work: Actor,
    /// Runtimes entered and not left: one, or another one's drop inside it.
    entered: Vec<Actor>,
    /// What has just given the loop a reason to wake a task.
    cause: Option<Actor>,
    /// By slot, the number of the task that lives there.
    slots: Vec<u64>,
    /// By address, the gathers that are not over, and some whose children run on.
    gathers: BTreeMap<usize, NumberedGather>,
    next_gather: usize,
    runtimes_ended: u64,
    /// The threads that have left messages, by number and the other way round.
    threads: Vec<String>,
    numbers: HashMap<ThreadId, u32>,
    /// The state now, kept up to date if stuck tasks are to be reported.
    live: Option<State>,
    /// The report that was made last.
    reported: String,
}

/// An event as it is kept, which is smaller: that its memory is new to the process may cost
/// more than all the rest. Its number is its position.
#[derive(Clone, Debug)]
struct Kept {
    nanos: u64,
    actor: Actor,
    line: &'static Location<'static>,
    what: What,
}

/// What the docs of a recorder say.
const _: () = assert!(size_of::<Kept>() <= 64);

impl Kept {
    fn at(self, number: u64) -> Event {
        let Self { nanos, actor, line, what } = self;
        Event { number, time: Duration::from_nanos(nanos), actor, line, what }
    }
}

impl Log {
    pub(super) fn new(capacity: usize) -> Self {
        wakers::begin_to_count();
        Self {
            taken: false,
            began: Instant::now(),
            capacity,
            // All of it now: pages that are not written cost nothing, moving a million events does.
            events: VecDeque::with_capacity(capacity.min(CAPACITY)),
            base: State::default(),
            next: 0,
            at_work: Actor::Program,
            entered: Vec::new(),
            cause: None,
            slots: Vec::new(),
            gathers: BTreeMap::new(),
            next_gather: 1,
            runtimes_ended: 0,
            threads: Vec::new(),
            numbers: HashMap::new(),
            live: None,
            reported: String::new(),
        }
    }

    /// Returns whether it was taken before.
    pub(super) fn set_taken(&mut self, taken: bool) -> bool {
        std::mem::replace(&mut self.taken, taken)
    }

    pub(super) fn events(&self) -> impl Iterator<Item = Event> {
        self.events.iter().zip(self.lost()..).map(|(kept, number)| kept.clone().at(number))
    }

    pub(super) fn runtimes_ended(&self) -> u64 {
        self.runtimes_ended
    }

    fn lost(&self) -> u64 {
        self.next - self.events.len() as u64
    }

    pub(super) fn recording(&self) -> Recording {
        Recording {
            base: self.base.clone(),
            events: self.events().collect(),
            lost: self.lost(),
            began: self.began,
            threads: self.threads.clone(),
        }
    }

    pub(super) fn state(&self) -> State {
        let mut state = self.base.clone();
        self.events().for_each(|event| state.apply(&event));
        state
    }

    /// Keeps the state up to date from here on, and reports.
    pub(super) fn keep_live(&mut self) {
        self.live = Some(self.state());
    }

    /// Whether a runtime was entered and not left.
    pub(super) fn is_at_work(&self) -> bool {
        !self.entered.is_empty()
    }

    pub(super) fn waiting(&self) -> Waitlist {
        let time = self.began.elapsed();
        match &self.live {
            Some(state) => state.waiting(self.began, time),
            None => self.state().waiting(self.began, time),
        }
    }

    /// Returns what is to be said of it on stderr, when nothing is locked any more.
    pub(super) fn add(&mut self, mut what: What, line: &'static Location<'static>) -> Option<String> {
        if self.note_parent(&what) {
            return None; // each poll in vain says so
        }
        self.name_gather(&mut what);
        let actor = self.actor(&what);
        if self.events.len() == self.capacity {
            let oldest = self.events.pop_front().expect("a capacity is not zero");
            self.base.apply(&oldest.at(self.next - self.capacity as u64));
        }
        let number = self.next;
        self.next += 1;
        let nanos = self.began.elapsed().as_nanos() as u64; // enough for 584 years
        let kept = Kept { nanos, actor, line, what };
        if let Some(live) = &mut self.live {
            live.apply(&kept.clone().at(number));
        }
        let report = self.report(&kept.what);
        self.events.push_back(kept);
        report
    }

    /// The tasks that are stuck, if this begins a sleep that only another thread can end. The
    /// same is not said twice in a row: a program may well wait for other threads.
    fn report(&mut self, what: &What) -> Option<String> {
        let sleeps = matches!(what, What::Asking { at_most: None });
        if !sleeps || !self.live.as_ref().is_some_and(State::is_left_alone) {
            return None;
        }
        let list = self.waiting();
        let report = list.tasks.iter().map(Unfinished::cause).collect::<Vec<_>>().join("\n");
        let is_new = report != self.reported;
        self.reported = report;
        let head = "shirr: the loop goes to sleep, and nothing but another thread can wake it";
        is_new.then(|| format!("{head}\n{list}"))
    }

    /// The actor of this event; also notes the actor of those that follow.
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
            What::Polling { slot } => self.at_work = self.task_in(slot),
            What::Cancelled { slot } if by_loop => self.at_work = self.task_in(slot),
            What::Polled { .. } => self.at_work = Actor::Loop,
            What::ShutDown { .. } => self.runtimes_ended += 1,
            _ => {}
        }
        actor
    }

    /// Whether only the loop does this. A future that is spawned while its runtime ends is
    /// cancelled on the spot, and the task that spawned it goes on.
    fn is_by_loop(&self, what: &What) -> bool {
        match *what {
            What::Popped { .. }
            | What::Skipped { .. }
            | What::PollingEvents { .. }
            | What::ShutDown { .. } => true,
            What::Chosen { ref choice } => choice.is_between_turns(),
            What::Cancelled { slot } => !self.is_new(slot),
            _ => false,
        }
    }

    fn task_in(&self, slot: usize) -> Actor {
        Actor::Task(self.slots.get(slot).copied().unwrap_or(0))
    }

    /// Whether this slot's task has just been admitted.
    fn is_new(&self, slot: usize) -> bool {
        let latest = self.events.back().map(|event| &event.what);
        matches!(latest, Some(What::Admitted { slot: new, .. }) if *new == slot)
    }

    /// Notes a gather's parent, if that is what this says. Returns whether it was known.
    fn note_parent(&mut self, what: &What) -> bool {
        let (gather, awaited_by) = match what {
            What::GatherAwaited { gather } => (gather, Some(self.at_work)),
            What::ResultTaken { gather, .. } => (gather, None),
            _ => return false,
        };
        let Some(gather) = self.gathers.get_mut(gather) else { return false };
        let before = std::mem::replace(&mut gather.awaited_by, awaited_by);
        before.is_some() && before == awaited_by
    }

    /// The layers name a gather by its address, which is another's when it is gone.
    fn name_gather(&mut self, what: &mut What) {
        let number = |gather: Option<&NumberedGather>| gather.map_or(0, |gather| gather.number);
        match what {
            What::GatherBegan { gather, .. } => {
                let began = NumberedGather { number: self.next_gather, awaited_by: Some(self.at_work) };
                self.gathers.insert(*gather, began);
                *gather = self.next_gather;
                self.next_gather += 1;
            }
            What::GatherDone { gather } | What::GatherDropped { gather } => {
                *gather = number(self.gathers.remove(gather).as_ref());
            }
            What::Starting { gather, .. }
            | What::GatherAwaited { gather }
            | What::ChildEnded { gather, .. }
            | What::ResultTaken { gather, .. }
            | What::ChildCancelled { gather, .. } => {
                *gather = number(self.gathers.get(gather));
            }
            _ => {}
        }
    }

    pub(super) fn number_of(&mut self, Sender(thread): &Sender) -> u32 {
        *self.numbers.entry(thread.id()).or_insert_with(|| {
            let number = self.threads.len();
            self.threads.push(thread.name().map_or_else(|| format!("thread {number}"), String::from));
            number as u32
        })
    }
}
