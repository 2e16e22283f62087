//! Where shirr stands: beside a contender, or to an aim of its own.
//!
//! A ratio that lies at a border would be judged otherwise by every other run. So a standing
//! that was published is kept until a run contradicts it: until its median lies outside of what
//! the standing covers by more than [`SLACK`], or beyond a tie. Electronics calls that a Schmitt
//! trigger. What is kept although the run alone says something else is marked.

use crate::stats::Summary;
use std::collections::HashMap;
use std::fmt;

/// Within this much of a tie nobody is ahead: two builds of the same code differ by as much.
const EVEN: f64 = 0.03;

/// Within this much of an aim it is neither reached nor missed.
const AT_THE_LIMIT: f64 = 0.1;

/// How far outside of a published standing a ratio is to lie before that changes: what a busy
/// machine makes of the same work from one run to the next.
const SLACK: f64 = 0.05;

/// Beside a contender: whether shirr takes less than it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Ahead,
    Even,
    Behind,
}

/// Whether shirr took at most the part that it set out to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    Reached,
    AtTheLimit,
    Missed,
}

/// What is published of a row: as the run alone has it, or kept against the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing<S> {
    pub(crate) is: S,
    pub(crate) kept: bool,
}

/// What was published, by workload and contender; aims with the ratio that they ask for, as it
/// is written there.
#[derive(Default)]
pub(crate) struct Published {
    verdicts: HashMap<(String, String), Verdict>,
    aims: HashMap<(String, String, String), Aim>,
}

impl Published {
    /// What the tables of a document say: rows that begin with a workload in backticks and a
    /// contender, and end with a standing.
    pub(crate) fn read(document: &str) -> Self {
        let mut published = Self::default();
        for line in document.lines() {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [workload, contender, third, .., last] = cells[..] else { continue };
            let Some(workload) = workload.strip_prefix('`').and_then(|name| name.strip_suffix('`')) else {
                continue;
            };
            let (workload, contender) = (workload.to_owned(), contender.to_owned());
            let standing = last.trim_end_matches(KEPT).trim_matches('*');
            if let Some(verdict) = VERDICTS.into_iter().find(|verdict| words(verdict) == standing) {
                published.verdicts.insert((workload, contender), verdict);
            } else if let Some(aim) = AIMS.into_iter().find(|aim| words(aim) == standing) {
                published.aims.insert((workload, contender, third.to_owned()), aim);
            }
        }
        published
    }

    /// How shirr stands to a contender that takes `ratio` of what shirr takes. A run alone goes
    /// by three quarters of its rounds, if their median lies beyond [`EVEN`].
    pub(crate) fn verdict(&self, workload: &str, contender: &str, ratio: Summary) -> Standing<Verdict> {
        let covered = |verdict| match verdict {
            Verdict::Ahead => (1.0 + EVEN, f64::INFINITY),
            Verdict::Even => (1.0 - EVEN, 1.0 + EVEN),
            Verdict::Behind => (0.0, 1.0 - EVEN),
        };
        let alone = match ratio {
            Summary { p25, median, .. } if p25 > 1.0 && median > 1.0 + EVEN => Verdict::Ahead,
            Summary { p75, median, .. } if p75 < 1.0 && median < 1.0 - EVEN => Verdict::Behind,
            _ => Verdict::Even,
        };
        let published = self.verdicts.get(&(workload.to_owned(), contender.to_owned()));
        standing(published.copied(), alone, ratio.median, covered)
    }

    /// The same for the aim that `ratio` is `at_least` this, by the median.
    pub(crate) fn aim(
        &self,
        workload: &str,
        contender: &str,
        ratio: Summary,
        at_least: f64,
    ) -> Standing<Aim> {
        let covered = |aim| match aim {
            Aim::Reached => (1.0 + AT_THE_LIMIT, f64::INFINITY),
            Aim::AtTheLimit => (1.0 - AT_THE_LIMIT, 1.0 + AT_THE_LIMIT),
            Aim::Missed => (0.0, 1.0 - AT_THE_LIMIT),
        };
        let of_the_aim = ratio.median / at_least;
        let alone = match of_the_aim {
            _ if of_the_aim >= 1.0 + AT_THE_LIMIT => Aim::Reached,
            _ if of_the_aim < 1.0 - AT_THE_LIMIT => Aim::Missed,
            _ => Aim::AtTheLimit,
        };
        let published = self.aims.get(&(workload.to_owned(), contender.to_owned(), written(at_least)));
        standing(published.copied(), alone, of_the_aim, covered)
    }
}

/// What was published if the run does not contradict it, or else what the run says alone.
fn standing<S: Copy + PartialEq>(
    published: Option<S>,
    alone: S,
    ratio: f64,
    covered: impl Fn(S) -> (f64, f64),
) -> Standing<S> {
    let stays = |standing: &S| {
        let (low, high) = covered(*standing);
        // What lies above a tie does not stay below it, and the other way round.
        let low = if low > 1.0 { (low * (1.0 - SLACK)).max(1.0) } else { low * (1.0 - SLACK) };
        let high = if high < 1.0 { (high * (1.0 + SLACK)).min(1.0) } else { high * (1.0 + SLACK) };
        (low..=high).contains(&ratio)
    };
    let is = published.filter(stays).unwrap_or(alone);
    Standing { is, kept: is != alone }
}

/// The least ratio that an aim asks for, as the tables have it.
pub(crate) fn written(at_least: f64) -> String {
    format!("{at_least:.2}")
}

/// Behind a standing that is kept against the run.
const KEPT: &str = ", kept";

const VERDICTS: [Verdict; 3] = [Verdict::Ahead, Verdict::Even, Verdict::Behind];
const AIMS: [Aim; 3] = [Aim::Reached, Aim::AtTheLimit, Aim::Missed];

/// As it stands in a document, where nothing is shouted.
fn words(standing: &impl fmt::Display) -> String {
    standing.to_string().to_lowercase()
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ahead => "ahead",
            Self::Even => "even",
            Self::Behind => "BEHIND",
        })
    }
}

impl fmt::Display for Aim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Reached => "reached",
            Self::AtTheLimit => "at the limit",
            Self::Missed => "MISSED",
        })
    }
}

impl<S: fmt::Display> fmt::Display for Standing<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.is, if self.kept { KEPT } else { "" })
    }
}
