//! Who decides.

use std::fmt;
use std::str::FromStr;

/// Who decides what happens next: one way to run a program.
///
/// As text it is what `SHIRR_SCHEDULE` takes: `fifo`, `random:7`, `pct:7:3:100`, `list:4=1,9=2`.
///
/// ```
/// use shirr::explore::Schedule;
///
/// let schedule: Schedule = "list:4=1,9=2".parse()?;
/// assert_eq!(schedule, Schedule::List(vec![(4, 1), (9, 2)]));
/// assert_eq!(schedule.to_string(), "list:4=1,9=2");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Schedule {
    /// The runtime itself: first in, first out; every choice is 0.
    Fifo,
    /// Chance, from this seed.
    Random(u64),
    /// Chance gives each task a rank, and the highest that is ready runs. At some moments
    /// the one that would run is ranked last. All other choices are by chance. (Burckhardt et
    /// al., "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", 2010.)
    Pct {
        /// Where chance begins.
        seed: u64,
        /// How many such moments there are.
        changes: usize,
        /// About how many turns the program takes, among which they lie.
        turns: usize,
    },
    /// The choices at these places are these; all others are 0.
    List(Vec<(u32, u32)>),
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fifo => f.write_str("fifo"),
            Self::Random(seed) => write!(f, "random:{seed}"),
            Self::Pct { seed, changes, turns } => write!(f, "pct:{seed}:{changes}:{turns}"),
            Self::List(list) => {
                let all: Vec<_> = list.iter().map(|(at, taken)| format!("{at}={taken}")).collect();
                write!(f, "list:{}", all.join(","))
            }
        }
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text).ok_or_else(|| {
            format!(
                "{text:?} is no schedule; write `fifo`, `random:7`, `pct:7:3:100` (seed, changes, turns), \
                 or a list of places and choices in rising order, `list:4=1,9=2`"
            )
        })
    }
}

fn parse(text: &str) -> Option<Schedule> {
    let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
    let numbers: Option<Vec<u64>> = rest.split(':').map(|part| part.parse().ok()).collect();
    match (kind, numbers.as_deref()) {
        ("fifo", _) if rest.is_empty() => Some(Schedule::Fifo),
        ("random", Some([seed])) => Some(Schedule::Random(*seed)),
        ("pct", Some([seed, changes, turns])) => {
            Some(Schedule::Pct { seed: *seed, changes: *changes as usize, turns: *turns as usize })
        }
        ("list", _) => list(rest).map(Schedule::List),
        _ => None,
    }
}

fn list(text: &str) -> Option<Vec<(u32, u32)>> {
    let pair = |text: &str| {
        let (at, taken) = text.split_once('=')?;
        Some((at.parse().ok()?, taken.parse().ok()?))
    };
    let list: Vec<(u32, u32)> =
        text.split(',').filter(|part| !part.is_empty()).map(pair).collect::<Option<_>>()?;
    list.is_sorted_by_key(|(at, _)| *at).then_some(list)
}
