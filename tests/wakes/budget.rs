//! What is ready at once gives way in the end: every future of shirr that need not wait is a
//! step, and a task takes 128 of them in a turn (I7). Sockets are in `tcp/budget.rs`.

use crate::common::{Count, counted, ends, poll_once, run};
use shirr::time::{interval_at, now, sleep, sleep_until, timeout, timeout_at};
use shirr::{Runtime, as_completed, consume_budget, gather, metrics, spawn, unblock, yield_now};
use std::future::{Future, pending};
use std::pin::pin;
use std::time::Duration;

/// As `src/wake/budget.rs` has it.
const STEPS: usize = 128;
const MANY: usize = 10 * STEPS;

/// How many turns the caller takes to do what `steps` says.
async fn turns_of(steps: impl Future) -> usize {
    yield_now().await; // a turn of its own
    let polls = Count::default();
    counted(polls.clone(), steps).await;
    polls.get()
}

/// Breaks if an ended task's handle is not counted.
#[test]
fn ended_handles_awaited_one_after_another_give_way_after_128() {
    run(async || {
        let handles: Vec<_> = (0..MANY).map(|i| spawn(async move { i })).collect();
        yield_now().await;
        yield_now().await;
        let all = async {
            for (i, handle) in handles.into_iter().enumerate() {
                assert_eq!(handle.await.unwrap(), i);
            }
        };
        assert_eq!(turns_of(all).await, 10);
    });
}

/// Breaks if the count begins elsewhere than with the turn, or stops a step early.
#[test]
fn a_task_that_takes_128_steps_is_not_held_up() {
    run(async || {
        let handles: Vec<_> = (0..STEPS).map(|i| spawn(async move { i })).collect();
        yield_now().await;
        yield_now().await;
        let all = async {
            for handle in handles {
                handle.await.unwrap();
            }
        };
        assert_eq!(turns_of(all).await, 1);
    });
}

/// Breaks if the outputs of `as_completed` are not counted.
#[test]
fn outputs_of_as_completed_that_are_there_give_way_after_128() {
    run(async || {
        let mut outputs = as_completed((0..MANY + 1).map(|i| async move { i }));
        outputs.next().await;
        yield_now().await;
        yield_now().await;
        let rest = async { while outputs.next().await.is_some() {} };
        assert_eq!(turns_of(rest).await, 11);
    });
}

/// Breaks if a gather that need not wait is not counted.
#[test]
fn gathers_of_nothing_give_way_after_128() {
    run(async || {
        let all = async {
            for _ in 0..MANY {
                gather(std::iter::empty::<std::future::Ready<()>>()).await;
            }
        };
        assert_eq!(turns_of(all).await, 10);
    });
}

/// Breaks if a sleep, an interval or a limit that is over when it is asked is not counted.
#[test]
fn deadlines_that_have_passed_give_way_after_128() {
    run(async || {
        let past = now();
        let sleeps = async {
            for _ in 0..MANY {
                sleep_until(past).await;
            }
        };
        assert_eq!(turns_of(sleeps).await, 10);
        let mut ticks = interval_at(past - Duration::from_secs(3600), Duration::from_millis(1));
        let ticks = async {
            for _ in 0..MANY {
                ticks.tick().await;
            }
        };
        assert_eq!(turns_of(ticks).await, 10);
        let limits = async {
            for _ in 0..MANY {
                timeout_at(past, pending::<()>()).await.unwrap_err();
            }
        };
        assert_eq!(turns_of(limits).await, 10);
    });
}

/// Breaks if what waits for nothing else, such as a look-up of an address, is not counted.
#[test]
fn what_a_socket_has_not_to_wait_for_gives_way_after_128() {
    run(async || {
        let all = async {
            for _ in 0..MANY {
                shirr::net::lookup_host("127.0.0.1:80").await.unwrap();
            }
        };
        assert_eq!(turns_of(all).await, 10);
        let (stream, _peer) = crate::common::peer::pair().await;
        let nothing = async {
            for _ in 0..MANY / 2 {
                assert_eq!(stream.read(&mut []).await.unwrap(), 0);
                assert_eq!(stream.write(&[]).await.unwrap(), 0);
            }
        };
        assert_eq!(turns_of(nothing).await, 10);
    });
}

