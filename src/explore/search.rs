//! Which schedules are tried, and in which order.

use super::explorer::{Explorer, Search};
use super::failure::{Failure, Fault, Passed};
use super::once::Outcome;
use super::progress::ProgressLine;
use super::shorten::run_again;
use super::{Choice, Schedule};
use std::collections::VecDeque;

/// Runs the program under a schedule.
pub(super) type RunOnce<'a> = dyn Fn(&Schedule) -> Outcome + 'a;

type Found = Result<Passed, Box<Failure>>;

/// One schedule, as it is.
pub(super) fn one(schedule: &Schedule, run: &RunOnce<'_>) -> Found {
    let outcome = run(schedule);
    let passed = Passed { schedules: 1, complete: false, turns: outcome.turns };
    Failure::of(outcome, schedule.clone(), 1).map_or(Ok(passed), |failure| Err(Box::new(failure)))
}

impl Explorer {
    pub(super) fn search_with(&self, run: &RunOnce<'_>) -> Found {
        match self.search {
            Search::All(most) => self.all(most, None, run).map_err(|found| Box::new(run_again(*found, run))),
            Search::Random | Search::Pct(_) => self.by_chance(run),
        }
    }

    fn by_chance(&self, run: &RunOnce<'_>) -> Found {
        let (mut progress, mut turns) = (ProgressLine::new(self.schedules), 0);
        for n in 0..self.schedules {
            progress.note(n);
            if progress.elapsed() > self.at_most {
                return Ok(Passed { schedules: n, complete: false, turns });
            }
            let seed = self.seed.wrapping_add(n as u64);
            let schedule = match self.search {
                _ if n == 0 => Schedule::Fifo,
                Search::Pct(changes) => Schedule::Pct { seed, changes, turns },
                _ => Schedule::Random(seed),
            };
            let outcome = run(&schedule);
            turns = turns.max(outcome.turns);
            if let Some(failure) = Failure::of(outcome, schedule, n + 1) {
                return Err(Box::new(self.shorten(failure, run)));
            }
        }
        Ok(Passed { schedules: self.schedules, complete: false, turns })
    }

    /// All with at most `most` deviations, the fewest first. Every list is made longer behind its
    /// last place only, so none comes twice. With `like`, a failure that is not like this one counts
    /// as passed.
    pub(super) fn all(&self, most: usize, like: Option<&Fault>, run: &RunOnce<'_>) -> Found {
        let mut lists = VecDeque::from([Vec::new()]);
        let (mut progress, mut schedules, mut turns) = (ProgressLine::new(self.schedules), 0, 0);
        while let Some(list) = lists.pop_front() {
            progress.note(schedules);
            if schedules == self.schedules || progress.elapsed() > self.at_most {
                return Ok(Passed { schedules, complete: false, turns });
            }
            schedules += 1;
            let outcome = run(&Schedule::List(list.clone()));
            turns = turns.max(outcome.turns);
            if list.len() < most {
                // More than can be run are not kept, but one, which says that there are more.
                let room = (self.schedules - schedules + 1).saturating_sub(lists.len());
                lists.extend(longer(&list, &outcome.choices).take(room));
            }
            let failure = Failure::of(outcome, Schedule::List(list), schedules);
            let is_wanted = |failure: &Failure| like.is_none_or(|fault| failure.fault.is_like(fault));
            if let Some(failure) = failure.filter(is_wanted) {
                return Err(Box::new(failure));
            }
        }
        Ok(Passed { schedules, complete: true, turns })
    }
}

/// The lists with one deviation more, among the choices that a run had behind its last one.
fn longer(list: &[(u32, u32)], choices: &[Choice]) -> impl Iterator<Item = Vec<(u32, u32)>> {
    let begin = list.last().map_or(0, |(at, _)| *at as usize + 1);
    let open = choices.iter().enumerate().skip(begin);
    open.flat_map(move |(at, choice)| (1..choice.of).map(move |taken| [list, &[(at as u32, taken)]].concat()))
}
