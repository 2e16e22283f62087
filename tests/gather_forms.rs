//! What all forms of gather have in common: how they show themselves, what they are, and
//! how they complain.

mod common;
#[path = "common/forms.rs"]
mod forms;

use common::{begin, ends, panic_text, poll_once, run, turns};
use forms::{Child, FORMS};
use shirr::{Runtime, as_completed, gather, try_gather};
use std::fmt;
use std::future::{Future, pending, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Gives itself after some turns, and must not be asked to show itself.
struct Shy(usize);

impl fmt::Debug for Shy {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("Debug ran the user's code")
    }
}

impl Future for Shy {
    type Output = Result<Shy, Shy>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(turns) = self.0.checked_sub(1) else { return Poll::Ready(Ok(Shy(0))) };
        self.0 = turns;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// What `whole` shows before its first poll, after three of five children have ended, and
/// when it is over.
async fn shown<F: Future + Unpin + fmt::Debug>(mut whole: F) -> [String; 3] {
    let before = format!("{whole:?}");
    assert!(begin(&mut whole).await.is_pending());
    turns(4).await;
    let amid = format!("{whole:?}");
    (&mut whole).await;
    [before, amid, format!("{whole:?}")]
}

fn shies() -> impl Iterator<Item = Shy> {
    [0, 99, 1, 99, 2].into_iter().map(Shy)
}

#[test]
fn debug_shows_how_many_were_started_and_have_ended_and_runs_no_foreign_code() {
    run(async || {
        let expected = |name: &str| {
            ["started: 0", "started: 5, done: 3", "over: true"]
                .map(|state| format!("{name} {{ {state}, .. }}"))
        };
        assert_eq!(shown(gather(shies())).await, expected("Gather"));
        assert_eq!(shown(gather(shies()).limit(5)).await, expected("Gather"));
        assert_eq!(shown(gather(shies()).settled()).await, expected("Gather"));
        assert_eq!(shown(try_gather(shies())).await, expected("Gather"));
        let five = || (Shy(0), Shy(99), Shy(1), Shy(99), Shy(2));
        let (a, b, c, d, e) = five();
        assert_eq!(shown(gather!(a, b, c, d, e)).await, expected("Gather"));
        let (a, b, c, d, e) = five();
        assert_eq!(shown(try_gather!(a, b, c, d, e)).await, expected("Gather"));
    });
}

#[test]
fn debug_of_as_completed_counts_outputs_that_were_given_and_those_that_wait() {
    run(async || {
        let mut source = as_completed(shies());
        assert_eq!(format!("{source:?}"), "AsCompleted { started: 0, .. }");
        assert_eq!(source.next().await.unwrap().0, 0);
        turns(4).await;
        assert_eq!(format!("{source:?}"), "AsCompleted { started: 5, done: 3, .. }");
        while source.next().await.is_some() {}
        assert_eq!(format!("{source:?}"), "AsCompleted { over: true, .. }");
    });
}

#[test]
fn every_form_may_be_moved_between_polls_although_its_children_may_not() {
    fn unpin<T: Unpin>(value: T) -> T {
        value
    }
    run(async || {
        let waits = async |n| {
            turns(n).await;
            Ok::<_, ()>(n)
        };
        let pinned = || (0..3).map(waits);
        unpin(gather(pinned())).await;
        unpin(gather(pinned()).limit(2)).await;
        unpin(gather(pinned()).settled().within(std::time::Duration::MAX)).await;
        assert!(unpin(try_gather(pinned())).await.is_ok());
        unpin(gather!(async {}, turns(1))).await;
        assert!(unpin(try_gather!(waits(1))).await.is_ok());
        assert!(unpin(as_completed(pinned())).next().await.is_some());
        // Begun here, moved to the heap, ended there.
        let mut begun = gather((0..3).map(turns));
        assert!(begin(&mut begun).await.is_pending());
        let mut boxed = Box::new(begun);
        assert_eq!((&mut *boxed).await.len(), 3);
    });
}

#[test]
fn outside_a_runtime_every_form_panics_with_the_line_that_mends_it() {
    for form in FORMS {
        let children = [(); 3].map(|()| Box::pin(ready(Ok(()))) as Child<(), ()>);
        let mut whole = form.of(children); // making one needs no runtime
        let text = panic_text(|| poll_once(&mut whole));
        assert!(text.contains("shirr::gather") && text.contains("shirr::block_on(async"), "{form:?}: {text}");
    }
}

#[test]
fn awaited_in_another_runtime_every_form_panics_instead_of_waiting_for_ever() {
    for form in FORMS {
        ends(move || {
            let (home, other) = (Runtime::new().unwrap(), Runtime::new().unwrap());
            let mut whole = form.of([(); 3].map(|()| Box::pin(pending()) as Child<(), ()>));
            home.block_on(async { assert!(begin(&mut whole).await.is_pending()) });
            let text = panic_text(|| other.block_on(async { begin(&mut whole).await.is_pending() }));
            assert!(text.contains("block_on"), "{form:?}: {text}");
        });
    }
}

#[test]
fn polled_after_its_output_or_its_error_try_gather_panics_with_a_text() {
    run(async || {
        for result in [Ok(1), Err(1)] {
            let mut all = try_gather([ready(result)]);
            assert_eq!((&mut all).await.is_ok(), result.is_ok());
            let text = panic_text(|| poll_once(&mut all));
            assert!(text.contains("gather") && text.contains("after it gave its output"), "{text}");
        }
    });
}

#[test]
fn a_limit_of_zero_or_a_limit_after_the_first_poll_panics_with_a_text_in_every_form() {
    run(async || {
        let one = || [ready(Ok::<_, ()>(1))];
        assert!(panic_text(|| gather(one()).settled().limit(0)).contains("limit(0)"));
        assert!(panic_text(|| try_gather(one()).limit(0)).contains("limit(0)"));
        assert!(panic_text(|| try_gather!(ready(Ok::<_, ()>(1))).limit(0)).contains("limit(0)"));
        let waits = || [pending::<Result<(), ()>>()];
        let (mut plain, mut fallible) = (gather(waits()), try_gather(waits()));
        let mut settled = gather(waits()).settled();
        assert!(begin(&mut plain).await.is_pending() && begin(&mut fallible).await.is_pending());
        assert!(begin(&mut settled).await.is_pending());
        assert!(panic_text(|| plain.settled()).contains("before its first poll"));
        assert!(panic_text(|| fallible.limit(1)).contains("before its first poll"));
        assert!(panic_text(|| settled.limit(1)).contains("before its first poll"));
    });
}
