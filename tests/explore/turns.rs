//! Which of the queued tasks are there to be chosen, by which numbers, and in which order ranks choose them.

use shirr::explore::{Explorer, Freedoms, Kind, Schedule, Search, latency};
use shirr::time::sleep;
use shirr::{gather, spawn, yield_now};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// Breaks if a task that is in the ready queue, or a place of none, may be polled unasked.
#[test]
fn only_a_task_that_waits_is_polled_unasked() {
    let only = Freedoms { events: false, delays: false, ..Freedoms::WILD };
    let passed = Explorer::new().freedoms(only).search(Search::All(1)).check(async || {
        for _ in 0..5 {
            yield_now().await; // it is ready at all times
        }
    });
    assert_eq!(passed.unwrap().schedules, 1);
}

/// A gather whose three children are in the queue for their first poll.
async fn queued_gather() -> Pin<Box<dyn Future<Output = Vec<()>>>> {
    let mut children = Box::pin(gather([(); 3].map(|()| pending::<()>())));
    assert!(poll_fn(|cx| Poll::Ready(children.as_mut().poll(cx).is_pending())).await);
    children
}

/// Breaks if what is known of a key in the queue is lost, or taken for that of another one, when keys
/// before it go to make room.
#[test]
fn keys_that_go_to_make_room_change_no_order_that_is_promised() {
    Explorer::new().schedules(20).run(async || {
        let (noted, queue) = (Rc::new(RefCell::new(Vec::new())), Rc::new(RefCell::new(None)));
        let (noting, queued) = (Rc::clone(&noted), Rc::clone(&queue));
        let first = spawn(async move {
            drop(queued.take());
            let begin = |name| {
                let noted = Rc::clone(&noting);
                spawn(async move { noted.borrow_mut().push(name) })
            };
            let tasks: Vec<_> = (0..20).map(begin).collect();
            yield_now().await;
            noting.borrow_mut().push(tasks.len());
        });
        queue.replace(Some(queued_gather().await)); // behind the first, which drops it
        first.await.unwrap();
        assert!(noted.take().into_iter().eq(0..=20));
    });
}

/// Breaks if a task that leaves before its turn has no number, or if a key that is stale when it is
/// first seen has one.
#[test]
fn tasks_are_numbered_as_they_are_queued_though_some_are_gone_before_their_turn() {
    let failure = Explorer::new().replay(&Schedule::Fifo, async || {
        for task in [(); 20].map(|()| spawn(async {})) {
            task.await.unwrap(); // there is room in the queue from now on
        }
        let queue = Rc::new(RefCell::new(None));
        let queued = Rc::clone(&queue);
        let begin = |()| spawn(latency());
        let first = spawn(async move {
            drop(queued.take());
            latency().await;
        });
        queue.replace(Some(queued_gather().await)); // 23 to 25, until the first drops it
        drop(queued_gather().await); // the tasks that follow have two of its three slots
        let [second, third] = [(); 2].map(begin);
        for task in [first, second, third] {
            task.await.unwrap();
        }
        panic!("so that the choices are told");
    });
    let choices = failure.unwrap_err().choices;
    let late = choices.iter().filter(|choice| choice.kind == Kind::Latency);
    assert_eq!(late.map(|choice| choice.task).collect::<Vec<_>>(), [22, 26, 27]);
}

/// Breaks if the key of a task that has left counts as one that is ready.
#[test]
fn where_only_tasks_that_are_gone_are_queued_no_turn_is_chosen_to_take_long() {
    let only = Freedoms { delays: false, ready: false, ..Freedoms::WORLD };
    let passed = Explorer::new().freedoms(only).search(Search::All(1)).check(async || {
        drop(queued_gather().await);
        yield_now().await;
        sleep(MS).await;
    });
    assert_eq!(passed.unwrap().schedules, 1);
}

/// The orders in which three tasks have their turns, which are woken at one moment five times, when
/// chance gives ranks.
pub(crate) fn rounds_by_rank(seed: u64, changes: usize) -> Vec<String> {
    let freedoms = Freedoms { events: false, delays: false, ..Freedoms::SHARED };
    let (schedule, noted) =
        (Schedule::Pct { seed, changes, turns: 20 }, Rc::new(RefCell::new(String::new())));
    let program = async || {
        let sleeper = |name| {
            let noted = Rc::clone(&noted);
            async move {
                for _ in 0..5 {
                    sleep(MS).await;
                    noted.borrow_mut().push(name);
                }
            }
        };
        gather(['a', 'b', 'c'].map(sleeper)).await;
    };
    Explorer::new().freedoms(freedoms).replay(&schedule, program).unwrap();
    noted.take().as_bytes().chunks(3).map(|round| String::from_utf8_lossy(round).into_owned()).collect()
}

/// Breaks if a rank is drawn anew, or does not decide.
#[test]
fn ranks_are_kept_from_turn_to_turn_and_any_task_may_have_the_highest() {
    let mut orders = BTreeSet::new();
    for seed in 0..100 {
        let mut rounds = rounds_by_rank(seed, 0);
        rounds.dedup();
        assert_eq!(rounds.len(), 1, "{rounds:?}");
        orders.extend(rounds);
    }
    assert_eq!(orders.len(), 6);
}

/// Breaks if a change does not lower the rank of the task that would be next, or of others, too, or
/// comes twice.
#[test]
fn a_change_of_ranks_makes_one_task_the_last_from_then_on() {
    let mut parted = BTreeSet::new();
    for seed in 0..100 {
        let mut rounds = rounds_by_rank(seed, 1);
        let before = rounds.clone();
        rounds.dedup();
        let [first, after] = &rounds[..] else {
            assert_eq!(rounds.len(), 1, "{rounds:?}");
            continue;
        };
        let moved = |name: char| first.replace(name, "") + &name.to_string();
        assert!(first.chars().any(|name| moved(name) == *after), "{first}, and then {after}");
        parted.insert(before.iter().position(|round| round == after));
    }
    assert_eq!(parted.len(), 4, "in any round: {parted:?}");
}
