//! The invariants about foreign code (I3, I10), by their numbers: whatever it does, and
//! wherever the runtime runs it, no borrow is in its way.

use crate::support::hooked::Hooks;
use crate::support::meddle::{meddle, meddled, meddler, meddling_hooks};
use crate::support::{in_time, poll_once, poll_with, run, run_paused, tcp_pair, text_of};
use shirr::time::{advance, sleep};
use shirr::{Runtime, gather, spawn, yield_now};
use std::future::pending;
use std::io::Write;
use std::panic::{catch_unwind, panic_any};
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_millis(1);

#[test]
fn i3_no_borrow_is_held_while_a_waker_is_cloned_woken_or_dropped() {
    run(|| async {
        let (hooks, waker) = meddling_hooks().waker();
        let (stream, mut peer) = tcp_pair().await;
        let (mut task, mut timer) = (spawn(yield_now()), sleep(MOMENT));
        let (mut children, mut buf) = (gather([yield_now()]), [0; 1]);
        let mut read = Box::pin(stream.read(&mut buf));
        for other in [&waker, Waker::noop(), &waker] {
            assert!(poll_with(&mut task, other).is_pending());
            assert!(poll_with(&mut timer, other).is_pending());
            assert!(poll_with(&mut children, other).is_pending());
            assert!(poll_with(&mut read, other).is_pending());
        }
        assert_eq!(meddled(), 4 + 4 + 4, "cloned, dropped for another one, cloned again");
        peer.write_all(b"x").unwrap();
        while hooks.wakes() < 4 {
            sleep(MOMENT).await;
        }
        assert_eq!(meddled(), 4, "woken");
        drop((task, timer, children, read));

        let (mut task, mut timer) = (spawn(yield_now()), sleep(HOUR));
        let mut children = gather([pending::<()>()]);
        stream.read_exact(&mut [0; 1]).await.unwrap(); // takes the byte away
        let mut read = Box::pin(stream.read(&mut buf));
        assert!(poll_with(&mut task, &waker).is_pending());
        assert!(poll_with(&mut timer, &waker).is_pending());
        assert!(poll_with(&mut children, &waker).is_pending());
        assert!(poll_with(&mut read, &waker).is_pending());
        assert_eq!(meddled(), 4, "cloned");
        drop((task, timer, children, read));
        assert_eq!(meddled(), 4, "dropped with what waited");
        assert_eq!(Arc::strong_count(&hooks), 2);
    });
}

/// Meddles, and asks the clock to go elsewhere, which it may refuse, but for one reason only.
fn meddle_with_time() {
    if let Err(payload) = catch_unwind(|| poll_once(&mut advance(Duration::ZERO))) {
        assert!(text_of(payload).contains("under way"));
    }
    meddle();
}

#[test]
fn i3_no_borrow_of_the_clock_is_held_while_an_advances_waker_is_cloned_woken_or_dropped() {
    run_paused(|| async {
        let hooks = Hooks::new().at_clone(meddle_with_time).at_wake(meddle_with_time);
        let (hooks, waker) = hooks.at_drop(meddle_with_time).waker();
        let mut clock = advance(HOUR);
        for other in [&waker, Waker::noop(), &waker] {
            assert!(poll_with(&mut clock, other).is_pending());
        }
        assert_eq!(meddled(), 3, "cloned, dropped for another one, cloned again");
        sleep(HOUR).await;
        sleep(HOUR).await;
        assert_eq!((meddled(), hooks.wakes()), (1, 1), "woken");
        drop(clock);
        let mut clock = advance(HOUR);
        assert!(poll_with(&mut clock, &waker).is_pending());
        drop(clock);
        assert_eq!(meddled(), 2, "cloned, and dropped with the advance");
        assert_eq!(Arc::strong_count(&hooks), 2);
    });
}

#[test]
fn i3_no_borrow_is_held_while_a_future_an_output_or_a_payload_is_dropped() {
    run(|| async {
        let (held, output) = (meddler(), meddler());
        drop(spawn(async move {
            meddle();
            drop(held);
            output
        }));
        let output = meddler();
        let unwanted = spawn(async move { output });
        yield_now().await;
        assert_eq!(meddled(), 3);
        drop(unwanted);
        assert_eq!(meddled(), 1);

        let held = meddler();
        let aborted = spawn(async move {
            pending::<()>().await;
            drop(held);
        });
        yield_now().await;
        aborted.abort();
        assert!(aborted.await.unwrap_err().is_cancelled());
        assert_eq!(meddled(), 1);

        struct Payload;
        impl Drop for Payload {
            fn drop(&mut self) {
                meddle();
            }
        }
        drop(spawn(async { panic_any(Payload) }));
        yield_now().await;
        assert_eq!(meddled(), 1);
    });
}

#[test]
fn i10_user_code_may_do_anything_from_anywhere() {
    in_time(|| {
        let runtime = Runtime::new().unwrap();
        let sleeper = |held| async move {
            pending::<()>().await;
            drop(held);
        };
        runtime.block_on(async {
            meddle(); // from the root's poll
            let inner = meddler();
            let task = spawn(async move {
                let _inner = inner; // from a drop while the task unwinds
                meddle(); // from a task's poll
                panic!("unwind");
            });
            assert!(task.await.unwrap_err().is_panic());
            let aborted = spawn(sleeper(meddler())); // from an aborted task's drop
            aborted.abort();
            assert!(aborted.await.unwrap_err().is_cancelled());
            drop(gather([sleeper(meddler())])); // from a child's drop
        });
        assert_eq!(meddled(), 5);
        let kept = runtime.spawn(sleeper(meddler())); // during shutdown, with a handle
        drop(runtime.spawn(sleeper(meddler()))); // and without
        drop(runtime);
        assert_eq!(meddled(), 2);
        drop(kept);
    });
}
