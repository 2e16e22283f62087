//! What a gather gives, when, and in which order.

use crate::common::{Count, Drops, Gate, Trace, begin, panic_text, poll_once, run, turns};
use crate::forms::{Child, Given, ends_after, fails, for_every_form, for_forms};
use shirr::{gather, spawn, yield_now};
use std::future::{Future, Ready, poll_fn, ready};
use std::task::Poll;

/// Breaks if a gather of nothing makes a task, or waits for one.
#[test]
fn an_empty_one_is_ready_at_its_first_poll_and_costs_nothing() {
    for_forms(
        |form| !form.is_macro(),
        async |form| {
            let before = shirr::metrics();
            let mut empty = form.over::<(), ()>(std::iter::empty(), 1);
            let Poll::Ready(given) = begin(&mut empty).await else { panic!("it waits") };
            assert!(given.words().is_empty());
            assert_eq!(shirr::metrics(), before); // no task, no wake, no poll
        },
    );
}

/// Breaks if outputs lie in the order of their ends, or of the slots of a limit that were used
/// again.
#[test]
fn outputs_come_in_input_order_whenever_the_children_end() {
    for_every_form(async |form| {
        for (n, limit) in [(1, 1), (3, 3), (41, 1), (41, 6), (41, usize::MAX)] {
            let n = if form.is_macro() { 3 } else { n };
            let child = |i: usize| -> Child<usize, ()> {
                Box::pin(async move {
                    turns(i * 7 % 5).await;
                    Ok(i)
                })
            };
            let given = form.over((0..n).map(child), limit).await;
            assert_eq!(given.words(), (0..n).map(|i| i.to_string()).collect::<Vec<_>>(), "limit {limit}");
        }
    });
}

/// Breaks if it is ready before its last child, or gives the outputs in the order of their ends.
#[test]
fn children_that_end_in_reverse_give_outputs_in_input_order_when_the_last_has_ended() {
    for_every_form(async |form| {
        let (gates, ended): ([Gate; 3], _) = (Default::default(), Trace::default());
        let child = |i: usize| -> Child<usize, ()> {
            let (opened, ended) = (gates[i].clone().wait(), ended.clone());
            Box::pin(async move {
                opened.await;
                ended.note(i);
                Ok(i)
            })
        };
        let whole = spawn(form.gives([0, 1, 2].map(child)));
        for gate in gates.iter().rev() {
            turns(5).await;
            assert!(!whole.is_finished());
            gate.open();
        }
        assert_eq!(whole.await.unwrap().words(), ["0", "1", "2"]);
        assert_eq!(ended.take(), ["2", "1", "0"]);
    });
}

/// Breaks if a child starts inside the first poll, before it, or in another order.
#[test]
fn children_start_in_input_order_and_none_before_the_caller_waits() {
    for_every_form(async |form| {
        let trace = Trace::default();
        let child = |i: usize| -> Child<(), ()> {
            let trace = trace.clone();
            Box::pin(async move {
                trace.note(i);
                Ok(())
            })
        };
        let mut whole = form.of([0, 1, 2].map(child));
        turns(3).await;
        assert!(trace.take().is_empty(), "nothing may start before the first poll");
        assert!(begin(&mut whole).await.is_pending());
        assert!(trace.take().is_empty(), "nothing may start inside the first poll");
        whole.await;
        assert_eq!(trace.take(), ["0", "1", "2"]);
    });
}

/// Breaks if children have turns before tasks that were ready earlier, or two in a row.
#[test]
fn children_take_turns_with_all_other_tasks() {
    for_every_form(async |form| {
        let trace = Trace::default();
        let walker = |name: &'static str| -> Child<(), ()> {
            let trace = trace.clone();
            Box::pin(async move {
                for step in 1..=2 {
                    trace.note(format!("{name}{step}"));
                    yield_now().await;
                }
                Ok(())
            })
        };
        let task = spawn(walker("task"));
        form.of(["a", "b", "c"].map(walker)).await;
        task.await.unwrap().unwrap();
        assert_eq!(trace.take(), ["task1", "a1", "b1", "c1", "task2", "a2", "b2", "c2"]);
    });
}

