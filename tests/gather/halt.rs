//! After the first error or panic of a gather nothing of its other children runs any more; which
//! one is the first, and what a poll after it says.

use crate::common::shuffled::is_shuffled;
use crate::common::{Count, Drops, Gate, begin, caught, counted, panic_text, poll_once, run, text_of, turns};
use crate::forms::{Child, Form, Given, fails, for_forms, panics, waits};
use shirr::{spawn, try_gather};
use std::cell::Cell;
use std::fmt::Debug;
use std::future::poll_fn;
use std::iter::once;
use std::rc::Rc;
use std::task::Poll;

/// What ends a whole, after so many turns.
type Ends = fn(usize) -> Child<(), &'static str>;

fn error(after: usize) -> Child<(), &'static str> {
    fails(after, "no")
}

fn panic(after: usize) -> Child<(), &'static str> {
    panics(after, "boom")
}

/// What ends a whole of this form.
fn ends_of(form: Form) -> &'static [Ends] {
    match (form.tries(), form.settles()) {
        (true, _) => &[error, panic],
        (_, true) => &[],
        _ => &[panic],
    }
}

/// The word for how it ended.
fn end<T: Debug, E: Debug>(ended: std::thread::Result<Given<T, E>>) -> String {
    match ended {
        Ok(given) => given.words().join(" "),
        Err(payload) => text_of(payload.as_ref()),
    }
}

fn is_end(word: &str) -> bool {
    word == "boom" || word == "the error \"no\""
}

/// A child that is queued again whenever it is polled.
fn restless(polls: &Count) -> Child<(), &'static str> {
    let forever = poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::Pending
    });
    Box::pin(counted(polls.clone(), forever))
}

/// Breaks if a child that is queued when its gather fails still has its turn, be the gather
/// awaited or not.
#[test]
fn after_the_first_error_or_panic_no_sibling_runs() {
    for_forms(
        |form| !form.settles(),
        async |form| {
            let others = if form.is_macro() { 2 } else { 99 };
            for ends in ends_of(form) {
                for after in [0, 2] {
                    let polls = Count::default();
                    let siblings: Vec<_> = (0..others).map(|_| restless(&polls)).collect();
                    let mut whole = form.over(once(ends(after)).chain(siblings), 1 + others);
                    assert!(begin(&mut whole).await.is_pending());
                    turns(after + 5).await;
                    assert_eq!(polls.get(), after * others);
                    assert!(is_end(&end(caught(&mut whole).await)));
                    assert_eq!((polls.get(), shirr::metrics().tasks), (after * others, 1));
                }
            }
        },
    );
}

/// Breaks if a whole that has failed starts further children, a source for the outputs that
/// are asked for before the panic comes.
#[test]
fn after_the_first_error_or_panic_no_further_child_is_made() {
    for_forms(
        |form| form.is_limited() && !form.is_macro() && !form.settles(),
        async |form| {
            for ends in ends_of(form) {
                let (made, at_end) = (Count::default(), Rc::new(Cell::new(0)));
                let (counter, noted) = (made.clone(), Rc::clone(&at_end));
                let child = move |i: usize| -> Child<(), &'static str> {
                    counter.add(1);
                    let (counter, noted) = (counter.clone(), Rc::clone(&noted));
                    Box::pin(async move {
                        if i == 2 {
                            noted.set(counter.get());
                            return ends(0).await;
                        }
                        Ok(())
                    })
                };
                let mut whole = form.over((0..).map(child), 3);
                assert!(is_end(&end(caught(&mut whole).await)));
                turns(3).await;
                assert!(made.get() >= 3);
                assert_eq!(made.get(), at_end.get());
            }
        },
    );
}

