//! `limit(n)`: never more than `n` children at a time, taken lazily, in order.

use crate::common::{Count, Drops, Gate, Trace, begin, counted, panic_text, run, turns};
use crate::forms::{Child, Form, for_forms};
use shirr::time::sleep;
use shirr::{as_completed, gather, spawn, try_gather, yield_now};
use std::cell::{Cell, RefCell};
use std::future::{pending, ready};
use std::rc::Rc;
use std::time::Duration;

/// Counts the children that are alive, from being taken out of the iterator to being dropped.
struct Alive(Count);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.sub(1);
    }
}

fn takes_an_iterator(form: Form) -> bool {
    form.is_limited() && !form.is_macro()
}

/// Breaks if a child is taken while `n` are there, if there is room and none is taken, or if
/// they start in another order than theirs.
#[test]
fn never_more_than_n_exist_and_with_enough_items_as_many_do_and_they_start_in_their_order() {
    for_forms(takes_an_iterator, async |form| {
        for n in [1, 2, 3, 7, 50, 99, 100, 101, usize::MAX] {
            let (alive, most) = (Count::default(), Rc::new(Cell::new(0)));
            let started = Rc::new(RefCell::new(Vec::new()));
            let (counter, peak, starts) = (alive.clone(), Rc::clone(&most), Rc::clone(&started));
            let child = move |i: usize| -> Child<(), ()> {
                counter.add(1);
                peak.set(peak.get().max(counter.get()));
                let (alive, starts) = (Alive(counter.clone()), Rc::clone(&starts));
                Box::pin(async move {
                    let _alive = alive;
                    starts.borrow_mut().push(i);
                    turns(i * 7 % 5).await; // so that they end in no order
                    Ok(())
                })
            };
            form.over((0..100).map(child), n).await;
            assert_eq!((most.get(), alive.get()), (n.min(100), 0));
            assert_eq!(started.take(), (0..100).collect::<Vec<_>>());
        }
    });
}

/// Breaks if the caller is woken for an end after which there is no child to start.
#[test]
fn when_there_is_none_left_to_start_only_the_last_end_wakes_the_caller() {
    for_forms(
        |form| takes_an_iterator(form) && !form.is_source(),
        async |form| {
            let gates = [(); 5].map(|()| Gate::default());
            let (caller, opened) = (Count::default(), gates.clone());
            let child = move |i: usize| -> Child<(), ()> {
                let gate = opened[i].clone();
                Box::pin(async move {
                    gate.wait().await;
                    Ok(())
                })
            };
            let whole = spawn(counted(caller.clone(), form.over((0..5).map(child), 5)));
            turns(2).await;
            for gate in &gates {
                gate.open();
                turns(2).await;
            }
            drop(whole.await.unwrap());
            assert_eq!(caller.get(), 3, "at first, when none is left to start, and at the end");
        },
    );
}

/// Breaks if a limit under which nothing could run is taken for one, and waits for ever.
#[test]
fn a_limit_of_zero_panics_with_a_text() {
    for_forms(Form::is_limited, async |form| {
        let children = [(); 3].map(|()| -> Child<(), ()> { Box::pin(ready(Ok(()))) });
        let text = panic_text(|| form.over(children.into_iter(), 0));
        assert!(text.contains("limit(0)") && text.contains("use 1 or more"), "{text}");
    });
}

/// Breaks if children that have begun under one rule come under another.
#[test]
fn a_limit_or_a_form_that_is_chosen_after_the_first_poll_panics_with_a_text() {
    macro_rules! is_refused {
        ($whole:expr, $later:ident($($argument:expr)?)) => {
            let mut whole = $whole;
            assert!(begin(&mut whole).await.is_pending());
            let text = panic_text(|| whole.$later($($argument)?));
            assert!(text.contains("before its first poll"), "{text}");
        };
    }
    run(async || {
        let waits = || [pending::<Result<(), ()>>()];
        is_refused!(gather(waits()), limit(1));
        is_refused!(gather(waits()), settled());
        is_refused!(gather(waits()).settled(), limit(1));
        is_refused!(gather(waits()).settled().within(Duration::MAX), limit(1));
        is_refused!(try_gather(waits()), limit(1));
        is_refused!(gather!(pending::<()>()), limit(1));
        is_refused!(try_gather!(pending::<Result<(), ()>>()), limit(1));
        let mut source = as_completed(waits());
        assert!(begin(&mut Box::pin(source.next())).await.is_pending());
        assert!(panic_text(|| source.limit(1)).contains("before its first poll"));
    });
}

/// Breaks if what has said that it is at its end is asked once more.
#[test]
fn an_iterator_that_has_ended_is_not_asked_again() {
    /// Ends once, and would go on after it.
    struct Unfused(usize);
    impl Iterator for Unfused {
        type Item = Child<usize, ()>;
        fn next(&mut self) -> Option<Self::Item> {
            self.0 += 1;
            assert!(self.0 <= 4, "asked again after the end");
            (self.0 != 4).then(|| Box::pin(ready(Ok(self.0))) as _)
        }
    }
    for_forms(takes_an_iterator, async |form| {
        for limit in [1, 2, 3, 4] {
            assert_eq!(form.over(Unfused(0), limit).await.words(), ["1", "2", "3"]);
        }
    });
}

/// Breaks if the iterator is asked for more than may run.
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

/// Breaks if the drop of the whole asks the iterator for its rest, or leaves children.
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

/// Breaks if something is borrowed while the iterator is asked.
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

/// Breaks if the next child gets the key of the one before it.
#[test]
fn a_child_is_not_woken_by_the_waker_of_the_child_whose_memory_it_has() {
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

/// Breaks if children are started and ended inside one poll without end.
#[test]
fn an_endless_supply_of_ready_children_lets_other_tasks_run() {
    run(async || {
        let endless = spawn(gather(std::iter::repeat_with(|| ready(()))).limit(2));
        sleep(Duration::from_millis(2)).await;
        endless.abort();
        assert!(endless.await.unwrap_err().is_cancelled());
    });
}
