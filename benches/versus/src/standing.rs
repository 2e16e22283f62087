//! Where shirr stands: beside a contender, or to an aim of its own.
//!
//! A ratio that lies at a border would be judged otherwise by every other run. So a standing
//! that was published stays until a run contradicts it: until the quartiles, both of them, lie
//! outside of what it covers by more than [`SLACK`]. Electronics calls that a Schmitt trigger.

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

/// What was published, by workload and contender.
#[derive(Default)]
pub(crate) struct Published(HashMap<(String, String), (Option<Verdict>, Option<Aim>)>);

impl Published {
    /// What the tables of a document say: rows that begin with a workload in backticks and a
    /// contender, and end with a standing.
    pub(crate) fn read(document: &str) -> Self {
        let mut published = Self::default();
        for line in document.lines() {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [workload, contender, .., last] = cells[..] else { continue };
            let Some(workload) = workload.strip_prefix('`').and_then(|name| name.strip_suffix('`')) else {
                continue;
            };
            let of_both = published.0.entry((workload.to_owned(), contender.to_owned())).or_default();
            match last.trim_matches('*') {
                "ahead" => of_both.0 = Some(Verdict::Ahead),
                "even" => of_both.0 = Some(Verdict::Even),
                "behind" => of_both.0 = Some(Verdict::Behind),
                "reached" => of_both.1 = Some(Aim::Reached),
                "at the limit" => of_both.1 = Some(Aim::AtTheLimit),
                "missed" => of_both.1 = Some(Aim::Missed),
                _ => {}
            }
        }
        published
    }

    /// How shirr stands to a contender that takes `ratio` of what shirr takes: what was
    /// published if `ratio` does not contradict it, or else what three quarters of the rounds
    /// say, if their median lies beyond [`EVEN`].
    pub(crate) fn verdict(&self, workload: &str, contender: &str, ratio: Summary) -> Verdict {
        let (published, _) = self.of(workload, contender);
        let covered = |verdict| match verdict {
            Verdict::Ahead => (1.0 + EVEN, f64::INFINITY),
            Verdict::Even => (1.0 - EVEN, 1.0 + EVEN),
            Verdict::Behind => (0.0, 1.0 - EVEN),
        };
        match published {
            Some(verdict) if stays(covered(verdict), ratio) => verdict,
            _ if ratio.p25 > 1.0 && ratio.median > 1.0 + EVEN => Verdict::Ahead,
            _ if ratio.p75 < 1.0 && ratio.median < 1.0 - EVEN => Verdict::Behind,
            _ => Verdict::Even,
        }
    }

    /// The same for the aim that `ratio` is `at_least` this.
    pub(crate) fn aim(&self, workload: &str, contender: &str, ratio: Summary, at_least: f64) -> Aim {
        let (_, published) = self.of(workload, contender);
        let (above, below) = (at_least * (1.0 + AT_THE_LIMIT), at_least * (1.0 - AT_THE_LIMIT));
        let covered = |aim| match aim {
            Aim::Reached => (above, f64::INFINITY),
            Aim::AtTheLimit => (below, above),
            Aim::Missed => (0.0, below),
        };
        match published {
            Some(aim) if stays(covered(aim), ratio) => aim,
            _ if ratio.median >= above => Aim::Reached,
            _ if ratio.median < below => Aim::Missed,
            _ => Aim::AtTheLimit,
        }
    }

    fn of(&self, workload: &str, contender: &str) -> (Option<Verdict>, Option<Aim>) {
        self.0.get(&(workload.to_owned(), contender.to_owned())).copied().unwrap_or_default()
    }
}

/// Whether the quartiles touch what a standing covers, or nearly do.
fn stays((low, high): (f64, f64), ratio: Summary) -> bool {
    ratio.p75 >= low * (1.0 - SLACK) && ratio.p25 <= high * (1.0 + SLACK)
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
