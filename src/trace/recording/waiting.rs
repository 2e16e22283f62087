//! Why is it stuck? Every task that has not ended, and what it waits for.

use super::circles::circles;
use super::event::Direction;
use super::names::{on_one_line, short};
use super::recorder::Recorder;
use super::session::with_current;
use super::state::{Kind, State, Task, Wait};
use super::wakers;
use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

/// The tasks of this thread's runtime that have not ended, and what each waits for.
///
/// It is read from the events, so it takes as long as there are many: it is for when a
/// program is stuck, and for tests.
///
/// # Panics
/// When nothing is recorded on this thread. [`Builder::record`](crate::Builder::record),
/// [`Builder::report_stuck`](crate::Builder::report_stuck) and `SHIRR_TRACE` each begin it.
///
/// ```
/// use shirr::trace::{Recorder, waiting};
///
/// let runtime = shirr::Runtime::builder().record(&Recorder::new()).build()?;
/// runtime.block_on(async {
///     let idle = shirr::spawn(std::future::pending::<()>());
///     shirr::yield_now().await;
///     let list = waiting();
///     assert_eq!(list.tasks.len(), 2); // this one and that one
///     assert!(list.to_string().contains("a waker that other code holds"));
///     idle.abort();
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn waiting() -> Waitlist {
    with_current(Recorder::waiting).expect(
        "shirr::trace::waiting was called, but nothing is recorded on this thread; make the runtime with \
         `Runtime::builder().record(&Recorder::new())`, or set SHIRR_TRACE",
    )
}

/// Tasks that have not ended; as text, a line each.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Waitlist {
    /// In the order in which they were admitted.
    pub tasks: Vec<Unfinished>,
    /// Tasks that wait for each other's ends in a circle, so that none can end, unless one of them
    /// is aborted, or also has its waker somewhere that shirr does not see. A circle through a
    /// gather is not told before all its children are stuck.
    pub deadlocks: Vec<Vec<u64>>,
}

/// A task that has not ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Unfinished {
    /// Its number.
    pub task: u64,
    /// What it is, and where it was spawned.
    pub kind: Kind,
    /// How long ago it was admitted.
    pub age: Duration,
    /// How often it was polled.
    pub polls: u64,
    /// How long ago its last poll began; its age, if there was none.
    pub idle: Duration,
    /// What keeps it from ending. A future that is not a task, but was polled by a `join!` or a
    /// `select!`, is not listed: what it waits for is among the reasons of the task that holds it.
    /// So several reasons are those of several such futures.
    pub reasons: Vec<Reason>,
}

/// What keeps a task from ending.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// It is being polled.
    Running,
    /// It is in the ready queue.
    Queued,
    /// It waits for a timer.
    Timer {
        /// How long that has to go; zero if it is due.
        left: Duration,
    },
    /// It waits for a socket.
    Socket {
        /// Its slot.
        source: usize,
        /// Its type.
        name: &'static str,
        /// In which direction.
        direction: Direction,
    },
    /// It waits for a task to end, by its handle: from the poll of that until the task has ended
    /// or the handle is dropped, unless that happens while another runtime is at work.
    Task(u64),
    /// It waits for a gather, as the latest task that had to when it polled it, and was given no
    /// single result since. Like a timer, a gather counts as long as it is kept, asked or not.
    Gather {
        /// How many of the children have ended.
        done: usize,
        /// How many have started.
        started: usize,
        /// How many wait for their turn under its limit; `None` if the iterator does not say.
        waiting: Option<usize>,
    },
    /// It waits for a closure on a helper thread.
    Closure,
    /// It waits for a waker that other code holds: a channel, a lock, another thread. Or no
    /// code does, and it waits for ever. Beside other reasons, it is there when the task has
    /// more wakers than these account for, or fewer (another waker is in between).
    Foreign,
}

impl State {
    /// What every unfinished task waits for, `time` after the recording `began`.
    pub(super) fn waiting(&self, began: Instant, time: Duration) -> Waitlist {
        let now = self.clock.now(began + time, began);
        let unfinished = |(number, task): (&u64, &Task)| Unfinished {
            task: *number,
            kind: task.kind,
            age: time.saturating_sub(task.since),
            polls: task.polls,
            idle: time.saturating_sub(task.polled),
            reasons: self.reasons(*number, task, now),
        };
        Waitlist { tasks: self.tasks.iter().map(unfinished).collect(), deadlocks: circles(self) }
    }

    fn reasons(&self, number: u64, task: &Task, now: Instant) -> Vec<Reason> {
        if self.running == Some(number) {
            return vec![Reason::Running];
        }
        if task.queued {
            return vec![Reason::Queued];
        }
        let mut reasons: Vec<_> = task.waits.iter().filter_map(|wait| self.reason(*wait, now)).collect();
        let unknown = reasons.is_empty() || wakers::of(task.slot, number) != reasons.len();
        reasons.extend(unknown.then_some(Reason::Foreign));
        reasons
    }

