//! What a gather gives, when, and in which order.

mod common;

use common::{Count, Gate, Trace, begin, counted, panic_text, poll_once, run, turns};
use shirr::{gather, spawn, yield_now};
use std::future::{Ready, ready};
use std::rc::Rc;
use std::task::Poll;

#[test]
fn an_empty_gather_is_ready_at_its_first_poll_and_costs_nothing() {
    run(async || {
        let before = shirr::metrics();
        let mut empty = gather(Vec::<Ready<u8>>::new());
        assert_eq!(poll_once(&mut empty), Poll::Ready(vec![]));
        assert_eq!(shirr::metrics(), before); // no task, no wake, no poll
    });
}

#[test]
fn one_child_gives_one_output() {
    assert_eq!(run(async || gather([ready("one")]).await), ["one"]);
}

#[test]
fn children_that_end_in_reverse_give_outputs_in_input_order() {
    run(async || {
        let (gates, ended): (Vec<Gate>, _) = ((0..5).map(|_| Gate::default()).collect(), Trace::default());
        let child = |(i, gate): (usize, &Gate)| {
            let (gate, ended) = (gate.clone(), ended.clone());
            async move {
                gate.wait().await;
                ended.note(i);
                i
            }
        };
        let children: Vec<_> = gates.iter().enumerate().map(child).collect();
        let all = spawn(gather(children));
        for gate in gates.iter().rev() {
            turns(2).await;
            gate.open();
        }
        assert_eq!(all.await.unwrap(), [0, 1, 2, 3, 4]);
        assert_eq!(ended.take(), ["4", "3", "2", "1", "0"]);
    });
}

#[test]
fn it_is_not_ready_before_its_last_child() {
    run(async || {
        let gates: Vec<Gate> = (0..3).map(|_| Gate::default()).collect();
        let all = spawn(gather(gates.clone().into_iter().map(Gate::wait)));
        for gate in &gates {
            turns(5).await;
            assert!(!all.is_finished());
            gate.open();
        }
        assert_eq!(all.await.unwrap().len(), 3);
    });
}

#[test]
fn children_that_are_ready_at_once_take_one_pass_and_one_poll_each() {
    run(async || {
        let (polls, before) = (Count::default(), shirr::metrics());
        gather((0..10).map(|i| counted(polls.clone(), ready(i)))).await;
        assert_eq!(polls.get(), 10);
        assert_eq!(shirr::metrics().polls - before.polls, 11); // and the caller's second
    });
}

#[test]
fn children_start_in_input_order_and_none_before_the_caller_waits() {
    run(async || {
        let trace = Trace::default();
        let child = |i: usize| {
            let trace = trace.clone();
            async move { trace.note(i) }
        };
        let mut all = gather((0..4).map(child));
        turns(3).await;
        assert!(trace.take().is_empty(), "nothing may start before the first poll");
        assert!(begin(&mut all).await.is_pending());
        assert!(trace.take().is_empty(), "nothing may start inside the first poll");
        all.await;
        assert_eq!(trace.take(), ["0", "1", "2", "3"]);
    });
}

#[test]
fn a_spawned_gather_starts_without_being_awaited() {
    run(async || {
        let polls = Count::default();
        let counts = polls.clone();
        let all = spawn(gather((0..4).map(move |i| counted(counts.clone(), ready(i)))));
        turns(2).await;
        assert_eq!(polls.get(), 4);
        assert_eq!(all.await.unwrap(), [0, 1, 2, 3]);
    });
}

#[test]
fn children_take_turns_with_all_other_tasks() {
    run(async || {
        let trace = Trace::default();
        let walker = |name: &'static str| {
            let trace = trace.clone();
            async move {
                for step in 1..=2 {
                    trace.note(format!("{name}{step}"));
                    yield_now().await;
                }
            }
        };
        let task = spawn(walker("task"));
        gather([walker("a"), walker("b")]).await;
        task.await.unwrap();
        assert_eq!(trace.take(), ["task1", "a1", "b1", "task2", "a2", "b2"]);
    });
}

#[test]
fn a_filtered_iterator_that_does_not_know_its_length_serves() {
    let odd = run(async || gather((0..1000).filter(|i| i % 2 == 1).map(ready)).await);
    assert_eq!(odd, (0..1000).filter(|i| i % 2 == 1).collect::<Vec<_>>());
}

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

#[test]
fn children_may_hold_an_rc_across_an_await() {
    run(async || {
        let shared = Rc::new(20);
        let child = |i: i32| {
            let shared = Rc::clone(&shared);
            async move {
                yield_now().await;
                *shared + i
            }
        };
        assert_eq!(gather((1..3).map(child)).await, [21, 22]);
        assert_eq!(Rc::strong_count(&shared), 1);
    });
}

#[test]
fn results_are_values_and_an_error_stops_nobody() {
    run(async || {
        let parse = async |text: &'static str| {
            yield_now().await;
            text.parse::<i32>().map_err(|error| error.to_string())
        };
        let all = gather([parse("1"), parse("x"), parse("3")]).await;
        assert_eq!(all, [Ok(1), Err("invalid digit found in string".into()), Ok(3)]);
    });
}

#[test]
fn task_handles_are_awaited_like_any_future() {
    run(async || {
        let tasks = gather((0..3).map(|i| spawn(async move { i }))).await;
        assert_eq!(tasks.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [0, 1, 2]);
    });
}

#[test]
fn outputs_of_no_size_and_of_large_size_come_whole() {
    run(async || {
        assert_eq!(gather((0..100).map(|_| ready(()))).await.len(), 100);
        let large = gather((0..100u8).map(|i| async move { [i; 4096] })).await;
        assert!(large.iter().enumerate().all(|(i, page)| *page == [i as u8; 4096]));
    });
}

#[test]
fn a_poll_that_nobody_asked_for_polls_no_child() {
    run(async || {
        let (polls, gate) = (Count::default(), Gate::default());
        let mut all = gather((0..5).map(|_| counted(polls.clone(), gate.clone().wait())));
        for _ in 0..10 {
            assert!(begin(&mut all).await.is_pending());
            yield_now().await;
        }
        assert_eq!(polls.get(), 5);
        gate.open();
        all.await;
        assert_eq!(polls.get(), 10);
    });
}

#[test]
fn the_waker_of_the_latest_poll_is_the_one_that_is_woken() {
    run(async || {
        let gate = Gate::default();
        let mut all = gather([gate.clone().wait()]);
        assert!(poll_once(&mut all).is_pending()); // with a waker that does nothing
        let waiting = spawn(all);
        turns(2).await;
        gate.open();
        assert_eq!(waiting.await.unwrap(), [()]);
    });
}

#[test]
fn polled_after_its_output_it_panics_with_a_text() {
    run(async || {
        let mut all = gather([ready(1)]);
        assert_eq!((&mut all).await, [1]);
        let text = panic_text(|| poll_once(&mut all));
        assert!(text.contains("gather") && text.contains("after it gave its output"), "{text}");
    });
}
