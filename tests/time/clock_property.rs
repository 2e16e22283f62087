//! Sleeps made, reset, dropped and fired at random do what a sorted list says they do.
//!
//! The model knows no heap and no slab: a list of sleeps, each with its deadline, in the order in which they began.
//! The cases are the same in every run; `PROPTEST_CASES` asks for more of them.

use crate::support::hooked::Hooks;
use crate::support::{in_time, poll_with};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use shirr::time::{Sleep, advance, now, sleep_until};
use shirr::{Runtime, metrics};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// One step of a case. Times are nanoseconds from the moment of the step, and sleeps are
/// counted in the order in which they were made, modulo how many there are.
#[derive(Clone, Copy, Debug)]
enum Step {
    Insert(u64),
    Reset(usize, u64),
    /// To a moment that has passed.
    ResetBack(usize, u64),
    Drop(usize),
    Advance(u64),
}

/// From nanoseconds to years, and often the same again, so that there are ties.
fn time() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..8_u64,
        4 => (0..8_u64).prop_map(|ms| ms * 1_000_000),
        1 => 0..10_000_000_000_u64,
        1 => 0..40_000_000_000_000_000_u64,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => time().prop_map(Step::Insert),
        3 => (any::<usize>(), time()).prop_map(|(i, time)| Step::Reset(i, time)),
        1 => (any::<usize>(), time()).prop_map(|(i, time)| Step::ResetBack(i, time)),
        1 => any::<usize>().prop_map(Step::Drop),
        2 => time().prop_map(Step::Advance),
    ]
}

/// The sleeps that fired, and what the clock showed then, in nanoseconds from the start.
type Fired = Vec<(usize, u64)>;

#[derive(Default)]
struct Model {
    now: u64,
    /// The sleeps that wait, in the order in which they began to, and until when.
    waiting: Vec<(usize, u64)>,
    fired: Fired,
}

impl Model {
    fn wait(&mut self, index: usize, deadline: u64) {
        match self.waiting.iter_mut().find(|(other, _)| *other == index) {
            Some((_, pending)) => *pending = deadline,
            None => self.waiting.push((index, deadline)),
        }
    }

    fn advance(&mut self, goal: u64) {
        let mut due = self.waiting.clone();
        due.sort_by_key(|(_, deadline)| *deadline); // stable: ties stay in their order
        due.retain(|(_, deadline)| *deadline <= goal);
        self.waiting.retain(|(_, deadline)| *deadline > goal);
        // One reset to the past fires at once, and no clock goes back for it.
        self.fired.extend(due.iter().map(|(index, deadline)| (*index, *deadline.max(&self.now))));
        self.now = goal;
    }
}

/// The same steps on a runtime, beside the model.
struct World {
    start: Instant,
    fired: Arc<Mutex<Fired>>,
    sleeps: Vec<Option<Sleep>>,
    model: Model,
}

impl World {
    fn at(&self, nanos: u64) -> Instant {
        self.start + Duration::from_nanos(nanos)
    }

    /// Polls a sleep with a waker that notes which one it was and when.
    fn poll(&mut self, index: usize) -> bool {
        let (fired, start) = (Arc::clone(&self.fired), self.start);
        let note = move || fired.lock().unwrap().push((index, (now() - start).as_nanos() as u64));
        let (_, waker) = Hooks::new().at_wake(note).waker();
        poll_with(self.sleeps[index].as_mut().unwrap(), &waker).is_ready()
    }

    fn reset(&mut self, index: usize, deadline: u64) {
        let at = self.at(deadline);
        let Some(Some(sleep)) = self.sleeps.get_mut(index) else { return };
        sleep.reset(at);
        let pending = self.model.waiting.iter().any(|(other, _)| *other == index);
        if pending || !self.poll(index) {
            self.model.wait(index, deadline);
        } else {
            assert!(deadline <= self.model.now, "early");
        }
    }

    async fn step(&mut self, step: Step) {
        let count = self.sleeps.len().max(1);
        match step {
            Step::Insert(time) => {
                let deadline = self.model.now + time;
                self.sleeps.push(Some(sleep_until(self.at(deadline))));
                let index = self.sleeps.len() - 1;
                // A deadline of now is over at the first poll.
                match self.poll(index) {
                    true => assert!(time == 0, "early by {time}"),
                    false => self.model.wait(index, deadline),
                }
            }
            Step::Reset(index, time) => self.reset(index % count, self.model.now + time),
            Step::ResetBack(index, time) => self.reset(index % count, self.model.now.saturating_sub(time)),
            Step::Drop(index) => {
                let index = index % count;
                if let Some(sleep) = self.sleeps.get_mut(index) {
                    sleep.take();
                    self.model.waiting.retain(|(other, _)| *other != index);
                }
            }
            Step::Advance(time) => {
                advance(Duration::from_nanos(time)).await;
                self.model.advance(self.model.now + time);
            }
        }
        assert_eq!(now(), self.at(self.model.now));
        assert_eq!(*self.fired.lock().unwrap(), self.model.fired);
        assert_eq!(metrics().timers, self.model.waiting.len());
    }
}

async fn run(steps: Vec<Step>) {
    let mut world =
        World { start: now(), fired: Arc::default(), sleeps: Vec::new(), model: Model::default() };
    for step in steps {
        world.step(step).await;
    }
    // Some fire, some are dropped while they wait; nothing is left of either.
    world.step(Step::Advance(5_000_000)).await;
    world.sleeps.clear();
    assert_eq!(metrics().timers, 0);
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").map_or(500, |cases| cases.parse().unwrap())
}

#[test]
fn sleeps_fire_in_the_order_of_a_sorted_list_never_early_and_none_is_left() {
    in_time(|| {
        let config = Config { cases: cases(), failure_persistence: None, ..Config::default() };
        let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let steps = prop::collection::vec(step(), 1..120);
        let checked = TestRunner::new_with_rng(config, random).run(&steps, |steps| {
            Runtime::builder().paused().build().unwrap().block_on(run(steps));
            Ok(())
        });
        checked.unwrap_or_else(|error| panic!("{error}"));
    });
}
