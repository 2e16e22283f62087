//! Circles of tasks of which each waits for the next one's end and, as far as is known, for
//! nothing else.

use super::state::{Kind, State, Task, Wait};
use std::collections::{BTreeMap, BTreeSet};

/// Every circle, from a task in it.
pub(super) fn circles(state: &State) -> Vec<Vec<u64>> {
    let children = children(state);
    // A task that is not stuck counts as seen: no walk leads there.
    let seen = free(state, &children);
    let mut walk = Walk { state, children, seen, path: Vec::new() };
    state.tasks.keys().flat_map(|task| walk.from(*task)).collect()
}

/// The tasks that may go on without the end of one that is stuck. A gather may do so when a
/// single child can: its result may be an error, or all that was asked for.
fn free(state: &State, children: &BTreeMap<usize, Vec<u64>>) -> BTreeSet<u64> {
    let (mut free, mut waiting) = (BTreeSet::new(), BTreeMap::<_, Vec<_>>::new());
    let mut untold = Vec::new();
    for task in state.tasks.keys() {
        let needed = needed_by(state, children, *task);
        let gone = needed.iter().any(|needed| !state.tasks.contains_key(needed));
        untold.extend((needed.is_empty() || gone).then_some(*task));
        needed.into_iter().for_each(|needed| waiting.entry(needed).or_default().push(*task));
    }
    while let Some(task) = untold.pop() {
        if free.insert(task) {
            untold.extend(waiting.remove(&task).into_iter().flatten());
        }
    }
    free
}

/// The tasks of which one has to end before this one can go on.
fn needed_by(state: &State, children: &BTreeMap<usize, Vec<u64>>, task: u64) -> Vec<u64> {
    let goes_on = |known: &Task| known.queued || state.running == Some(task);
    let parked = state.tasks.get(&task).filter(|known| !goes_on(known));
    let mut waits = parked.into_iter().flat_map(|task| &task.waits);
    match (waits.next(), waits.next()) {
        (Some(Wait::Task(other)), None) => vec![*other],
        (Some(Wait::Gather(gather)), None) => children.get(gather).cloned().unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// By gather, its children that have not ended.
fn children(state: &State) -> BTreeMap<usize, Vec<u64>> {
    let mut children = BTreeMap::<_, Vec<_>>::new();
    for (number, task) in &state.tasks {
        if let Kind::Child { gather, .. } = task.kind {
            children.entry(gather).or_default().push(*number);
        }
    }
    children
}

/// A walk from task to task. What is left to try of each is in a list instead of on the
/// stack: a chain of handles may be as long as there are tasks.
struct Walk<'a> {
    state: &'a State,
    children: BTreeMap<usize, Vec<u64>>,
    seen: BTreeSet<u64>,
    path: Vec<(u64, Vec<u64>)>,
}

impl Walk<'_> {
    fn from(&mut self, start: u64) -> Vec<Vec<u64>> {
        let mut found = Vec::new();
        self.step_to(start);
        while let Some((_, untried)) = self.path.last_mut() {
            match untried.pop() {
                None => drop(self.path.pop()),
                Some(next) if self.step_to(next) => {}
                // Seen before: on this path it closes a circle; elsewhere that was found from there.
                Some(next) => {
                    let at = self.path.iter().position(|(task, _)| *task == next);
                    found.extend(at.map(|at| self.path[at..].iter().map(|(task, _)| *task).collect()));
                }
            }
        }
        found
    }

    /// Goes on to a task, unless that was seen before.
    fn step_to(&mut self, task: u64) -> bool {
        let new = self.seen.insert(task);
        if new {
            self.path.push((task, needed_by(self.state, &self.children, task)));
        }
        new
    }
}