    fn reason(&self, wait: Wait, now: Instant) -> Option<Reason> {
        Some(match wait {
            Wait::Timer(timer) => {
                Reason::Timer { left: self.timers.get(&timer)?.deadline.saturating_duration_since(now) }
            }
            Wait::Source(source, direction, _) => {
                Reason::Socket { source, name: self.sources.get(&source)?.name, direction }
            }
            Wait::Task(task) => Reason::Task(task),
            Wait::Gather(gather) => {
                let gather = self.gathers.get(&gather)?;
                let (done, started) = (gather.ended, gather.started);
                let waiting = gather.all.map(|all| all.saturating_sub(started));
                Reason::Gather { done, started, waiting }
            }
            Wait::Closure => Reason::Closure,
        })
    }

    /// Whether nothing can wake the loop but another thread.
    pub(super) fn is_left_alone(&self) -> bool {
        let closure = |task: &Task| task.waits.contains(&Wait::Closure);
        self.timers.is_empty()
            && self.sources.values().all(|source| source.waiting.is_empty())
            && !self.tasks.values().any(closure)
    }
}

impl Waitlist {
    /// Those that were not polled for so long, and wait for neither a timer nor a new connection;
    /// nor for another task, which is looked at itself, unless they do so in a circle.
    pub(super) fn stuck_for(mut self, after: Duration) -> Self {
        self.keep(|task| task.idle >= after);
        let circles: BTreeSet<u64> = self.deadlocks.iter().flatten().copied().collect();
        self.keep(|task| circles.contains(&task.task) || task.reasons.iter().all(Reason::is_no_prospect));
        self
    }

    /// Each circle of tasks that wait for each other, as a line.
    pub(super) fn circles(&self) -> impl Iterator<Item = String> {
        self.deadlocks.iter().map(|circle| {
            let tasks: Vec<_> = circle.iter().map(|task| format!("task {task}")).collect();
            let tasks = format!("{} waits for {}", tasks.join(" waits for "), tasks[0]);
            let unless = "unless one is aborted, or woken by a waker that shirr does not see";
            format!("deadlock: {tasks}: none of them can end, {unless}")
        })
    }

    /// Keeps such tasks, and the circles that are made of nothing but them.
    pub(super) fn keep(&mut self, such: impl FnMut(&Unfinished) -> bool) {
        self.tasks.retain(such);
        let kept: BTreeSet<u64> = self.tasks.iter().map(|task| task.task).collect();
        self.deadlocks.retain(|circle| circle.iter().all(|task| kept.contains(task)));
    }
}

impl Reason {
    /// Whether nothing is known that is to end this by itself, however long that takes.
    fn is_no_prospect(&self) -> bool {
        match self {
            Self::Socket { name, .. } => !name.ends_with("Listener"),
            Self::Running | Self::Closure | Self::Foreign => true,
            Self::Queued | Self::Timer { .. } | Self::Task(_) | Self::Gather { .. } => false,
        }
    }
}

impl fmt::Display for Waitlist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for task in &self.tasks {
            writeln!(f, "{task}")?;
        }
        self.circles().try_for_each(|circle| writeln!(f, "{circle}"))
    }
}

impl Unfinished {
    /// Which task it is and what keeps it, without its age.
    pub(super) fn cause(&self) -> String {
        let reasons: Vec<_> = self.reasons.iter().map(Reason::to_string).collect();
        let holds = if reasons.len() > 1 { "holds a future that " } else { "" };
        format!("task {}, {}, {holds}{}", self.task, self.kind, reasons.join("; and one that "))
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (began {:?} ago, ", self.cause(), self.age)?;
        match self.polls {
            0 => f.write_str("never polled)"),
            1 => write!(f, "polled once, {:?} ago)", self.idle),
            n => write!(f, "polled {n} times, last {:?} ago)", self.idle),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("the future of block_on"),
            Self::Spawned { name, at } => {
                write!(f, "`{}`, spawned at {}", short(name), on_one_line(&at.to_string()))
            }
            Self::Child { gather, child } => write!(f, "child {child} of gather {gather}"),
            Self::Unknown => f.write_str("older than the recording"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => f.write_str("is being polled"),
            Self::Queued => f.write_str("is in the ready queue"),
            Self::Timer { left } => write!(f, "waits for a timer, {left:?} to go"),
            Self::Socket { source, name, direction } => {
                let what = match direction {
                    Direction::Read => "readable",
                    Direction::Write => "writable",
                };
                write!(f, "waits until socket {source}, a {}, is {what}", short(name))
            }
            Self::Task(task) => write!(f, "waits for task {task} to end"),
            Self::Gather { done, started, waiting } => {
                write!(f, "waits for a gather, of whose {started} children {done} have ended")?;
                match waiting {
                    Some(0) => Ok(()),
                    Some(n) => write!(f, ", while {n} more wait for their turn under its limit"),
                    None => f.write_str(", while more may wait for their turn under its limit"),
                }
            }
            Self::Closure => f.write_str("waits for a closure on a helper thread"),
            Self::Foreign => f.write_str(
                "waits for a waker that other code holds (a channel, a lock, another thread), \
                 or that was dropped",
            ),
        }
    }
}
