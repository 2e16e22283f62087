//! The check of exercise 4: a key whose task has ended wakes no task (I9).

#[path = "../exercises/ex4.rs"]
mod answer;
mod exercise;
#[path = "../solutions/ex4.rs"]
mod solution;
#[path = "../solutions/ex4_wrong.rs"]
mod wrong;

use exercise::{Boxed, Found, Proof, demand, expect};
use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

type Kept = Rc<Cell<Option<Waker>>>;

/// Ends at once, and leaves its waker.
fn leaves_its_waker(kept: Kept) -> Boxed<()> {
    Box::pin(poll_fn(move |cx| {
        kept.set(Some(cx.waker().clone()));
        Poll::Ready(())
    }))
}

/// Has the kept waker called, up to three times, and waits for its own, which no one calls.
fn calls_it(kept: Kept) -> Boxed<()> {
    let mut calls = 0;
    Box::pin(poll_fn(move |_| {
        if let Some(waker) = kept.take().filter(|_| calls < 3) {
            calls += 1;
            waker.wake_by_ref();
            kept.set(Some(waker));
        }
        Poll::Pending
    }))
}

/// What is asked of an answer.
fn check(run: impl Fn(Vec<Boxed<()>>) -> Vec<u32>) -> Found {
    let own = run(vec![Box::pin(study::yield_now()), Box::pin(study::yield_now())]);
    expect("polls of two tasks that wake themselves once", own, vec![2, 2])?;
    let kept = Kept::default();
    let tasks = vec![leaves_its_waker(Rc::clone(&kept)), Box::pin(async {}), calls_it(kept)];
    expect("polls, where the last task calls the waker of the first", run(tasks), vec![1, 1, 1])
}

/// Breaks until the exercise is solved.
#[test]
#[ignore = "it is the reader's to solve"]
fn exercise_4_is_solved() {
    demand(|| check(answer::run));
}

/// Breaks if the check takes a key that is compared by its slot, or by whether that is taken.
#[test]
fn the_check_tells_an_answer_from_a_wrong_one() {
    let proof = Proof {
        exercise: || check(answer::run),
        starts_with: "the waker of the first: seen [1, 1, 4], expected [1, 1, 1]",
        solution: || check(solution::run),
        wrong: || check(wrong::run),
        is_refused_with: "the waker of the first: seen [1, 1, 4], expected [1, 1, 1]",
    };
    proof.holds(4);
}
