//! Where events are kept.
//!
//! A recording belongs to a thread: [`Builder::record`](crate::Builder::record) begins one
//! there, and it goes on until the runtime is gone. It keeps the latest events, as many as
//! it may; an older one is folded into the state in which the first one that is left finds
//! the runtime, so that nothing but the story is lost.

use super::caller::Sender;
use super::event::Event;
use super::log::Log;
use super::session::with_current;
use super::state::State;
use super::waiting::Waitlist;
use super::what::What;
use std::io::{self, Write, stderr};
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How many events are kept unless the program or the environment says how many.
pub(super) const CAPACITY: usize = 1 << 20;

/// Keeps the events of one thread's runtimes, in order.
///
/// A clone is another handle of the same recorder. It may go to another thread, say to see
/// there what a thread that hangs was doing.
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
pub struct Recorder(Arc<Mutex<Log>>);

/// What a recorder has kept so far.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Recording {
    /// The state before the first event.
    pub base: State,
    /// In order.
    pub events: Vec<Event>,
    /// How many events came before these and were not kept.
    pub lost: u64,
    /// When the recording began, which is what times are counted from.
    pub began: Instant,
    /// The names of the threads that have left messages; [`Actor::Thread`](super::Actor::Thread) counts from zero.
    pub threads: Vec<String>,
}

impl Recorder {
    /// One that keeps the latest 1,048,576 events, of 64 bytes each.
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// One that keeps the latest `events`.
    ///
    /// # Panics
    /// When that is zero.
    #[track_caller]
    pub fn with_capacity(events: usize) -> Self {
        assert!(events > 0, "a recorder that keeps no event has nothing to tell; use 1 or more");
        Self(Arc::new(Mutex::new(Log::new(events))))
    }

    /// The events kept so far, in order.
    pub fn events(&self) -> Vec<Event> {
        self.log().events().collect()
    }

    /// All that is known so far.
    pub fn recording(&self) -> Recording {
        self.log().recording()
    }

    /// The state after all that was recorded.
    pub fn state(&self) -> State {
        self.log().state()
    }

    /// The tasks that have not ended, and what each of them waits for; see
    /// [`waiting`](super::waiting()), which asks the recorder of its thread. Any thread may ask.
    pub fn waiting(&self) -> Waitlist {
        self.log().waiting()
    }

    /// Says on stderr what [`waiting`](Self::waiting) returns.
    ///
    /// From any thread, so also when the runtime's own one sleeps or is kept by a task. A
    /// thread that waits for a signal makes a key of the terminal out of it; with the
    /// crate `signal-hook`, for Ctrl-\\ or `kill -QUIT`:
    ///
    /// ```ignore
    /// let asked = recorder.clone();
    /// let mut quit = signal_hook::iterator::Signals::new([signal_hook::consts::SIGQUIT])?;
    /// std::thread::spawn(move || quit.forever().for_each(|_| asked.report()));
    /// ```
    ///
    /// Not inside a signal handler itself: it allocates, and it waits for the recorder.
    ///
    /// ```
    /// use shirr::trace::Recorder;
    /// use std::time::Duration;
    ///
    /// let recorder = Recorder::new();
    /// let runtime = shirr::Runtime::builder().record(&recorder).build()?;
    /// let asks = std::thread::spawn(move || recorder.report());
    /// runtime.block_on(shirr::time::sleep(Duration::from_millis(1)));
    /// asks.join().unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn report(&self) {
        report(Some(format!("shirr: what every task waits for:\n{}", self.waiting())));
    }

    /// The same list, unless no runtime is at work, so that no task can be polled.
    pub(super) fn waiting_at_work(&self) -> Option<Waitlist> {
        let log = self.log();
        log.is_at_work().then(|| log.waiting())
    }

    /// From now on it says on stderr what every task waits for, whenever the loop goes to sleep
    /// and nothing could wake it but another thread.
    pub(super) fn report_stuck(&self) {
        self.log().keep_live();
    }

    /// Takes it for a runtime, until [`Recorder::give_back`].
    ///
    /// # Errors
    /// When it is taken: slots of two runtimes have the same numbers.
    pub(super) fn take(&self) -> io::Result<()> {
        if self.log().set_taken(true) {
            return Err(io::Error::other(
                "this recorder keeps the events of another shirr runtime, which is alive; \
                 drop that one first, or give this one a recorder of its own, `Recorder::new()`",
            ));
        }
        Ok(())
    }

    pub(super) fn give_back(&self) {
        self.log().set_taken(false);
    }

    /// Nothing panics while it is locked.
    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many of its runtimes are gone.
    pub(super) fn runtimes_ended(&self) -> u64 {
        self.log().runtimes_ended()
    }

    /// Adds what happens to a thing of a runtime, unless that is gone: then the state knows the
    /// thing no more, and the next runtime's things have the same slots.
    pub(super) fn add_unless_ended(
        &self,
        what: What,
        line: &'static Location<'static>,
        ended_before: u64,
    ) -> Option<String> {
        let mut log = self.log();
        if log.runtimes_ended() == ended_before { log.add(what, line) } else { None }
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

/// What [`emit!`](super::emit) does. It calls no foreign code (I3) and never panics. It
/// writes to stderr after the recorder is unlocked, since the code that holds stderr's lock
/// may ask the recorder.
pub(crate) fn record(what: What, line: &'static Location<'static>) {
    report(with_current(|recorder| recorder.log().add(what, line)).flatten());
}

/// Whether this thread's events go to a recorder.
#[cfg(feature = "explore")]
pub(crate) fn is_recorded() -> bool {
    with_current(|_| ()).is_some()
}

/// Says on stderr which tasks are stuck.
pub(super) fn report(stuck: Option<String>) {
    if let Some(stuck) = stuck {
        let _ = writeln!(stderr(), "{stuck}");
    }
}

/// The number by which this thread's recorder knows the sender; zero with no recorder.
pub(crate) fn number_of(sender: &Sender) -> u32 {
    with_current(|recorder| recorder.log().number_of(sender)).unwrap_or(0)
}