/// Breaks if a closure's result that is there is not counted.
#[test]
fn results_of_closures_that_are_there_give_way_after_128() {
    ends(|| {
        let runtime = Runtime::builder().helper_threads(1).build().unwrap();
        runtime.block_on(async {
            let (begin, wait) = std::sync::mpsc::channel::<()>();
            let held = spawn(unblock(move || wait.recv()));
            yield_now().await; // the only helper has it, or will take it first
            let mut closures: Vec<_> = (0..MANY).map(|i| Box::pin(unblock(move || i))).collect();
            for closure in &mut closures {
                assert!(poll_once(closure).is_pending());
            }
            drop(begin);
            unblock(|| ()).await.unwrap(); // the helper comes to it after the others
            assert!(held.await.unwrap().unwrap().is_err());
            let all = async {
                for (i, closure) in closures.into_iter().enumerate() {
                    assert_eq!(closure.await.unwrap(), i);
                }
            };
            assert_eq!(turns_of(all).await, 10);
        });
    });
}

/// Breaks if the loop does not poll for events between a busy task's turns.
#[test]
fn a_timeout_ends_a_loop_over_a_deadline_that_has_passed() {
    run(async || {
        let past = now();
        let busy = async {
            loop {
                sleep_until(past).await;
            }
        };
        assert!(timeout(Duration::from_millis(5), busy).await.is_err());
    });
}

/// Breaks if the limit is refused its step in the turn in which its future has taken the last.
#[test]
fn a_limit_that_has_passed_cuts_off_a_future_that_takes_every_step() {
    run(async || {
        let past = now();
        let busy = async {
            loop {
                sleep_until(past).await;
            }
        };
        assert!(timeout_at(past, busy).await.is_err());
    });
}

/// Breaks if a step is not counted, or is more than one.
#[test]
fn consume_budget_gives_way_after_128() {
    run(async || {
        let all = async {
            for _ in 0..MANY {
                consume_budget().await;
            }
        };
        assert_eq!(turns_of(all).await, 10);
    });
}

/// Breaks if the kinds have budgets of their own.
#[test]
fn steps_of_all_kinds_are_one_budget() {
    run(async || {
        let past = now();
        let handles: Vec<_> = (0..MANY / 2).map(|i| spawn(async move { i })).collect();
        yield_now().await;
        yield_now().await;
        let all = async {
            for handle in handles {
                handle.await.unwrap();
                sleep_until(past).await;
            }
        };
        assert_eq!(turns_of(all).await, 10);
    });
}

/// Breaks if steps outside of a runtime count.
#[test]
fn without_a_runtime_nothing_is_held_up() {
    let runtime = shirr::Runtime::new().unwrap();
    let handles: Vec<_> = (0..MANY).map(|i| runtime.spawn(async move { i })).collect();
    runtime.block_on(async {
        for _ in 0..MANY {
            consume_budget().await;
        }
        yield_now().await;
    });
    for mut handle in handles {
        assert!(poll_once(&mut handle).is_ready());
    }
    for _ in 0..MANY {
        assert!(
            pin!(consume_budget())
                .poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
                .is_ready()
        );
    }
}

/// Breaks if giving way does not let the loop poll for events, or lets the task go on first.
#[test]
fn a_sleep_fires_and_other_tasks_run_beside_a_loop_of_steps() {
    run(async || {
        let busy = spawn(async {
            loop {
                consume_budget().await;
            }
        });
        let polls = metrics().polls;
        sleep(Duration::from_millis(2)).await;
        assert!(metrics().polls > polls);
        busy.abort();
        assert!(busy.await.unwrap_err().is_cancelled());
    });
}

/// Breaks if a deadline that has passed is refused in each turn in which another branch of its
/// task has taken all steps before it.
#[test]
fn beside_a_branch_that_takes_every_step_a_passed_deadline_is_over_all_the_same() {
    run(async || {
        let past = now();
        let flood = async {
            loop {
                consume_budget().await;
            }
        };
        let mut flood = pin!(flood);
        for other in 0..3 {
            let mut over: std::pin::Pin<Box<dyn Future<Output = ()>>> = match other {
                0 => Box::pin(sleep_until(past)),
                1 => Box::pin(async move {
                    timeout_at(past, pending::<()>()).await.unwrap_err();
                }),
                _ => Box::pin(consume_budget()),
            };
            let polls = Count::default();
            counted(
                polls.clone(),
                std::future::poll_fn(|cx| {
                    assert!(flood.as_mut().poll(cx).is_pending());
                    over.as_mut().poll(cx)
                }),
            )
            .await;
            assert!(polls.get() <= 3, "{other}: {} polls", polls.get());
        }
    });
}

/// Breaks if a name that cannot be looked up is not counted.
#[test]
fn a_name_without_a_port_gives_way_after_128() {
    run(async || {
        let all = async {
            for _ in 0..MANY {
                shirr::net::TcpStream::connect("nonsense").await.unwrap_err();
            }
        };
        assert_eq!(turns_of(all).await, 10);
    });
}
