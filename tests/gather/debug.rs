//! What all forms of gather have in common: how they show themselves, and that they may be moved.

use crate::common::{begin, run, turns};
use shirr::{as_completed, gather, try_gather};
use std::fmt;
use std::future::Future;
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

/// Breaks if `Debug` asks the children or the iterator, or counts wrongly.
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

/// Breaks if an output that was given is no longer counted as done.
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

/// Breaks if a form holds a child in itself.
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
