//! What children may do to their own gather, and while they are dropped with it.

mod common;

use common::{Drops, Trace, begin, paused, run, turns};
use shirr::time::sleep;
use shirr::{JoinError, gather, spawn};
use std::cell::{Cell, RefCell};
use std::future::{Future, pending, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// A gather that lies where its children can reach it.
type Held<T> = Rc<RefCell<Option<Pin<Box<dyn Future<Output = Vec<T>>>>>>>;

#[test]
fn a_child_may_drop_its_own_gather_and_ends_when_its_poll_returns() {
    run(async || {
        let (held, drops, trace) = (Held::<()>::default(), Drops::default(), Trace::default());
        let child = |i: usize| {
            let (held, drops, trace, guard) = (held.clone(), drops.clone(), trace.clone(), drops.guard());
            async move {
                let _guard = guard;
                if i == 1 {
                    drop(held.take());
                    trace.note(format!("{} dropped inside", drops.count()));
                }
                pending().await
            }
        };
        let mut all: Pin<Box<dyn Future<Output = Vec<()>>>> =
            Box::pin(gather((0..4).map(child).collect::<Vec<_>>()));
        assert!(begin(&mut all).await.is_pending());
        *held.borrow_mut() = Some(all);
        turns(2).await;
        assert_eq!(trace.take(), ["3 dropped inside"]);
        assert_eq!((drops.count(), shirr::metrics().tasks), (4, 1));
    });
}

#[test]
fn a_child_may_cut_its_own_settled_gather_short_and_counts_as_cancelled() {
    paused(async || {
        let (held, drops, trace) =
            (Held::<Result<(), JoinError>>::default(), Drops::default(), Trace::default());
        let child = |i: usize| {
            let (held, trace, guard) = (held.clone(), trace.clone(), drops.guard());
            async move {
                let _guard = guard;
                if i == 1 {
                    sleep(Duration::from_millis(2)).await;
                    let mut all = held.take().unwrap();
                    let Poll::Ready(results) = begin(&mut all).await else { panic!("its time is over") };
                    trace.note(results.iter().flatten().count());
                    trace.note(results.len());
                }
                pending().await
            }
        };
        let all = gather((0..3).map(child).collect::<Vec<_>>()).settled().within(Duration::from_millis(1));
        let mut all: Pin<Box<dyn Future<Output = _>>> = Box::pin(all);
        assert!(begin(&mut all).await.is_pending());
        *held.borrow_mut() = Some(all);
        while drops.count() < 3 {
            sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(trace.take(), ["0", "3"]);
        assert_eq!((drops.count(), shirr::metrics().tasks), (3, 1));
    });
}

#[test]
fn a_childs_drop_may_spawn_abort_gather_and_panic_and_the_other_children_still_go() {
    struct Busy(Rc<Cell<usize>>, shirr::AbortHandle);
    impl Drop for Busy {
        fn drop(&mut self) {
            let ran = Rc::clone(&self.0);
            drop(spawn(async move {
                let outputs = gather([ready(1), ready(1)]).await;
                ran.set(ran.get() + outputs.len());
            }));
            self.1.abort();
            panic!("a drop that fails");
        }
    }
    run(async || {
        let (ran, victim) = (Rc::default(), spawn(pending::<()>()));
        let child = |_| {
            let busy = Busy(Rc::clone(&ran), victim.abort_handle());
            async move {
                let _busy = busy;
                pending::<()>().await
            }
        };
        let mut all = gather((0..4).map(child).collect::<Vec<_>>());
        assert!(begin(&mut all).await.is_pending());
        turns(1).await;
        drop(all);
        assert!(victim.await.unwrap_err().is_cancelled());
        turns(4).await;
        assert_eq!((ran.get(), shirr::metrics().tasks), (8, 1));
    });
}