/// An error that cannot be cloned.
#[derive(Debug)]
struct Unique(#[allow(dead_code, reason = "its text is read")] &'static str);

/// What is the whole's end when two children end it in one pass and a third in the next.
async fn first_of(form: Form, [first, tied, late]: [Child<(), Unique>; 3]) -> String {
    let (gates, caller): ([Gate; 3], _) = (Default::default(), Count::default());
    let behind = |(gate, child): (&Gate, Child<(), Unique>)| -> Child<(), Unique> {
        let opened = gate.clone().wait();
        Box::pin(async move {
            opened.await;
            child.await
        })
    };
    let mut children = gates.iter().zip([late, tied, first]).map(behind);
    let whole = form.gives([(); 3].map(|()| children.next().unwrap()));
    let ended = spawn(counted(caller.clone(), caught(whole)));
    turns(2).await;
    gates[2].open();
    gates[1].open();
    turns(1).await;
    gates[0].open();
    turns(5).await;
    assert!(ended.is_finished());
    assert_eq!(caller.get(), 2, "polls: to begin, and at the end");
    end(ended.await.unwrap())
}

/// Breaks if the whole's end is not that of the child that was polled first, or if what others
/// would have ended it with wakes the caller.
#[test]
fn the_first_error_or_panic_in_time_is_the_callers_and_the_others_are_not_heard_of() {
    if is_shuffled("order of wakes") {
        return;
    }
    for_forms(
        |form| !form.settles(),
        async |form| {
            let error = |text| fails(0, Unique(text));
            let panic = |text| panics(0, text);
            assert_eq!(first_of(form, [panic("first"), panic("tied"), panic("late")]).await, "first");
            assert_eq!(first_of(form, [panic("first"), error("tied"), panic("late")]).await, "first");
            if form.tries() {
                let first = "the error Unique(\"first\")";
                assert_eq!(first_of(form, [error("first"), error("tied"), error("late")]).await, first);
                assert_eq!(first_of(form, [error("first"), panic("tied"), error("late")]).await, first);
            }
        },
    );
}

/// Breaks if two that end in one pass are not told apart by their order.
#[test]
fn a_tie_goes_to_the_child_that_was_polled_first() {
    for_forms(Form::tries, async |form| {
        for after in [0, 2] {
            let children = [0, 1, 2].map(|i| fails::<(), _>(after, i));
            assert_eq!(form.gives(children).await.words(), ["the error 0"]);
        }
    });
}

/// Breaks if the children are asked in their order instead of heard of as they end.
#[test]
fn an_error_behind_a_pending_first_child_is_seen_for_every_number_of_children() {
    for n in [2, 30, 31, 100, 1000] {
        run(move || async move {
            for limit in [n, usize::MAX] {
                let drops = Drops::default();
                let guards = drops.clone();
                let child = move |i| if i == n - 1 { fails::<(), _>(1, i) } else { waits(guards.guard()) };
                let all = try_gather((0..n).map(child)).limit(limit);
                assert_eq!(all.await, Err(n - 1), "for n = {n}, limit {limit}");
                assert_eq!((drops.count(), shirr::metrics().tasks), (n - 1, 1));
            }
        });
    }
}

/// Breaks if an end is lost that comes while the whole is not awaited, or if siblings that wait
/// are dropped before the caller is there, or after it was given the end.
#[test]
fn an_error_or_a_panic_that_came_while_no_task_awaited_is_given_at_the_next_poll() {
    for_forms(
        |form| !form.settles(),
        async |form| {
            for ends in ends_of(form) {
                let drops = Drops::default();
                let mut whole = form.gives([waits(drops.guard()), ends(1), waits(drops.guard())]);
                assert!(begin(&mut whole).await.is_pending());
                turns(5).await;
                assert_eq!(drops.count(), 0, "the siblings live until the caller takes it");
                assert!(is_end(&end(caught(&mut whole).await)));
                assert_eq!((drops.count(), shirr::metrics().tasks), (2, 1), "before the caller sees it");
            }
        },
    );
}

/// Breaks if a panic that went through leaves a gather that says it gave its output.
#[test]
fn a_poll_after_a_childs_panic_says_that_there_was_a_panic() {
    for_forms(
        |form| !form.settles() && !form.is_source(),
        async |form| {
            let mut whole = form.gives([panic(1), panic(2), panic(3)]);
            assert_eq!(end(caught(&mut whole).await), "boom");
            let text = panic_text(|| poll_once(&mut whole));
            assert!(text.contains("after an earlier poll had panicked"), "{text}");
        },
    );
}

/// Breaks if a source that has panicked refuses to be asked.
#[test]
fn a_source_has_no_more_after_a_childs_panic() {
    for_forms(
        |form| form.is_source() && !form.settles(),
        async |form| {
            let mut whole = form.gives([panic(1), panic(2), panic(3)]);
            assert_eq!(end(caught(&mut whole).await), "boom");
            assert!(matches!(whole.await, Given::Each(none) if none.is_empty()));
        },
    );
}
