//! The check of exercise 6: in every order of the steps of a sender and the loop, the message is
//! heard (I4). Each step is an `.await`, after which either side may go on.

#[path = "../exercises/ex6.rs"]
mod answer;
mod exercise;
#[path = "../solutions/ex6.rs"]
mod solution;
#[path = "../solutions/ex6_wrong.rs"]
mod wrong;

use exercise::{Found, Proof, demand, expect};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use study::yield_now;

/// How the two reach each other, and what they did.
#[derive(Default)]
struct Inbox {
    messages: Cell<u32>,
    asleep: Cell<bool>,
    waits: Cell<bool>,
    rung: Cell<bool>,
    steps: RefCell<Vec<&'static str>>,
}

impl Inbox {
    /// A step has been done: the other side may go on.
    async fn after(&self, step: &'static str) {
        self.steps.borrow_mut().push(step);
        yield_now().await;
    }

    async fn leave_message(&self) {
        self.messages.set(self.messages.get() + 1);
        self.after("the sender leaves a message").await;
    }

    async fn loop_is_asleep(&self) -> bool {
        let asleep = self.asleep.get();
        self.after(if asleep { "it sees the loop asleep" } else { "it sees the loop awake" }).await;
        asleep
    }

    async fn ring(&self) {
        self.rung.set(true);
        self.after("it rings").await;
    }

    async fn is_empty(&self) -> bool {
        let is_empty = self.messages.get() == 0;
        self.after(if is_empty { "the loop sees no message" } else { "the loop sees a message" }).await;
        is_empty
    }

    async fn say_asleep(&self, asleep: bool) {
        self.asleep.set(asleep);
        self.after(if asleep { "the loop says asleep" } else { "the loop says awake" }).await;
    }

    async fn wait_for_bell(&self) {
        self.steps.borrow_mut().push("the loop sleeps");
        self.waits.set(true);
        poll_fn(|_| if self.rung.get() { Poll::Ready(()) } else { Poll::Pending }).await;
        self.waits.set(false);
    }
}

/// Runs the sender and the loop, a step of the one or the other as the bits of `order` say, and then
/// both to their ends. Says what happened if the loop sleeps in the end.
fn run(order: u32, push: impl Future<Output = ()>, sleep: impl Future<Output = ()>, inbox: &Inbox) -> Found {
    let (mut push, mut sleep) = (pin!(push), pin!(sleep));
    let (mut sent, mut slept, cx) = (false, false, &mut Context::from_waker(Waker::noop()));
    for turn in 0..40 {
        let sends = if turn < 12 { order >> turn & 1 == 1 } else { turn % 2 == 1 };
        if sends && !sent {
            sent = push.as_mut().poll(cx).is_ready();
        } else if !slept {
            slept = sleep.as_mut().poll(cx).is_ready();
        }
    }
    assert!(sent, "the sender has an end");
    let seen = if slept { "the loop goes on" } else { "the loop sleeps and a message lies there" };
    let what = format!("after {:?}", inbox.steps.borrow());
    expect(&what, seen, "the loop goes on")?;
    let rings_in_vain = inbox.rung.get() && !inbox.steps.borrow().contains(&"it sees the loop asleep");
    expect(&format!("a bell though the loop is awake, {what}"), rings_in_vain, false)
}

/// What is asked of an answer.
fn check<P: Future<Output = ()>, S: Future<Output = ()>>(sides: impl Fn(&'static Inbox) -> (P, S)) -> Found {
    let inbox: &'static Inbox = Box::leak(Box::default());
    let (_, sleep) = sides(inbox);
    let mut sleep = pin!(sleep);
    for _ in 0..20 {
        expect(
            "the loop ends its sleep without a message",
            sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready(),
            false,
        )?;
    }
    expect("the loop blocks, without a message", inbox.waits.get(), true)?;
    (0..1 << 12).try_for_each(|order| {
        let inbox: &'static Inbox = Box::leak(Box::default());
        let (push, sleep) = sides(inbox);
        run(order, push, sleep, inbox)
    })
}

/// Breaks until the exercise is solved.
#[test]
#[ignore = "it is the reader's to solve"]
fn exercise_6_is_solved() {
    demand(|| check(|inbox| (answer::push(inbox), answer::sleep(inbox))));
}

/// Breaks if the check leaves out an order in which a wakeup is lost.
#[test]
fn the_check_tells_an_answer_from_a_wrong_one() {
    let proof = Proof {
        exercise: || check(|inbox| (answer::push(inbox), answer::sleep(inbox))),
        starts_with: r#""the loop sees no message", "the sender leaves a message""#,
        solution: || check(|inbox| (solution::push(inbox), solution::sleep(inbox))),
        wrong: || check(|inbox| (wrong::push(inbox), wrong::sleep(inbox))),
        is_refused_with: r#""it sees the loop awake", "the loop says asleep", "the loop sees no message""#,
    };
    proof.holds(6);
}
