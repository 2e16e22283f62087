//! What came of a search, and how it is told.

use super::once::Outcome;
use super::told::Story;
use super::{Choice, Schedule, Stuck};
use std::any::Any;
use std::error::Error;
use std::fmt;
use std::mem::discriminant;
use std::panic::PanicHookInfo;

/// How many deviations are told one by one; no one reads more.
const MOST_SHOWN: usize = 30;

/// No schedule that was tried has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// How many were tried.
    pub schedules: usize,
    /// They were all that there are, with so many deviations ([`Search::All`](super::Search::All)).
    pub complete: bool,
    /// The turns of the longest.
    pub turns: usize,
}

/// What failed in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The first panic: its text, and its file and line.
    Panic(String, String),
    /// The runtime has ended the run.
    Stuck(Stuck),
}

impl Fault {
    pub(super) fn of(panic: &PanicHookInfo<'_>) -> Self {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line()));
        Self::with(panic.payload(), place)
    }

    /// Of a panic that the hook was not told of: one that was resumed, or where another hook was set.
    pub(super) fn unseen(payload: &(dyn Any + Send)) -> Self {
        Self::with(payload, None)
    }

    fn with(payload: &(dyn Any + Send), place: Option<String>) -> Self {
        if let Some(stuck) = payload.downcast_ref::<Stuck>() {
            return Self::Stuck(*stuck);
        }
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text =
            text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a value that is no text");
        Self::Panic(text.to_owned(), place.unwrap_or_else(|| "a place that is not known".to_owned()))
    }

    /// As an event says it: a panic's text may have several lines.
    pub(super) fn in_a_line(&self) -> String {
        self.to_string().lines().map(str::trim).collect::<Vec<_>>().join("; ")
    }

    /// Whether it is the same fault, though with other values.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Panic(_, one), Self::Panic(_, two)) => one == two,
            (Self::Stuck(one), Self::Stuck(two)) => discriminant(one) == discriminant(two),
            _ => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panic(text, place) => write!(f, "panicked at {place}: {text}"),
            Self::Stuck(stuck) => stuck.fmt(f),
        }
    }
}

/// A schedule under which the program fails. Shown, it is the report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// What failed, in the shortest run.
    pub fault: Fault,
    /// Under which schedule it was found.
    pub found: Schedule,
    /// How many schedules were tried until then, with it.
    pub schedules: usize,
    /// How many choices of that one were not the runtime's own.
    pub deviations_found: usize,
    /// All choices of the shortest run that fails alike.
    pub choices: Vec<Choice>,
    /// How many runs it took to find that one.
    pub shortening: usize,
    /// The same schedule did not fail again, or not alike: what was different first. Then nothing
    /// was shortened.
    pub not_deterministic: Option<String>,
    /// How the trace tells the shortest run.
    pub(super) story: Story,
}

impl Failure {
    pub(super) fn of(outcome: Outcome, found: Schedule, schedules: usize) -> Option<Self> {
        let deviations_found = outcome.deviations().len();
        Some(Self {
            fault: outcome.fault?,
            found,
            schedules,
            deviations_found,
            choices: outcome.choices,
            shortening: 0,
            not_deterministic: None,
            story: Default::default(),
        })
    }

    /// The places and values of the choices that are not 0, in the shortest run.
    pub fn deviations(&self) -> Vec<(u32, u32)> {
        let taken = self.choices.iter().enumerate().filter(|(_, choice)| choice.taken > 0);
        taken.map(|(at, choice)| (at as u32, choice.taken)).collect()
    }

    /// What runs it again: the value of `SHIRR_SCHEDULE`.
    pub fn schedule(&self) -> Schedule {
        Schedule::List(self.deviations())
    }

    /// What is different in a second run of the same schedule, if anything is.
    pub(super) fn differs_from(&self, again: &Outcome) -> Option<String> {
        let place = (0..).zip(self.choices.iter().zip(&again.choices)).find(|(_, (one, two))| one != two);
        if let Some((at, (one, two))) = place {
            return Some(format!("choice {at} was \"{one}\", and then \"{two}\""));
        }
        if self.choices.len() != again.choices.len() {
            let (one, two) = (self.choices.len(), again.choices.len());
            return Some(format!("the run had {one} choices, and then {two}"));
        }
        match &again.fault {
            None => Some("the second run passed".to_owned()),
            Some(other) if *other != self.fault => Some(format!("the second run failed otherwise: {other}")),
            Some(_) => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the program fails under schedule {} of those tried, which is legal:", self.schedules)?;
        writeln!(f, "  {}", self.fault)?;
        if let Some(difference) = &self.not_deterministic {
            writeln!(
                f,
                "It is not deterministic: the same schedule ({}) did not give the same run.",
                self.found
            )?;
            return write!(f, "  {difference}");
        }
        match (self.deviations().len(), self.deviations_found) {
            (0, _) => writeln!(f, "It fails by itself, without any deviation.")?,
            (n, found) => writeln!(
                f,
                "It takes {n} {} from what the runtime does by itself ({found} when found):",
                if n == 1 { "deviation" } else { "deviations" }
            )?,
        }
        let deviations = self.deviations();
        for (at, _) in deviations.iter().take(MOST_SHOWN) {
            writeln!(f, "  choice {at}: {}", self.choices[*at as usize])?;
        }
        if deviations.len() > MOST_SHOWN {
            writeln!(f, "  and {} more", deviations.len() - MOST_SHOWN)?;
            return write!(f, "To see it again as it was found: SHIRR_SCHEDULE={}", self.found);
        }
        write!(f, "To see it again: SHIRR_SCHEDULE={}{}", self.schedule(), self.story)
    }
}

impl Error for Failure {}
