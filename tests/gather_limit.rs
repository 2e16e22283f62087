//! `limit(n)`: never more than `n` children at a time, taken lazily, in order.

mod common;

use common::{Count, Drops, Gate, Trace, begin, counted, panic_text, paused, run, turns};
use shirr::time::sleep;
use shirr::{gather, spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::future::{Ready, pending, ready};
use std::rc::Rc;
use std::time::Duration;

/// A different number of turns for each child, so that they end in no order.
fn uneven(i: usize) -> usize {
    i * 7 % 5
}

/// Counts who is alive, from being taken out of the iterator to being dropped.
struct Alive(Count);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.sub(1);
    }
}

#[test]
fn never_more_than_n_children_exist_and_with_enough_items_as_many_do() {
    for n in [1, 2, 3, 7, 50, 99, 100, 101, usize::MAX] {
        run(move || async move {
            let (alive, most) = (Count::default(), Rc::new(Cell::new(0)));
            let child = |i: usize| {
                alive.add(1);
                most.set(most.get().max(alive.get()));
                let alive = Alive(alive.clone());
                async move {
                    let _alive = alive;
                    turns(uneven(i)).await;
                    i
                }
            };
            let outputs = gather((0..100).map(child)).limit(n).await;
            assert_eq!(outputs, (0..100).collect::<Vec<_>>());
            assert_eq!((most.get(), alive.get()), (n.min(100), 0));
        });
    }
}

#[test]
fn results_come_in_input_order_whenever_the_children_end() {
    paused(async || {
        let child = |i: u64| async move {
            sleep(Duration::from_millis([4, 1, 3, 2][i as usize % 4])).await;
            i
        };
        assert_eq!(gather((0..4).map(child)).limit(2).await, [0, 1, 2, 3]);
        assert_eq!(gather((0..41).map(child)).limit(6).await, (0..41).collect::<Vec<_>>());
    });
}

#[test]
fn children_start_in_input_order_although_places_get_free_in_none() {
    run(async || {
        let started = Rc::new(RefCell::new(Vec::new()));
        let child = |i: usize| {
            let started = Rc::clone(&started);
            async move {
                started.borrow_mut().push(i);
                turns(uneven(i)).await;
            }
        };
        gather((0..100).map(child)).limit(7).await;
        assert_eq!(*started.borrow(), (0..100).collect::<Vec<_>>());
    });
}

#[test]
fn a_child_is_taken_from_the_iterator_only_when_there_is_room_for_it() {
    run(async || {
        let trace = Trace::default();
        let gates: Vec<Gate> = (0..4).map(|_| Gate::default()).collect();
        let (notes, doors) = (trace.clone(), gates.clone());
        let items = doors.into_iter().enumerate().map(move |(i, gate)| {
            notes.note(format!("take {i}"));
            let notes = notes.clone();
            async move {
                gate.wait().await;
                notes.note(format!("end {i}"));
            }
        });
        let all = spawn(gather(items).limit(2));
        for i in [1, 2, 0, 3] {
            turns(4).await;
            gates[i].open();
        }
        assert_eq!(all.await.unwrap().len(), 4);
        let life = ["take 0", "take 1", "end 1", "take 2", "end 2", "take 3", "end 0", "end 3"];
        assert_eq!(trace.take(), life);
    });
}

#[test]
fn a_limit_of_one_runs_the_children_one_after_another() {
    run(async || {
        let trace = Trace::default();
        let child = |i: usize| {
            let trace = trace.clone();
            async move {
                trace.note(format!("begin {i}"));
                turns(2).await;
                trace.note(format!("end {i}"));
            }
        };
        gather((0..3).map(child)).limit(1).await;
        assert_eq!(trace.take(), ["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"]);
    });
}

#[test]
fn a_limit_of_zero_panics_with_a_text() {
    let text = panic_text(|| gather([ready(())]).limit(0));
    assert!(text.contains("limit(0)") && text.contains("use 1 or more"), "{text}");
}

#[test]
fn a_limit_set_after_the_first_poll_panics_with_a_text() {
    run(async || {
        let mut all = gather([pending::<()>()]);
        assert!(begin(&mut all).await.is_pending());
        let text = panic_text(|| all.limit(1));
        assert!(text.contains("before its first poll"), "{text}");
    });
}

#[test]
fn an_empty_iterator_under_a_limit_gives_nothing_at_once() {
    run(async || {
        let mut empty = gather(Vec::<Ready<u8>>::new()).limit(1);
        assert!(begin(&mut empty).await.is_ready());
    });
}

#[test]
fn an_infinite_iterator_dropped_early_gives_no_more_than_was_run() {
    run(async || {
        let (drops, taken) = (Drops::default(), Count::default());
        let (all_drops, all_taken) = (drops.clone(), taken.clone());
        let items = std::iter::repeat_with(move || {
            all_taken.add(1);
            let guard = all_drops.guard();
            async move {
                let _guard = guard;
                turns(3).await;
            }
        });
        let all = spawn(gather(items).limit(10));
        turns(30).await;
        all.abort();
        assert!(all.await.unwrap_err().is_cancelled());
        assert!((20..=100).contains(&taken.get()), "{} in 30 turns", taken.get());
        assert_eq!(drops.count(), taken.get());
        assert!(drops.none_alive());
        assert_eq!(shirr::metrics().tasks, 1);
    });
}

#[test]
fn an_iterator_that_has_ended_is_not_asked_again() {
    /// Ends once, and would go on after it.
    struct Unfused(usize);
    impl Iterator for Unfused {
        type Item = Ready<usize>;
        fn next(&mut self) -> Option<Self::Item> {
            self.0 += 1;
            assert!(self.0 <= 4, "asked again after the end");
            (self.0 != 4).then(|| ready(self.0))
        }
    }
    run(async || {
        for limit in [1, 2, 3, 4] {
            assert_eq!(gather(Unfused(0)).limit(limit).await, [1, 2, 3]);
        }
    });
}

#[test]
fn an_iterator_may_use_the_runtime_that_runs_it() {
    run(async || {
        let spawned = (0..20).map(|i| {
            assert!(shirr::metrics().tasks > 0);
            spawn(async move { i })
        });
        let outputs = gather(spawned).limit(3).await;
        assert_eq!(outputs.into_iter().map(Result::unwrap).collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
    });
}

#[test]
fn a_place_that_is_used_again_is_not_woken_by_its_former_childs_waker() {
    run(async || {
        let (late, polls) = (Gate::default(), Count::default());
        // The first child leaves its waker with the gate and ends on its own.
        let first = late.clone();
        let child = |i: usize| {
            let (gate, polls) = (first.clone(), polls.clone());
            async move {
                if i == 0 {
                    let mut waiting = Box::pin(gate.wait());
                    assert!(begin(&mut waiting).await.is_pending());
                    yield_now().await;
                } else {
                    counted(polls, pending::<()>()).await;
                }
            }
        };
        let mut all = gather((0..2).map(child).collect::<Vec<_>>()).limit(1);
        for _ in 0..5 {
            assert!(begin(&mut all).await.is_pending());
            yield_now().await;
        }
        assert_eq!(polls.get(), 1);
        late.open();
        turns(3).await;
        assert_eq!(polls.get(), 1);
    });
}

#[test]
fn an_endless_supply_of_ready_children_lets_other_tasks_run() {
    run(async || {
        let endless = spawn(gather(std::iter::repeat_with(|| ready(()))).limit(2));
        sleep(Duration::from_millis(2)).await;
        endless.abort();
        assert!(endless.await.unwrap_err().is_cancelled());
    });
}
