//! Where shirr stands: beside a contender, or to an aim of its own.
//!
//! A ratio that lies at a border would be judged otherwise by every other run. So a standing
//! that is on record is kept until a run contradicts it: until its median lies outside of what
//! the standing covers by more than [`SLACK`], or beyond a tie. Electronics calls that a Schmitt
//! trigger. What is kept although the run alone says something else is marked.

use crate::stats::Summary;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;

/// Within this much of a tie the two are even: two builds of the same code differ by as much.
const EVEN: f64 = 0.03;

/// Within this much of an aim it is neither reached nor missed.
const AT_THE_LIMIT: f64 = 0.1;

/// How far outside of a standing on record a median is to lie before that changes: what a busy
/// machine makes of the same work from one run to the next.
const SLACK: f64 = 0.05;

/// Beside a contender: whether shirr takes less than it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Verdict {
    Ahead,
    Even,
    Behind,
}

/// Whether shirr took at most the part that it set out to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Aim {
    Reached,
    AtTheLimit,
    Missed,
}

/// What a run says of a row: as it has it alone, or what is kept against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing<S> {
    pub(crate) is: S,
    pub(crate) kept: bool,
}

/// What an earlier run said, by workload and contender; aims with the ratio that they ask for, as
/// it is written in tables.
#[derive(Default)]
pub(crate) struct Record {
    verdicts: HashMap<(String, String), Verdict>,
    aims: HashMap<(String, String, String), Aim>,
}

impl Record {
    /// Has the record say this of a row: how shirr stands, and whether the aim, if there is one,
    /// that `ratio` is `at_least` so much was reached.
    pub(crate) fn add(&mut self, workload: &str, contender: &str, verdict: Verdict, aim: Option<(f64, Aim)>) {
        let (workload, contender) = (workload.to_owned(), contender.to_owned());
        if let Some((at_least, aim)) = aim {
            self.aims.insert((workload.clone(), contender.clone(), written(at_least)), aim);
        }
        self.verdicts.insert((workload, contender), verdict);
    }

    /// How shirr stands to a contender that takes `ratio` of what shirr takes.
    pub(crate) fn verdict(&self, workload: &str, contender: &str, ratio: Summary) -> Standing<Verdict> {
        let before = self.verdicts.get(&(workload.to_owned(), contender.to_owned()));
        standing(before.copied(), VERDICTS, ratio, EVEN)
    }

    /// How shirr stands to the aim that `ratio` is `at_least` this.
    pub(crate) fn aim(
        &self,
        workload: &str,
        contender: &str,
        ratio: Summary,
        at_least: f64,
    ) -> Standing<Aim> {
        let before = self.aims.get(&(workload.to_owned(), contender.to_owned(), written(at_least)));
        let Summary { p25, median, p75 } = ratio;
        let of_the_aim = Summary { p25: p25 / at_least, median: median / at_least, p75: p75 / at_least };
        standing(before.copied(), AIMS, of_the_aim, AT_THE_LIMIT)
    }
}

/// What was said `before` if the run does not contradict it, or else what the run says alone.
/// `standings` are those below a tie, at one, which is within `border` of it, and above.
fn standing<S: Copy + PartialEq>(
    before: Option<S>,
    standings: [S; 3],
    ratio: Summary,
    border: f64,
) -> Standing<S> {
    let covered = [(0.0, 1.0 - border), (1.0 - border, 1.0 + border), (1.0 + border, f64::INFINITY)];
    let mut covers = standings.into_iter().zip(covered);
    let alone = alone(standings, ratio, border);
    let stays = covers.any(|(standing, covered)| before == Some(standing) && agrees(covered, ratio.median));
    let is = before.filter(|_| stays).unwrap_or(alone);
    Standing { is, kept: is != alone }
}

/// A side is that of three quarters of the rounds, if their median lies beyond the border.
fn alone<S: Copy>([below, tie, above]: [S; 3], ratio: Summary, border: f64) -> S {
    match ratio {
        Summary { p25, median, .. } if p25 > 1.0 && median > 1.0 + border => above,
        Summary { p75, median, .. } if p75 < 1.0 && median < 1.0 - border => below,
        _ => tie,
    }
}

/// Whether a run does not contradict a standing that covers ratios from `low` to `high`.
fn agrees((low, high): (f64, f64), median: f64) -> bool {
    let turned = (low > 1.0 && median < 1.0) || (high < 1.0 && median > 1.0);
    !turned && (low * (1.0 - SLACK)..=high * (1.0 + SLACK)).contains(&median)
}

/// The least ratio that an aim asks for, as the tables have it.
pub(crate) fn written(at_least: f64) -> String {
    format!("{at_least:.2}")
}

/// Behind a standing that is kept against the run.
const KEPT: &str = ", kept";

const VERDICTS: [Verdict; 3] = [Verdict::Behind, Verdict::Even, Verdict::Ahead];
const AIMS: [Aim; 3] = [Aim::Missed, Aim::AtTheLimit, Aim::Reached];

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
