//! A gather and the runtime it runs in: none there, or another one. One that ends is in
//! `shutdown.rs`.

use crate::common::{Drops, begin, ends, panic_text, poll_once, registered, turns};
use crate::forms::{Child, FORMS};
use shirr::net::TcpListener;
use shirr::time::sleep;
use shirr::{Runtime, gather, yield_now};
use std::future::{pending, ready};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(600);

fn is_wrong_runtime(text: &str) -> bool {
    text.contains("a shirr gather was awaited") && text.contains("in that runtime's block_on")
}

/// Breaks if the text does not say what to do.
#[test]
fn outside_a_runtime_it_panics_with_the_line_that_mends_it() {
    for (form, _) in FORMS {
        let children = [(); 3].map(|()| Box::pin(ready(Ok(()))) as Child<(), ()>);
        let mut whole = form.of(children); // making one needs no runtime
        let text = panic_text(|| poll_once(&mut whole));
        assert!(text.contains("shirr::gather") && text.contains("shirr::block_on(async"), "{form:?}: {text}");
    }
}

/// Breaks if a gather counts as begun before it has a runtime to begin in.
#[test]
fn a_gather_polled_where_there_is_no_runtime_begins_in_the_next_one() {
    for (form, _) in FORMS {
        let mut whole = form.of([(); 3].map(|()| Box::pin(ready(Ok(()))) as Child<(), ()>));
        let text = panic_text(|| poll_once(&mut whole));
        assert!(text.contains("no shirr runtime"), "{form:?}: {text}");
        shirr::block_on(whole);
    }
}

/// Breaks if it waits for a loop that does not run.
#[test]
fn awaited_in_another_runtime_it_panics_instead_of_waiting_for_ever() {
    for (form, _) in FORMS {
        ends(move || {
            let (first, other) = (Runtime::new().unwrap(), Runtime::new().unwrap());
            let mut whole = form.of([(); 3].map(|()| Box::pin(pending()) as Child<(), ()>));
            first.block_on(async { assert!(begin(&mut whole).await.is_pending()) });
            let text = panic_text(|| other.block_on(async { begin(&mut whole).await.is_pending() }));
            assert!(is_wrong_runtime(&text), "{form:?}: {text}");
        });
    }
}

/// Breaks if that panic ends the gather, or drops what a macro's children leave.
#[test]
fn after_that_panic_it_goes_on_in_its_own_runtime() {
    for (form, _) in FORMS {
        ends(move || {
            let (first, other) = (Runtime::new().unwrap(), Runtime::new().unwrap());
            let turn = async || {
                yield_now().await;
                Ok(())
            };
            let child = || Box::pin(turn()) as Child<(), ()>;
            let mut whole = form.of([(); 3].map(|()| child()));
            first.block_on(async { assert!(begin(&mut whole).await.is_pending()) });
            assert!(is_wrong_runtime(&panic_text(
                || other.block_on(async { begin(&mut whole).await.is_pending() })
            )));
            first.block_on(whole);
        });
    }
}

/// Breaks if the next child begins in a runtime that does not run here.
#[test]
fn moved_between_two_children_to_another_runtime_it_panics_instead_of_waiting_for_ever() {
    for (form, _) in FORMS.into_iter().filter(|(form, _)| form.is_limited()) {
        ends(move || {
            let (first, other) = (Runtime::new().unwrap(), Runtime::new().unwrap());
            let children = [(); 3].map(|()| Box::pin(ready(Ok(()))) as Child<(), ()>);
            let mut whole = form.over(children.into_iter(), 1);
            first.block_on(async {
                assert!(begin(&mut whole).await.is_pending());
                turns(2).await; // the first child has ended, the second has not begun
            });
            let text = panic_text(|| other.block_on(async { begin(&mut whole).await.is_pending() }));
            assert!(is_wrong_runtime(&text), "{form:?}: {text}");
        });
    }
}

/// Breaks if the drop is left to a loop that does not run.
#[test]
fn dropped_while_another_runtime_runs_its_children_go_at_once_and_leave_nothing() {
    ends(|| {
        let (first, other) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let drops = Drops::default();
        let child = |_| {
            let guard = drops.guard();
            async move {
                let _listener = (guard, TcpListener::bind("127.0.0.1:0").await.unwrap());
                sleep(LONG).await;
            }
        };
        let mut all = gather((0..3).map(child).collect::<Vec<_>>());
        first.block_on(async {
            assert!(begin(&mut all).await.is_pending());
            turns(3).await;
            assert_eq!(registered(), (3, 3));
        });
        other.block_on(async move { drop(all) });
        assert_eq!((drops.count(), first.metrics().tasks, first.metrics().sources), (3, 0, 0));
        first.block_on(sleep(Duration::from_millis(1))); // it hears of the timers from afar
        assert_eq!(first.metrics().timers, 0);
    });
}
