//! After the first error or panic of a gather nothing of its other children runs any more; and
//! what a poll after that says.

mod common;

use common::{Count, begin, caught, counted, panic_text, poll_once, run, text_of, turns};
use shirr::{as_completed, gather, try_gather, yield_now};
use std::future::{Future, pending, poll_fn, ready};
use std::pin::Pin;
use std::task::Poll;

type Child<T> = Pin<Box<dyn Future<Output = T>>>;

/// `first`, and 99 others that count their polls and never end.
fn and_others<T: 'static>(first: impl Future<Output = T> + 'static, polls: &Count) -> Vec<Child<T>> {
    let other = || {
        let polls = polls.clone();
        let forever = poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::Pending
        });
        Box::pin(counted(polls, forever)) as Child<T>
    };
    std::iter::once(Box::pin(first) as Child<T>).chain((1..100).map(|_| other())).collect()
}

/// Would break if a child that is queued when its gather fails had its turn still.
#[test]
fn after_the_first_error_no_sibling_runs() {
    run(async || {
        let polls = Count::default();
        assert_eq!(try_gather(and_others(ready(Err::<(), _>("no")), &polls)).await, Err("no"));
        assert_eq!(polls.get(), 0);
        let later = async {
            turns(2).await;
            Err::<(), _>("later")
        };
        assert_eq!(try_gather(and_others(later, &polls)).limit(50).await, Err("later"));
        assert_eq!(polls.get(), 2 * 49);
    });
}

#[test]
fn after_the_first_panic_no_sibling_runs() {
    async fn boom<T>() -> T {
        panic!("boom")
    }
    run(async || {
        let polls = Count::default();
        assert!(caught(gather(and_others(boom::<()>(), &polls))).await.is_err());
        assert!(caught(try_gather(and_others(boom::<Result<(), ()>>(), &polls))).await.is_err());
        let mut source = as_completed(and_others(boom::<()>(), &polls));
        assert!(caught(source.next()).await.is_err());
        assert!(caught(gather!(boom::<()>(), counted(polls.clone(), pending::<u8>()))).await.is_err());
        assert_eq!(polls.get(), 0);
    });
}

/// Would break if a source that has failed went on starting children for the outputs that are
/// asked for before the panic comes.
#[test]
fn after_the_first_panic_as_completed_starts_no_more() {
    run(async || {
        let made = Count::default();
        let child = |i: usize| {
            made.add(1);
            async move {
                assert_ne!(i, 2, "no two");
                i
            }
        };
        let mut source = as_completed((0..).map(child)).limit(3);
        assert_eq!(source.next().await, Some((0, 0)));
        assert_eq!(source.next().await, Some((1, 1)));
        let payload = caught(source.next()).await.unwrap_err();
        assert!(text_of(payload.as_ref()).contains("no two"));
        assert_eq!(made.get(), 3);
    });
}

/// Would break if a failed gather that nobody polls went on running.
#[test]
fn a_gather_that_has_failed_rests_until_it_is_asked() {
    run(async || {
        let polls = Count::default();
        let mut all = try_gather(and_others(ready(Err::<(), _>("no")), &polls));
        assert!(begin(&mut all).await.is_pending());
        turns(5).await;
        assert_eq!(polls.get(), 0);
        assert_eq!(all.await, Err("no"));
        assert_eq!(shirr::metrics().tasks, 1);
    });
}

/// Would break if a panic that went through left a gather that says it gave its output.
#[test]
fn a_poll_after_a_childs_panic_says_that_there_was_a_panic() {
    async fn boom<T>() -> T {
        yield_now().await;
        panic!("boom")
    }
    async fn twice<F: Future + Unpin>(mut all: F) {
        assert_eq!(text_of(caught(&mut all).await.err().unwrap().as_ref()), "boom");
        let text = panic_text(|| poll_once(&mut all));
        assert!(text.contains("after an earlier poll had panicked"), "{text}");
    }
    run(async || {
        twice(gather([boom::<()>()])).await;
        twice(gather([boom::<()>()]).limit(1)).await;
        twice(try_gather([boom::<Result<(), ()>>()])).await;
        twice(gather!(boom::<()>(), ready(1))).await;
        twice(try_gather!(boom::<Result<(), ()>>(), ready(Ok(1)))).await;
    });
}

/// Would break if children that have begun under one rule came under another.
#[test]
fn a_gather_that_has_begun_cannot_be_told_to_settle() {
    run(async || {
        let mut all = gather([pending::<()>()]);
        assert!(begin(&mut all).await.is_pending());
        let text = panic_text(|| all.settled());
        assert_eq!(text, "a gather's form must be chosen before its first poll");
    });
}
