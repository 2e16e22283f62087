//! The check of exercise 3: a wake during the poll counts (I2), and counts once (I1).

#[path = "../exercises/ex3.rs"]
mod answer;
mod exercise;
#[path = "../solutions/ex3.rs"]
mod solution;
#[path = "../solutions/ex3_wrong.rs"]
mod wrong;

use exercise::{Boxed, Found, Proof, demand, expect};
use std::future::poll_fn;
use std::task::Poll;
use study::yield_now;

/// Wakes itself three times in its first poll.
fn wakes_itself() -> Boxed<()> {
    let mut polls = 0;
    Box::pin(poll_fn(move |cx| {
        polls += 1;
        if polls > 1 {
            return Poll::Ready(());
        }
        (0..3).for_each(|_| cx.waker().wake_by_ref());
        Poll::Pending
    }))
}

/// What is asked of an answer.
fn check(run: impl Fn(Vec<Boxed<()>>) -> Vec<usize>) -> Found {
    expect(
        "polls of two tasks that yield once",
        run(vec![Box::pin(yield_now()), Box::pin(yield_now())]),
        vec![0, 1, 0, 1],
    )?;
    expect(
        "polls of a task that wakes itself three times, and of another",
        run(vec![wakes_itself(), Box::pin(async {})]),
        vec![0, 1, 0],
    )
}

/// Breaks until the exercise is solved.
#[test]
#[ignore = "it is the reader's to solve"]
fn exercise_3_is_solved() {
    demand(|| check(answer::run));
}

/// Breaks if the check takes a queue that misses a wake, or one that does not merge them.
#[test]
fn the_check_tells_an_answer_from_a_wrong_one() {
    let proof = Proof {
        exercise: || check(answer::run),
        starts_with: "yield once: seen [0, 1], expected [0, 1, 0, 1]",
        solution: || check(solution::run),
        wrong: || check(wrong::run),
        is_refused_with: "seen [0, 1, 0, 0, 0], expected [0, 1, 0]",
    };
    proof.holds(3);
}
