//! What happens to the others, and to what they had given: the table in the docs of gather,
//! a test for every column, which runs over every row.

use crate::common::{Drops, Guard, Trace, begin, caught, text_of, turns};
use crate::forms::{Child, Given, fails, for_every_form, for_forms, panics};
use shirr::spawn;
use std::future::{pending, ready};

type Fallible<T> = Child<T, &'static str>;

/// Two children that have an effect after some turns, and what they leave.
#[derive(Default)]
struct Others {
    drops: Drops,
    trace: Trace,
}

impl Others {
    fn child(&self) -> Fallible<u8> {
        let (guard, trace): (Guard, _) = (self.drops.guard(), self.trace.clone());
        Box::pin(async move {
            let _guard = guard;
            turns(5).await;
            trace.note("ran on");
            Ok(1)
        })
    }

    fn around(&self, middle: Fallible<u8>) -> [Fallible<u8>; 3] {
        [self.child(), middle, self.child()]
    }

    /// They are gone now, and nothing of them comes later.
    async fn were_dropped(self) {
        assert!(self.drops.count() == 2 && self.drops.none_alive());
        assert_eq!(shirr::metrics().tasks, 1);
        turns(10).await;
        assert!(self.trace.take().is_empty());
    }

    fn ran_on(self) {
        assert_eq!(self.trace.take(), ["ran on", "ran on"]);
        assert!(self.drops.count() == 2 && self.drops.none_alive());
    }
}

/// Breaks if an error ends another form than those that try, or if it reaches the caller before
/// the others are dropped.
#[test]
fn an_error_is_a_value_and_the_others_run_on_unless_the_form_tries() {
    for_every_form(async |form| {
        let others = Others::default();
        let mut whole = form.gives(others.around(fails(1, "no")));
        let words = (&mut whole).await.words();
        if form.tries() {
            assert_eq!(words, ["the error \"no\""]);
            others.were_dropped().await;
        } else {
            assert_eq!(words, ["1", "err \"no\"", "1"]);
            others.ran_on();
        }
    });
}

/// Breaks if a panic goes on in the caller before the others are dropped, or if it ends more
/// than the whole.
#[test]
fn a_panic_drops_the_others_then_goes_on_in_the_caller_unless_the_form_settles() {
    for_every_form(async |form| {
        let others = Others::default();
        let mut whole = form.gives(others.around(panics(1, "boom")));
        let ended = caught(&mut whole).await;
        if form.settles() {
            assert_eq!(ended.unwrap().words(), ["1", "task panicked: boom", "1"]);
            others.ran_on();
        } else {
            assert_eq!(text_of(ended.err().unwrap().as_ref()), "boom");
            others.were_dropped().await;
        }
    });
}

/// Breaks if a whole's drop leaves a child for later.
#[test]
fn a_drop_of_the_whole_drops_all_before_it_returns() {
    for_every_form(async |form| {
        let others = Others::default();
        let mut whole = form.gives(others.around(Box::pin(pending())));
        assert!(begin(&mut whole).await.is_pending());
        turns(2).await;
        assert_eq!((others.drops.count(), shirr::metrics().tasks), (0, 1 + 3));
        drop(whole);
        others.were_dropped().await;
    });
}

/// Breaks if the handle of the task that awaits says cancelled while a child lives.
#[test]
fn an_abort_of_the_task_that_awaits_drops_all_before_its_handle_says_cancelled() {
    for_every_form(async |form| {
        let others = Others::default();
        let task = spawn(form.of(others.around(Box::pin(pending()))));
        turns(2).await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        others.were_dropped().await;
    });
}

/// Breaks if outputs of children that had ended wait for the drop of the whole. A source gives
/// each to its caller at once, which then drops it.
#[test]
fn outputs_that_were_there_are_dropped_before_the_caller_sees_the_error_or_the_panic() {
    for_forms(
        |form| !form.settles() && !form.is_source(),
        async |form| {
            for middle in [fails(3, "no"), panics(3, "boom")] {
                let drops = Drops::default();
                let gives = |guard| -> Fallible<Guard> { Box::pin(ready(Ok(guard))) };
                let late = drops.guard(); // in the pass in which the middle one ends
                let late = Box::pin(async move {
                    turns(3).await;
                    Ok(late)
                });
                let mut whole = form.gives([gives(drops.guard()), late, middle]);
                match caught(&mut whole).await {
                    Ok(Given::Error(text)) => assert_eq!(text, "no"),
                    Ok(Given::Each(results)) => {
                        assert!(!form.tries() && results.len() == 3 && drops.count() == 0);
                        continue;
                    }
                    Err(payload) => assert_eq!(text_of(payload.as_ref()), "boom"),
                }
                assert!(drops.count() == 2 && drops.none_alive());
            }
        },
    );
}
