//! The check of exercise 7: the first `Ok`, or all errors in the order of the futures.

#[path = "../exercises/ex7.rs"]
mod answer;
mod exercise;
#[path = "../solutions/ex7.rs"]
mod solution;
#[path = "../solutions/ex7_wrong.rs"]
mod wrong;

use exercise::{Found, Proof, demand, expect};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Is ready in its `at`-th poll; not to be polled after that. It counts as alive by its `Rc`.
struct Child {
    at: u32,
    polls: u32,
    answer: Result<u32, &'static str>,
    _alive: Rc<()>,
}

impl Future for Child {
    type Output = Result<u32, &'static str>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        self.polls += 1;
        assert!(self.polls <= self.at, "a future was polled again after its end");
        if self.polls == self.at { Poll::Ready(self.answer) } else { Poll::Pending }
    }
}

type Answer = Result<u32, Vec<&'static str>>;

/// What is asked of an answer.
fn check<F: Future<Output = Answer>>(first_ok: impl Fn(Vec<Child>) -> F) -> Found {
    expect_of(&first_ok, &[(1, Err("a")), (3, Ok(2)), (9, Err("c"))], (3, Ok(2)))?;
    expect_of(&first_ok, &[(3, Ok(1)), (2, Ok(2)), (4, Ok(3))], (2, Ok(2)))?;
    expect_of(&first_ok, &[(3, Err("a")), (1, Err("b")), (2, Err("c"))], (3, Err(vec!["a", "b", "c"])))?;
    expect_of(&first_ok, &[], (1, Err(vec![])))
}

/// Polls until there is an answer, which comes in poll number `expected.0`, with no child left.
fn expect_of<F: Future<Output = Answer>>(
    first_ok: &impl Fn(Vec<Child>) -> F,
    script: &[(u32, Result<u32, &'static str>)],
    expected: (u32, Answer),
) -> Found {
    let alive = Rc::new(());
    let child = |&(at, answer)| Child { at, polls: 0, answer, _alive: Rc::clone(&alive) };
    let mut future = Box::pin(first_ok(script.iter().map(child).collect()));
    let mut polled =
        (1..=10).map(|poll| (poll, future.as_mut().poll(&mut Context::from_waker(Waker::noop()))));
    let seen = polled.find(|(_, polled)| polled.is_ready());
    let expected = Some((expected.0, Poll::Ready(expected.1)));
    expect(&format!("the poll that is ready, and its answer, of {script:?}"), seen, expected)?;
    expect(&format!("futures that are left after the answer, of {script:?}"), Rc::strong_count(&alive) - 1, 0)
}

/// Breaks until the exercise is solved.
#[test]
#[ignore = "it is the reader's to solve"]
fn exercise_7_is_solved() {
    demand(|| check(answer::first_ok));
}

/// Breaks if the check takes the first error for an answer, or errors in another order.
#[test]
fn the_check_tells_an_answer_from_a_wrong_one() {
    let proof = Proof {
        exercise: || check(answer::first_ok),
        starts_with: r#"seen Some((1, Ready(Err(["a"])))), expected Some((3, Ready(Ok(2))))"#,
        solution: || check(solution::first_ok),
        wrong: || check(wrong::first_ok),
        is_refused_with: r#"seen Some((3, Ready(Err(["b", "c", "a"])))), expected Some((3, Ready(Err(["a", "b", "c"]))))"#,
    };
    proof.holds(7);
}
