//! The check of exercise 9: a structure for timers does what a `BTreeMap` does, in ten thousand
//! operations that a fixed seed chooses.

#[path = "../exercises/ex9.rs"]
mod answer;
mod exercise;
#[path = "../solutions/ex9.rs"]
mod solution;
#[path = "../solutions/ex9_wrong.rs"]
mod wrong;

use exercise::{Found, Proof, demand, expect};
use std::collections::BTreeSet;

/// What the loop asks of a structure for timers. A number belongs to one timer.
trait Timers: Default {
    fn place(&mut self, deadline: u64, number: u64);

    /// Says whether it was there still.
    fn remove(&mut self, deadline: u64, number: u64) -> bool;

    /// The deadline until which the loop may sleep.
    fn nearest(&mut self) -> Option<u64>;

    /// Takes out the timer with the least deadline and number, if it is due. Gives its number.
    fn take_due(&mut self, now: u64) -> Option<u64>;
}

impl Timers for BTreeSet<(u64, u64)> {
    fn place(&mut self, deadline: u64, number: u64) {
        self.insert((deadline, number));
    }

    fn remove(&mut self, deadline: u64, number: u64) -> bool {
        Self::remove(self, &(deadline, number))
    }

    fn nearest(&mut self) -> Option<u64> {
        self.first().map(|first| first.0)
    }

    fn take_due(&mut self, now: u64) -> Option<u64> {
        let due = self.first().is_some_and(|first| first.0 <= now);
        due.then(|| self.pop_first()).flatten().map(|first| first.1)
    }
}

/// Numbers that look like chance, by xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// What is asked of an answer.
fn check<T: Timers>() -> Found {
    let (mut model, mut timers, mut random) = (BTreeSet::new(), T::default(), Random(0x5eed));
    let (mut placed, mut now) = (Vec::new(), 0);
    for step in 0..10_000 {
        let what = match random.below(4) {
            0 | 1 => {
                let (deadline, number) = (now + random.below(50), step);
                placed.push((deadline, number));
                model.place(deadline, number);
                timers.place(deadline, number);
                format!("step {step}, timer {number} placed at {deadline}")
            }
            2 if !placed.is_empty() => {
                // It may have been taken or removed already.
                let (deadline, number) = placed[random.below(placed.len() as u64) as usize];
                let expected = Timers::remove(&mut model, deadline, number);
                let what = format!("step {step}, whether timer {number} was there to be removed");
                expect(&what, timers.remove(deadline, number), expected)?;
                what
            }
            _ => {
                now += random.below(4);
                let what = format!("step {step}, the timer taken at {now}");
                expect(&what, timers.take_due(now), model.take_due(now))?;
                what
            }
        };
        expect(&format!("the nearest deadline after {what}"), timers.nearest(), model.nearest())?;
    }
    Ok(())
}

/// Breaks until the exercise is solved.
#[test]
#[ignore = "it is the reader's to solve"]
fn exercise_9_is_solved() {
    demand(check::<answer::Heap>);
}

/// Breaks if the check takes a heap that forgets nothing, or one whose top is dead.
#[test]
fn the_check_tells_an_answer_from_a_wrong_one() {
    let proof = Proof {
        exercise: check::<answer::Heap>,
        starts_with: "was there to be removed: seen false, expected true",
        solution: check::<solution::Heap>,
        wrong: check::<wrong::Heap>,
        is_refused_with: "the nearest deadline after",
    };
    proof.holds(9);
}
