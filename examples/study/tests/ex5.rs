//! The check of exercise 5: what waits no more leaves no timer (I8), and is dropped with nothing
//! borrowed (I3).

#[path = "../exercises/ex5.rs"]
mod answer;
mod exercise;
#[path = "../solutions/ex5.rs"]
mod solution;
#[path = "../solutions/ex5_wrong.rs"]
mod wrong;

use exercise::{Boxed, Found, Proof, demand, expect};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::mem::take;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

/// The timers of s4, by deadline; those of the same moment by their number.
#[derive(Default)]
struct Timers {
    wakers: RefCell<BTreeMap<(u64, u64), Waker>>,
    made: Cell<u64>,
}

impl Timers {
    fn place_timer(&self, deadline: u64, waker: &Waker) -> u64 {
        let waker = waker.clone(); // which may be any code: so before the borrow (I3)
        let timer = self.made.get() + 1;
        self.made.set(timer);
        self.wakers.borrow_mut().insert((deadline, timer), waker);
        timer
    }

    fn fire_due(&self, now: u64) {
        let mut later = self.wakers.borrow_mut().split_off(&(now + 1, 0));
        let due = take(&mut *self.wakers.borrow_mut());
        self.wakers.borrow_mut().append(&mut later);
        due.into_values().for_each(Waker::wake);
    }
}

/// Writes down its name when it is woken.
struct Named(&'static str, Arc<Mutex<Vec<&'static str>>>);

impl Wake for Named {
    fn wake(self: Arc<Self>) {
        self.1.lock().unwrap().push(self.0);
    }
}

/// A waker that has a sleep: when it is dropped, it drops that.
struct Holds(u64);

// By number, since a waker must be able to leave its thread.
thread_local! {
    static SLEEPS: RefCell<BTreeMap<u64, Boxed<()>>> = RefCell::default();
}

impl Wake for Holds {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Holds {
    fn drop(&mut self) {
        drop(SLEEPS.with_borrow_mut(|sleeps| sleeps.remove(&self.0)));
    }
}

/// What is asked of an answer.
fn check<S: Future<Output = ()> + 'static>(sleep: impl Fn(&Rc<Timers>, u64) -> S) -> Found {
    let (timers, woken) = (Rc::<Timers>::default(), Arc::<Mutex<Vec<_>>>::default());
    let begin = |name, deadline| {
        let (mut sleep, waker) =
            (Box::pin(sleep(&timers, deadline)), Waker::from(Arc::new(Named(name, Arc::clone(&woken)))));
        assert!(sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        sleep
    };
    let stays = begin("stays", 5);
    drop(begin("dropped", 5));
    (0..1000).for_each(|deadline| drop(begin("dropped", deadline)));
    expect("timers, of 1002 sleeps of which one is left", timers.wakers.borrow().len(), 1)?;
    timers.fire_due(10);
    expect("who was woken", take(&mut *woken.lock().unwrap()), vec!["stays"])?;
    drop(stays);
    check_nested(&timers, sleep)
}

/// Of two sleeps, the waker of the first one has the second: a drop within a drop.
fn check_nested<S: Future<Output = ()> + 'static>(
    timers: &Rc<Timers>,
    sleep: impl Fn(&Rc<Timers>, u64) -> S,
) -> Found {
    let mut inner: Boxed<()> = Box::pin(sleep(timers, 20));
    assert!(inner.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    SLEEPS.with_borrow_mut(|sleeps| sleeps.insert(1, inner));
    let mut outer = Box::pin(sleep(timers, 20));
    let waker = Waker::from(Arc::new(Holds(1)));
    assert!(outer.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    drop(outer);
    expect("timers, after a sleep whose waker had the other one", timers.wakers.borrow().len(), 0)
}

/// Breaks until the exercise is solved.
#[test]
#[ignore = "it is the reader's to solve"]
fn exercise_5_is_solved() {
    demand(|| check(answer::sleep));
}

/// Breaks if the check takes a timer that stays, or a waker that is dropped in a borrow.
#[test]
fn the_check_tells_an_answer_from_a_wrong_one() {
    let proof = Proof {
        exercise: || check(answer::sleep),
        starts_with: "of which one is left: seen 1002, expected 1",
        solution: || check(solution::sleep),
        wrong: || check(wrong::sleep),
        is_refused_with: "already borrowed",
    };
    proof.holds(5);
}
