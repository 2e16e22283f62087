//! The check of exercise 1: counting the polls of a future.

#[path = "../exercises/ex1.rs"]
mod answer;
mod exercise;
#[path = "../solutions/ex1.rs"]
mod solution;
#[path = "../solutions/ex1_wrong.rs"]
mod wrong;

use exercise::{Boxed, Found, Proof, demand, expect};
use study::yield_now;

/// What is asked of an answer.
fn check(drive: impl Fn(Boxed<u32>) -> Option<(u32, u32)>) -> Found {
    for yields in [0, 1, 5] {
        let seen = drive(Box::pin(async move {
            for _ in 0..yields {
                yield_now().await;
            }
            7
        }));
        expect(
            &format!("the output and the polls of what yields {yields} times"),
            seen,
            Some((7, yields + 1)),
        )?;
    }
    Ok(())
}

/// Breaks until the exercise is solved.
#[test]
#[ignore = "it is the reader's to solve"]
fn exercise_1_is_solved() {
    demand(|| check(answer::drive));
}

/// Breaks if the check takes a loop that counts one poll too few, or the start.
#[test]
fn the_check_tells_an_answer_from_a_wrong_one() {
    let proof = Proof {
        exercise: || check(answer::drive),
        starts_with: "yields 1 times: seen None, expected Some((7, 2))",
        solution: || check(solution::drive),
        wrong: || check(wrong::drive),
        is_refused_with: "yields 0 times: seen Some((7, 0)), expected Some((7, 1))",
    };
    proof.holds(1);
}
