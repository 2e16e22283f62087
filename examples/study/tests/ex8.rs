//! The check of exercise 8: all at each wake, and how many polls that makes beside a gather.

#[path = "../exercises/ex8.rs"]
mod answer;
mod exercise;
#[path = "../solutions/ex8.rs"]
mod solution;
#[path = "../solutions/ex8_wrong.rs"]
mod wrong;

use exercise::{Boxed, Found, Proof, demand, expect};
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

/// Whose turn it is to end, the wakers of those that wait, and all polls.
#[derive(Default)]
struct Line {
    wakers: RefCell<Vec<Option<Waker>>>,
    left: Cell<usize>,
    polls: Cell<u32>,
}

/// The last one ends first, and each that ends wakes the one before it.
fn children(line: &Rc<Line>, all: usize) -> Vec<Boxed<usize>> {
    line.wakers.borrow_mut().resize(all, None);
    line.left.set(all);
    let child = |number| {
        let line = Rc::clone(line);
        Box::pin(poll_fn(move |cx| {
            line.polls.set(line.polls.get() + 1);
            assert!(number < line.left.get(), "a future was polled again after its end");
            line.wakers.borrow_mut()[number] = Some(cx.waker().clone());
            if line.left.get() > number + 1 {
                return Poll::Pending;
            }
            line.left.set(number);
            let before = number.checked_sub(1).and_then(|before| line.wakers.borrow_mut()[before].take());
            before.into_iter().for_each(Waker::wake);
            Poll::Ready(number)
        })) as Boxed<usize>
    };
    (0..all).map(child).collect()
}

/// Polls for as long as the waker is called. `None` if the future waits and no wake is to come.
fn run<T>(mut future: Boxed<T>) -> Option<T> {
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&woken));
    while woken.0.swap(false, SeqCst) {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
    }
    None
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

/// What is asked of an answer.
fn check<F: Future<Output = Vec<usize>> + 'static>(join_all: impl Fn(Vec<Boxed<usize>>) -> F) -> Found {
    for all in [0, 3, 100] {
        let (line, polls) = (Rc::default(), (all * (all + 1) / 2) as u32);
        let outputs = run(Box::pin(join_all(children(&line, all))));
        let what = format!("outputs and polls of {all} futures that end one by one");
        expect(&what, (outputs, line.polls.get()), (Some((0..all).collect()), polls))?;
    }
    let line = Rc::default();
    let outputs = shirr::block_on(shirr::gather(children(&line, 100)));
    expect("outputs and polls of a gather", (outputs, line.polls.get()), ((0..100).collect(), 199))
}

/// Breaks until the exercise is solved.
#[test]
#[ignore = "it is the reader's to solve"]
fn exercise_8_is_solved() {
    demand(|| check(answer::join_all));
}

/// Breaks if the check takes one after another for side by side, or outputs in another order.
#[test]
fn the_check_tells_an_answer_from_a_wrong_one() {
    let proof = Proof {
        exercise: || check(answer::join_all),
        starts_with: "3 futures that end one by one: seen (None, 1), expected (Some([0, 1, 2]), 6)",
        solution: || check(solution::join_all),
        wrong: || check(wrong::join_all),
        is_refused_with: "seen (Some([2, 1, 0]), 6), expected (Some([0, 1, 2]), 6)",
    };
    proof.holds(8);
}
