//! What the runtime itself ends a run for.

use std::fmt;

/// Why the runtime itself ends a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// Nothing is left that could wake a task. So many have not ended, those of other hosts not counted.
    Deadlock(usize),
    /// The program has not ended after so many turns.
    NoEnd(usize),
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deadlock(1) => f.write_str("deadlock: nothing is left that could wake the one task"),
            Self::Deadlock(n) => write!(f, "deadlock: nothing is left that could wake any of {n} tasks"),
            Self::NoEnd(turns) => write!(f, "no end: the program has not ended after {turns} turns"),
        }
    }
}

/// Ends a run, by a panic with this.
pub(crate) fn fail(why: Stuck) -> ! {
    std::panic::panic_any(why)
}