/// Breaks if the abort of a task whose handle is a child ends more than that child, or if a
/// whole that is over takes the tasks of its other handles along.
#[test]
fn a_gathered_task_that_is_aborted_is_an_error_in_its_place_and_the_other_tasks_run_on() {
    for_every_form(async |form| {
        let (gate, done) = (Gate::default(), Count::default());
        let tasks = [0, 1, 2].map(|_| {
            let (opened, done) = (gate.clone().wait(), done.clone());
            spawn(async move {
                opened.await;
                done.add(1);
            })
        });
        let key = tasks[1].abort_handle();
        let whole = spawn(form.gives(tasks.map(|task| -> Child<_, _> { Box::pin(task) })));
        turns(3).await;
        key.abort();
        turns(3).await;
        assert_eq!(whole.is_finished(), form.tries());
        gate.open();
        match whole.await.unwrap() {
            Given::Error(error) => assert!(error.is_cancelled()),
            Given::Each(results) => {
                let [first, second, third] = &results[..] else { panic!("three results") };
                assert!(matches!((first, third), (Ok(Ok(())), Ok(Ok(())))));
                // The child gave this error: it is no error of the child's own.
                assert!(second.as_ref().unwrap().as_ref().unwrap_err().is_cancelled());
            }
        }
        turns(2).await;
        assert_eq!((done.get(), shirr::metrics().tasks), (2, 1));
    });
}

/// Breaks if a future stays until its whole has ended.
#[test]
fn a_child_that_has_ended_is_dropped_at_once() {
    for_every_form(async |form| {
        let (drops, gate) = (Drops::default(), Gate::default());
        let child = |ready: bool| -> Child<(), ()> {
            let (guard, mut opened) = (drops.guard(), Box::pin(gate.clone().wait()));
            // Not an `async` block, which drops what it holds by itself.
            Box::pin(poll_fn(move |cx| {
                let _held = &guard;
                if ready { Poll::Ready(Ok(())) } else { opened.as_mut().poll(cx).map(Ok) }
            }))
        };
        let mut whole = form.of([child(true), child(false), child(true)]);
        assert!(begin(&mut whole).await.is_pending());
        turns(1).await;
        assert_eq!(drops.count(), 2);
        gate.open();
        (&mut whole).await;
        assert!(drops.count() == 3 && drops.none_alive());
    });
}

/// Breaks if the waker of the first poll is kept.
#[test]
fn the_waker_of_the_latest_poll_is_the_one_that_is_woken() {
    for_every_form(async |form| {
        let gate = Gate::default();
        let behind: Child<(), ()> = Box::pin({
            let opened = gate.clone().wait();
            async {
                opened.await;
                Ok(())
            }
        });
        let mut whole = form.gives([ends_after(0, ()), behind, ends_after(0, ())]);
        assert!(poll_once(&mut whole).is_pending()); // with a waker that does nothing
        let waiting = spawn(whole);
        turns(2).await;
        gate.open();
        assert_eq!(waiting.await.unwrap().words(), ["()"; 3]);
    });
}

/// Breaks if what is polled once too often waits for ever, or gives something made up. A source
/// has no more.
#[test]
fn polled_after_its_output_or_its_error_it_panics_with_a_text() {
    for_every_form(async |form| {
        for last in [ends_after(0, ()), fails(0, ())] {
            let mut whole = form.gives([ends_after(0, ()), ends_after(0, ()), last]);
            (&mut whole).await;
            if form.is_source() {
                assert!(poll_once(&mut whole).is_ready());
            } else {
                let text = panic_text(|| poll_once(&mut whole));
                assert!(text.contains("gather") && text.contains("after it gave its output"), "{text}");
            }
        }
    });
}

/// Breaks if the least length of an iterator is taken for its length.
#[test]
fn a_filtered_iterator_that_does_not_know_its_length_serves() {
    let odd = run(async || gather((0..1000).filter(|i| i % 2 == 1).map(ready)).await);
    assert_eq!(odd, (0..1000).filter(|i| i % 2 == 1).collect::<Vec<_>>());
}

/// Breaks if a wrong length is trusted.
#[test]
fn an_iterator_that_lies_about_its_length_does_no_harm() {
    /// Claims as many items as asked, and gives three.
    struct Liar(usize, usize);
    impl Iterator for Liar {
        type Item = Ready<usize>;
        fn next(&mut self) -> Option<Self::Item> {
            self.1 += 1;
            (self.1 <= 3).then(|| ready(self.1))
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            (self.0, Some(self.0))
        }
    }
    run(async || {
        assert_eq!(gather(Liar(0, 0)).await, [1, 2, 3]);
        assert_eq!(gather(Liar(100, 0)).await, [1, 2, 3]);
        assert_eq!(gather(Liar(0, 0)).limit(2).await, [1, 2, 3]);
    });
}

/// Breaks if outputs are moved by a size that is not theirs.
#[test]
fn outputs_of_no_size_and_of_large_size_come_whole() {
    run(async || {
        assert_eq!(gather((0..100).map(|_| ready(()))).await.len(), 100);
        let large = gather((0..100u8).map(|i| async move { [i; 4096] })).await;
        assert!(large.iter().enumerate().all(|(i, page)| *page == [i as u8; 4096]));
    });
}
