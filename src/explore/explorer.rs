//! What is asked for.

use super::failure::{Failure, Passed};
use super::once::once;
use super::search::one;
use super::{Freedoms, Kind, Schedule};
use crate::choice;
use crate::runtime::{Runtime, yield_now};
use crate::time;
use std::future::Future;
use std::time::Duration;

/// How schedules are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Search {
    /// By chance, a seed each.
    Random,
    /// By chance with ranks, and so many changes of them; see [`Schedule::Pct`].
    Pct(usize),
    /// All with at most so many deviations, the fewest first. What is found needs no shortening, and
    /// when all have passed, [`Passed::complete`] says so.
    All(usize),
}

/// Runs one program under many schedules.
///
/// ```
/// use shirr::explore::{Explorer, Search};
///
/// let passed = Explorer::new().search(Search::All(2)).check(async || {
///     let (a, b) = (shirr::spawn(async { 1 }), shirr::spawn(async { 2 }));
///     assert_eq!(a.await.unwrap() + b.await.unwrap(), 3);
/// });
/// assert!(passed.unwrap().complete);
/// ```
#[derive(Clone, Debug)]
#[must_use = "an explorer runs nothing until `run` or `check`"]
pub struct Explorer {
    pub(super) schedules: usize,
    pub(super) seed: u64,
    pub(super) search: Search,
    pub(super) freedoms: Freedoms,
    pub(super) max_turns: usize,
    pub(super) at_most: Duration,
    pub(super) panics_are_caught: bool,
}

impl Default for Explorer {
    fn default() -> Self {
        Self::new()
    }
}

impl Explorer {
    /// A thousand schedules by chance from seed 0, of the level [`Freedoms::SHARED`], ten thousand
    /// turns each, a minute in all.
    pub fn new() -> Self {
        Self {
            schedules: 1_000,
            seed: 0,
            search: Search::Random,
            freedoms: Freedoms::SHARED,
            max_turns: 10_000,
            at_most: Duration::from_secs(60),
            panics_are_caught: false,
        }
    }

    /// How many schedules at most. The first is always what the runtime does by itself.
    pub fn schedules(mut self, n: usize) -> Self {
        self.schedules = n;
        self
    }

    /// Where chance begins: the second schedule, the first by chance, has the next seed, and so on.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How schedules are found.
    pub fn search(mut self, search: Search) -> Self {
        self.search = search;
        self
    }

    /// What they may do.
    pub fn freedoms(mut self, freedoms: Freedoms) -> Self {
        self.freedoms = freedoms;
        self
    }

    /// After how many turns a program is held to have no end.
    pub fn max_turns(mut self, n: usize) -> Self {
        self.max_turns = n;
        self
    }

    /// After how much real time no further schedule is begun. To shorten a failure takes as long
    /// again at most.
    pub fn at_most(mut self, time: Duration) -> Self {
        self.at_most = time;
        self
    }

    /// The program means its tasks to panic: only a panic of the program's own future fails.
    pub fn panics_are_caught(mut self) -> Self {
        self.panics_are_caught = true;
        self
    }

    /// Whether the program passes under all schedules that are tried. It is called once for
    /// each, on this thread, so it is to begin anew each time.
    ///
    /// With `SHIRR_SCHEDULE` in the environment, that schedule alone is run, and the failure is
    /// told as it is.
    ///
    /// # Errors
    /// The first failure, shortened.
    ///
    /// # Panics
    /// When `SHIRR_SCHEDULE` is no schedule, and when a runtime runs on this thread.
    pub fn check<F: Future>(&self, program: impl Fn() -> F) -> Result<Passed, Box<Failure>> {
        let run = |schedule: &Schedule| once(self, Runtime::builder(), schedule.clone(), &program);
        let found = match std::env::var("SHIRR_SCHEDULE") {
            Ok(text) => match text.parse() {
                Ok(schedule) => one(&schedule, &run),
                Err(why) => panic!("SHIRR_SCHEDULE: {why}"),
            },
            Err(_) => self.search_with(&run),
        };
        self.with_story(found, &program)
    }

    /// Whether the program passes under this schedule.
    ///
    /// # Errors
    /// The failure as it is; nothing is shortened.
    ///
    /// # Panics
    /// When a runtime runs on this thread.
    pub fn replay<F: Future>(
        &self,
        schedule: &Schedule,
        program: impl Fn() -> F,
    ) -> Result<Passed, Box<Failure>> {
        let run = |schedule: &Schedule| once(self, Runtime::builder(), schedule.clone(), &program);
        self.with_story(one(schedule, &run), &program)
    }

    /// [`check`](Self::check), for a test.
    ///
    /// # Panics
    /// When a schedule fails: the text is the failure's. As `check`.
    #[track_caller]
    pub fn run<F: Future>(&self, program: impl Fn() -> F) {
        if let Err(failure) = self.check(program) {
            panic!("{failure}");
        }
    }
}

/// Runs a program under a thousand schedules: [`Explorer::run`] with what [`Explorer::new`] has.
///
/// # Panics
/// When one of them fails; the text says which, and how to see it again.
#[track_caller]
pub fn explore<F: Future>(program: impl Fn() -> F) {
    Explorer::new().run(program);
}

/// Takes a while, which the schedule chooses: nothing, 1, 10 or 100 ms, or 10 s. In the place of a
/// service that is not there. Outside of a run that is explored it takes no time, and gives way
/// once. Cancel safe.
///
/// ```
/// shirr::block_on(shirr::explore::latency());
/// ```
pub async fn latency() {
    match choice::delay(Kind::Latency, 0) {
        Duration::ZERO => yield_now().await,
        time => time::sleep(time).await,
    }
}
