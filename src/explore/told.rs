//! A failure as the trace tells it: the shortest run, recorded, beside one that passes.

use super::explorer::Explorer;
use super::failure::{Failure, Fault, Passed};
use super::once::{Outcome, once};
use super::{Schedule, Stuck};
use crate::runtime::Runtime;
use crate::trace::{self, Numbers, Recorder, Recording, Waitlist};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::path::Path;
use std::time::Instant;
use std::{env, fs, io, thread};

/// How many events a report ends with.
const SHOWN: usize = 12;

/// The folder for pages. It is asked for by the environment, so that a test which has failed, maybe
/// elsewhere, is looked at without a change of it.
const FOLDER: &str = "SHIRR_EXPLORE_PAGE";

/// What a failure has of this; nothing if it is not deterministic, or too long to be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Story(Option<Told>);

/// A run that fails, beside one that passes. Shown, it is the end of a failure's report.
///
/// In both recordings tasks have the numbers that choices give them, and times are those of the
/// runtime's clock. So they are the same whenever their schedules are run, and equal up to the
/// first choice that differs. Of several hosts only `main` is recorded, and of all the choices.
#[derive(Clone)]
#[non_exhaustive]
pub struct Told {
    /// The run that fails.
    pub fails: Recording,
    /// What the runtime does by itself, if that passes; else the run without the last deviation, if
    /// that one does.
    pub passes: Option<Recording>,
    /// Of a deadlock, who waits for whom.
    waiting: String,
    /// What became of the page, if one was asked for.
    page: String,
}

thread_local! {
    /// What each task waited for when a recorded run failed.
    static WAITING: RefCell<Option<Waitlist>> = const { RefCell::new(None) };
    /// The numbers that the choices of the latest run give to tasks.
    static NUMBERS: RefCell<HashMap<u64, u64>> = RefCell::default();
    /// The names of this thread's pages.
    static PAGES: RefCell<HashMap<String, usize>> = RefCell::default();
}

/// Called where a run fails, before its tasks are dropped.
pub(super) fn note_waiting() {
    if trace::is_recorded() {
        WAITING.set(Some(trace::waiting()));
    }
}

/// Called when a run is over.
pub(super) fn note_numbers(numbers: HashMap<u64, u64>) {
    NUMBERS.set(numbers);
}

impl Failure {
    /// The shortest run as the trace tells it; with the feature `trace`. Nothing if it is not
    /// deterministic, or has a million events.
    #[cfg(feature = "trace")]
    pub fn told(&self) -> Option<&Told> {
        self.story.0.as_ref()
    }
}

impl Explorer {
    /// Runs what fails once more, with a recorder.
    pub(super) fn with_story<F: Future>(
        &self,
        found: Result<Passed, Box<Failure>>,
        program: &impl Fn() -> F,
    ) -> Result<Passed, Box<Failure>> {
        let Err(mut failure) = found else { return found };
        if failure.not_deterministic.is_none() {
            failure.story = Story(self.tell(&failure, program));
        }
        Err(failure)
    }

    fn tell<F: Future>(&self, failure: &Failure, program: &impl Fn() -> F) -> Option<Told> {
        let began = Instant::now();
        let run = |schedule: Schedule| {
            let recorder = Recorder::new();
            let outcome = once(self, Runtime::builder().record(&recorder), schedule, program);
            let mut numbers = Numbers::of(NUMBERS.take());
            let recording = recorder.recording();
            (recording.lost == 0).then(|| (recording.repeatable(&mut numbers, began), outcome, numbers))
        };
        let (fails, outcome, mut numbers) = run(failure.schedule())?;
        let waiting =
            WAITING.take().filter(|_| matches!(outcome.fault, Some(Fault::Stuck(Stuck::Deadlock(_)))));
        let waiting = waiting.map(|list| list.repeatable(&mut numbers)).unwrap_or_default();
        if outcome.fault.as_ref() != Some(&failure.fault) {
            return None;
        }
        let passes = |(recording, outcome, _): (Recording, Outcome, Numbers)| {
            outcome.fault.is_none().then_some(recording)
        };
        let passes = others(failure).into_iter().find_map(|schedule| run(schedule).and_then(passes));
        WAITING.take();
        let mut told = Told { fails, passes, waiting, page: String::new() };
        told.page = told.write_page(failure);
        Some(told)
    }
}

/// Schedules that may pass.
fn others(failure: &Failure) -> Vec<Schedule> {
    let mut shorter = failure.deviations();
    let last = shorter.pop();
    if last.is_none() { Vec::new() } else { vec![Schedule::Fifo, Schedule::List(shorter)] }
}

impl Told {
    /// The run that fails as a page, with the one that passes to switch to.
    pub fn to_html(&self, title: &str) -> String {
        self.fails.to_html_beside(title, self.passes.as_ref())
    }

    fn write_page(&self, failure: &Failure) -> String {
        let Some(folder) = env::var_os(FOLDER).filter(|folder| !folder.is_empty()) else {
            return String::new();
        };
        let path = Path::new(&folder).join(file_name());
        let title = format!("{}: SHIRR_SCHEDULE={}", test_name(), failure.schedule());
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, self.to_html(&title)));
        told_of_page(&path, written)
    }
}

fn told_of_page(path: &Path, written: io::Result<()>) -> String {
    match written {
        Ok(()) => format!("The page: {}", path.display()),
        Err(error) => format!("{FOLDER}: cannot write {}: {error}", path.display()),
    }
}

/// A test's thread has its name.
fn test_name() -> String {
    thread::current().name().unwrap_or("explored").to_owned()
}

/// `module-the_test.html`, and `module-the_test-2.html` for the thread's next failure.
fn file_name() -> String {
    let name = test_name().replace(|c: char| !c.is_alphanumeric() && c != '_', "-");
    let name = name.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    let number = PAGES.with_borrow_mut(|pages| {
        let number = pages.entry(name.clone()).or_default();
        *number += 1;
        *number
    });
    if number == 1 { format!("{name}.html") } else { format!("{name}-{number}.html") }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |told| write!(f, "\n\n{told}"))
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = "What happened until then, by the runtime's clock:\n".to_owned();
        text += &self.fails.last_before_failure(SHOWN);
        if !self.waiting.is_empty() {
            text += "Who waits for whom:\n";
            text += &self.waiting;
        }
        text += &self.page;
        f.write_str(text.trim_end())
    }
}

/// Not the events, of which there may be thousands.
impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told").field("events", &self.fails.events.len()).finish_non_exhaustive()
    }
}

/// Two are equal if they are told alike.
impl PartialEq for Told {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Told {}
