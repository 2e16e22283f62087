//! Sets of tasks: joined as they end, ended with the set, whatever their destructors do. And the
//! handle that aborts its task when it is dropped.

use crate::common::shuffled::is_shuffled;
use crate::common::{
    Count, Drops, Gate, Trace, begin, caught, counted, ends, panic_text, paused, run, turns, waits,
};
use shirr::time::sleep;
use shirr::{JoinHandle, JoinSet, Runtime, gather, metrics, spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn, ready};
use std::panic::panic_any;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// A set that tasks reach, too.
type Shared<T> = Rc<RefCell<Option<JoinSet<T>>>>;

fn shared<T: 'static>() -> Shared<T> {
    Rc::new(RefCell::new(Some(JoinSet::new())))
}

/// Runs a closure when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Never ends; calls `f` when it is dropped.
async fn waits_and<T>(f: impl FnMut()) -> T {
    let _guard = OnDrop(f);
    pending().await
}

/// What is left of a set, in the order in which it comes.
async fn rest<T: 'static>(set: &mut JoinSet<T>) -> Vec<Option<T>> {
    let mut results = Vec::new();
    while let Some((_, result)) = set.join_next().await {
        results.push(result.ok());
    }
    results
}

/// Breaks if results come in the order of the spawns, or if an id is another task's.
#[test]
fn tasks_are_joined_in_the_order_in_which_they_end_each_with_its_id() {
    paused(|| async {
        let mut set = JoinSet::new();
        let delays = [3, 1, 2];
        let ids = delays.map(|s| {
            let task = set.spawn(async move {
                sleep(Duration::from_secs(s)).await;
                s
            });
            task.id()
        });
        let mut joined = Vec::new();
        while let Some((id, result)) = set.join_next().await {
            joined.push((id, result.unwrap()));
        }
        assert_eq!(joined, [(ids[1], 1), (ids[2], 2), (ids[0], 3)]);
        assert!(set.join_next().await.is_none());
    });
}

/// Breaks if a task begins only when the set is awaited, or if `len` forgets what has ended.
#[test]
fn tasks_run_unasked_and_count_until_they_are_joined() {
    run(|| async {
        let mut set: JoinSet<u8> = [1, 2].map(|i| async move { i }).into_iter().collect();
        set.spawn(pending());
        assert!(set.try_join_next().is_none());
        assert_eq!(format!("{set:?}"), "JoinSet { running: 3, ended: 0 }");
        yield_now().await;
        assert_eq!(format!("{set:?}"), "JoinSet { running: 1, ended: 2 }");
        assert_eq!((set.len(), set.is_empty()), (3, false));
        assert_eq!(set.try_join_next().unwrap().1.unwrap(), 1);
        assert_eq!(set.join_next().await.unwrap().1.unwrap(), 2);
        assert_eq!((set.len(), metrics().tasks), (1, 2));
    });
}

/// Breaks if a panic leaves the task, or if an abort counts as one.
#[test]
fn a_panic_and_an_abort_are_values() {
    run(|| async {
        let mut set = JoinSet::new();
        set.spawn(async { panic!("no ink") });
        let aborted = set.spawn(pending::<()>());
        aborted.abort();
        assert_eq!(set.join_next().await.unwrap().1.unwrap_err().to_string(), "task panicked: no ink");
        let (id, result) = set.join_next().await.unwrap();
        assert!(id == aborted.id() && result.unwrap_err().is_cancelled());
        assert!(set.is_empty());
    });
}

/// Breaks if a task is dropped at its next turn, as an abort does it, instead of in the drop.
#[test]
fn a_dropped_set_drops_its_tasks_and_results_before_the_drop_returns() {
    run(|| async {
        let drops = Drops::default();
        let mut set = JoinSet::new();
        let (ended, unpolled) = (drops.guard(), drops.guard());
        set.spawn(ready(Some(ended)));
        for guard in [drops.guard(), drops.guard()] {
            set.spawn(async move {
                waits(guard).await;
                None
            });
        }
        yield_now().await;
        set.spawn(async move {
            drop(unpolled);
            None
        });
        assert_eq!((drops.count(), metrics().tasks), (0, 4));
        drop(set);
        assert_eq!((drops.count(), metrics().tasks), (4, 1));
    });
}

/// Breaks if `abort_all` drops a future before its turn, or forgets one.
#[test]
fn abort_all_drops_each_task_at_its_turn_and_its_result_says_so() {
    run(|| async {
        let drops = Drops::default();
        let mut set: JoinSet<()> = (0..3).map(|_| waits(drops.guard())).collect();
        yield_now().await;
        set.abort_all();
        assert_eq!(drops.count(), 0);
        assert_eq!(rest(&mut set).await, [None; 3]);
        assert_eq!((drops.count(), metrics().tasks), (3, 1));
    });
}

/// Breaks if a detached task is dropped with the set, or if its output stays anywhere.
#[test]
fn detached_tasks_run_on_and_their_outputs_are_dropped() {
    run(|| async {
        let (drops, gate) = (Drops::default(), Gate::default());
        let mut set = JoinSet::new();
        set.spawn(ready(drops.guard()));
        yield_now().await;
        let (opened, guard) = (gate.clone(), drops.guard());
        set.spawn(async move {
            opened.wait().await;
            guard
        });
        yield_now().await;
        set.detach_all();
        assert_eq!((set.len(), drops.count(), metrics().tasks), (0, 1, 2));
        set.spawn(ready(drops.guard()));
        drop(set);
        gate.open();
        turns(2).await;
        assert!(drops.none_alive());
        assert_eq!(metrics().tasks, 1);
    });
}

/// Breaks if the output of a detached task is dropped on the loop's stack and its panic not caught.
#[test]
fn the_output_of_a_detached_task_may_panic_in_its_drop() {
    run(|| async {
        let mut set = JoinSet::new();
        set.spawn(async { OnDrop(|| panic!("in a drop")) });
        set.detach_all();
        yield_now().await;
        assert_eq!(metrics().tasks, 1);
    });
}

/// Breaks if a join that waits takes anything out of the set.
#[test]
fn a_join_that_is_given_up_loses_nothing() {
    run(|| async {
        let gate = Gate::default();
        let mut set = JoinSet::new();
        let opened = gate.clone();
        set.spawn(async move { opened.wait().await });
        assert!(begin(&mut pin!(set.join_next())).await.is_pending());
        gate.open();
        yield_now().await;
        assert!(set.join_next().await.unwrap().1.is_ok());
    });
}

/// Breaks if every end wakes the waiting task, or if a wake polls more than that one.
#[test]
fn many_ends_in_one_round_wake_the_waiting_task_once() {
    // In another order, the waiting task has its turn between those of the others.
    if is_shuffled("order of wakes") {
        return;
    }
    run(|| async {
        let polls = Count::default();
        let mut set: JoinSet<()> = (0..100).map(|_| turns(1)).collect();
        assert_eq!(counted(polls.clone(), rest(&mut set)).await.len(), 100);
        assert_eq!(polls.get(), 2);
    });
}

/// Breaks if a join takes no step of the budget: the other task would wait for all of them.
#[test]
fn a_join_of_what_has_ended_gives_way_after_its_steps() {
    run(|| async {
        let mut set: JoinSet<()> = (0..1_000).map(|_| ready(())).collect();
        yield_now().await;
        let other = spawn(async {});
        let mut joined = 0;
        while !other.is_finished() {
            assert!(set.join_next().await.is_some());
            joined += 1;
        }
        assert!((1..=129).contains(&joined), "{joined} joins without giving way");
    });
}

/// Breaks if a task keeps its slot, or its place in the set, after its end.
#[test]
fn a_set_that_spawns_and_joins_for_ever_holds_no_more_than_at_first() {
    run(|| async {
        let mut set = JoinSet::new();
        for i in 0..10_000 {
            set.spawn(ready(i));
            assert_eq!(metrics().tasks, 2);
            assert_eq!(set.join_next().await.unwrap().1.unwrap(), i);
            assert_eq!((set.len(), metrics().tasks), (0, 1));
        }
    });
}

/// Breaks if the drop waits for the task's poll, or the task is polled again, or if another that
/// was spawned meanwhile is taken for it.
#[test]
fn a_task_that_drops_its_own_set_goes_when_its_poll_returns() {
    run(|| async {
        let (trace, drops, set) = (Trace::default(), Drops::default(), shared());
        let (noted, guards, own) = (trace.clone(), drops.clone(), Rc::clone(&set));
        let task = async move {
            let guard = guards.guard();
            drop(own.take());
            noted.note(format!("the other is gone: {}", guards.count() == 1));
            drop(spawn(waits(guards.guard()))); // in the slot that the drop has left
            yield_now().await;
            drop(guard);
            noted.note("polled again");
        };
        set.borrow_mut().as_mut().unwrap().spawn(task);
        set.borrow_mut().as_mut().unwrap().spawn(waits(drops.guard()));
        yield_now().await;
        turns(3).await;
        assert_eq!(trace.take(), ["the other is gone: true"]);
        assert_eq!((drops.count(), metrics().tasks), (2, 2));
    });
}

/// Breaks if a task that ends in the poll that drops its set leaves its output behind.
#[test]
fn a_task_that_drops_its_own_set_and_ends_has_its_output_dropped() {
    run(|| async {
        let (drops, set) = (Drops::default(), shared());
        let (guard, own) = (drops.guard(), Rc::clone(&set));
        set.borrow_mut().as_mut().unwrap().spawn(async move {
            drop(own.take());
            guard
        });
        yield_now().await;
        assert!(drops.none_alive() && set.borrow().is_none());
        assert_eq!(metrics().tasks, 1);
    });
}

/// Breaks if the loop drops the last `Rc` of such a task, and with it the future: a panic of that
/// would end the loop.
#[test]
fn a_task_that_drops_its_own_set_may_panic_in_its_drop() {
    run(|| async {
        let (drops, set) = (Drops::default(), shared::<()>());
        let (guard, own) = (drops.guard(), Rc::clone(&set));
        set.borrow_mut().as_mut().unwrap().spawn(async move {
            let _guard = OnDrop(move || {
                let _ = &guard;
                panic!("in a drop");
            });
            drop(own.take());
            pending().await
        });
        yield_now().await;
        assert!(drops.none_alive());
        assert_eq!(metrics().tasks, 1);
    });
}

/// Breaks if the set still holds the key of a task that is being dropped: the slot is another's
/// by then, and that one would be dropped for it.
#[test]
fn a_task_that_spawns_and_then_drops_its_set_in_its_drop_harms_no_stranger() {
    run(|| async {
        let (drops, set) = (Drops::default(), shared::<()>());
        let (own, guards) = (Rc::clone(&set), drops.clone());
        let task = waits_and(move || {
            drop(spawn(waits(guards.guard())));
            drop(own.take());
        });
        let task = set.borrow_mut().as_mut().unwrap().spawn(task);
        yield_now().await;
        task.abort();
        turns(3).await;
        assert_eq!((drops.count(), metrics().tasks), (0, 2)); // the stranger waits
    });
}

/// Breaks if a task that is being dropped still has its slot: the set's drop would empty that,
/// and the loop once more when the stranger has it.
#[test]
fn a_task_that_drops_its_set_and_then_spawns_in_its_drop_harms_no_stranger() {
    run(|| async {
        let (drops, set) = (Drops::default(), shared::<()>());
        let (own, guards) = (Rc::clone(&set), drops.clone());
        let task = waits_and(move || {
            drop(own.take());
            drop(spawn(waits(guards.guard())));
        });
        let task = set.borrow_mut().as_mut().unwrap().spawn(task);
        yield_now().await;
        task.abort();
        turns(3).await;
        assert_eq!((drops.count(), metrics().tasks), (0, 2));
    });
}

/// Breaks if anything of the set is borrowed while a task's future is dropped.
#[test]
fn a_task_may_spawn_into_its_set_in_its_drop() {
    run(|| async {
        let set = shared();
        let own = Rc::clone(&set);
        let task = waits_and(move || {
            let mut set = own.borrow_mut();
            set.as_mut().unwrap().spawn(async { 2 });
        });
        let task = set.borrow_mut().as_mut().unwrap().spawn(task);
        yield_now().await;
        task.abort();
        turns(2).await;
        let mut set = set.take().unwrap();
        assert_eq!(rest(&mut set).await, [None, Some(2)]);
    });
}

/// Breaks if a set forgets a task while that is dropped, so that a join finds nothing to wait for.
#[test]
fn a_task_that_joins_its_set_in_its_drop_has_to_wait() {
    run(|| async {
        let (set, waited) = (shared::<()>(), Rc::new(Cell::new(false)));
        let (own, flag) = (Rc::clone(&set), Rc::clone(&waited));
        let task = waits_and(move || {
            let mut set = own.borrow_mut();
            let polled = set.as_mut().unwrap().poll_join_next(&mut Context::from_waker(Waker::noop()));
            flag.set(polled.is_pending());
        });
        let task = set.borrow_mut().as_mut().unwrap().spawn(task);
        yield_now().await;
        task.abort();
        yield_now().await;
        assert!(waited.get());
        let mut set = set.take().unwrap();
        assert_eq!(rest(&mut set).await, [None]);
    });
}

/// Breaks if a panic of one destructor keeps the others from being dropped, or leaves the drop.
#[test]
fn a_destructor_that_panics_harms_no_other_task() {
    run(|| async {
        let drops = Drops::default();
        let mut set = JoinSet::new();
        for _ in 0..3 {
            let guard = drops.guard();
            set.spawn(waits_and::<()>(move || {
                let _ = &guard;
                panic!("in a drop");
            }));
        }
        yield_now().await;
        drop(set);
        assert!(drops.none_alive());
        assert_eq!(metrics().tasks, 1);
    });
}

/// Breaks if a task of an ended runtime is waited for, or if one is begun there.
#[test]
fn when_the_runtime_ends_the_tasks_are_dropped_and_their_results_say_so() {
    ends(|| {
        let (drops, runtime) = (Drops::default(), Runtime::new().unwrap());
        let mut set = JoinSet::new();
        runtime.block_on(async {
            set.spawn(waits(drops.guard()));
            yield_now().await;
        });
        drop(runtime);
        assert_eq!(drops.count(), 1);
        assert!(set.try_join_next().unwrap().1.unwrap_err().is_cancelled());
        shirr::block_on(async {
            set.spawn(async {}); // it may go on in another runtime
            assert_eq!(rest(&mut set).await, [Some(())]);
        });
    });
}

/// Breaks if a set that is dropped, or filled, while its runtime ends leaves a task there.
#[test]
fn a_set_may_be_filled_and_dropped_while_its_runtime_ends() {
    ends(|| {
        let (drops, results) = (Drops::default(), Trace::default());
        let runtime = Runtime::new().unwrap();
        let (guards, noted) = (drops.clone(), results.clone());
        runtime.block_on(async move {
            let mut set = JoinSet::new();
            set.spawn(waits(guards.guard()));
            let mut set = Some(set);
            drop(spawn(waits_and::<()>(move || {
                let mut set = set.take().unwrap();
                set.spawn(waits(guards.guard()));
                let late = set.try_join_next().unwrap().1;
                noted.note(late.unwrap_err());
                drop(set);
                noted.note(guards.count());
            })));
            yield_now().await;
        });
        drop(runtime);
        assert_eq!(results.take(), ["task was cancelled", "2"]);
        assert!(drops.none_alive());
    });
}

/// Breaks if a set asks which runtime runs when it is dropped.
#[test]
fn a_set_may_be_dropped_where_its_runtime_does_not_run() {
    ends(|| {
        let (drops, runtime) = (Drops::default(), Runtime::new().unwrap());
        let filled = || {
            runtime.block_on(async {
                let mut set = JoinSet::new();
                set.spawn(waits(drops.guard()));
                yield_now().await;
                set
            })
        };
        drop(filled());
        assert_eq!(drops.count(), 1);
        let set = filled();
        shirr::block_on(async { drop(set) });
        assert_eq!(drops.count(), 2);
        assert_eq!(runtime.metrics().tasks, 0);
    });
}

/// Breaks if a mistake hangs instead of being said.
#[test]
fn a_set_says_where_it_can_not_be_used() {
    ends(|| {
        let mut set = JoinSet::new();
        assert!(panic_text(|| set.spawn(async {})).contains("shirr::JoinSet::spawn was used with no"));
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async { set.spawn(async {}) });
        let waits_elsewhere = panic_text(|| shirr::block_on(async { set.join_next().await.is_some() }));
        assert!(waits_elsewhere.contains("does not run on this thread"), "{waits_elsewhere}");
        let spawns_elsewhere = panic_text(|| shirr::block_on(async { set.spawn(async {}) }));
        assert!(spawns_elsewhere.contains("in another"), "{spawns_elsewhere}");
        assert!(runtime.block_on(set.join_next()).unwrap().1.is_ok());
    });
}

/// A waker that drops what it finds. `std` asks for `Send`, so the set is the thread's.
struct DropsTheSet;

thread_local! {
    static SET: RefCell<Option<JoinSet<()>>> = const { RefCell::new(None) };
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

impl Wake for DropsTheSet {
    fn wake(self: std::sync::Arc<Self>) {
        drop(SET.take());
        LEFT.set(metrics().tasks);
    }
}

/// Breaks if the end of a task keeps the set while it wakes: the others would go after the drop.
#[test]
fn a_waker_that_drops_the_set_drops_its_tasks() {
    run(|| async {
        let mut set = JoinSet::new();
        set.spawn(async {});
        set.spawn(pending());
        let waker = Waker::from(std::sync::Arc::new(DropsTheSet));
        assert!(set.poll_join_next(&mut Context::from_waker(&waker)).is_pending());
        SET.set(Some(set));
        yield_now().await;
        assert_eq!((LEFT.get(), metrics().tasks), (2, 1)); // the root, and the one that wakes
    });
}

/// Breaks if the others are dropped after the caller has the error, or if it is another than the
/// first.
#[test]
fn the_first_error_of_a_set_drops_the_others_before_the_caller_has_it() {
    run(|| async {
        let drops = Drops::default();
        let mut set = JoinSet::new();
        let guard = drops.guard();
        set.spawn(async {
            waits(guard).await;
            Ok(())
        });
        set.spawn(async {
            turns(2).await;
            Err("second")
        });
        set.spawn(async {
            turns(1).await;
            Err("first")
        });
        assert_eq!(set.try_join_all().await, Err("first"));
        assert_eq!((drops.count(), metrics().tasks), (1, 1));
    });
}

/// Breaks if a panic is taken for an abort, or comes before the others are gone.
#[test]
fn the_first_panic_of_a_set_goes_on_in_the_caller_after_the_others_were_dropped() {
    run(|| async {
        let drops = Drops::default();
        let mut set: JoinSet<Result<(), ()>> = JoinSet::new();
        set.spawn(ready(Ok(()))).abort();
        let guard = drops.guard();
        set.spawn(async {
            waits(guard).await;
            Ok(())
        });
        set.spawn(async { panic_any(7_u8) });
        let payload = caught(set.try_join_all()).await.unwrap_err();
        assert_eq!((payload.downcast_ref(), drops.count(), metrics().tasks), (Some(&7_u8), 1, 1));
    });
}

/// Breaks if an aborted task ends the whole, or has a value.
#[test]
fn a_set_without_an_error_gives_all_values_but_those_of_aborted_tasks() {
    run(|| async {
        let mut set: JoinSet<Result<i32, ()>> = [2, 0, 1]
            .map(|i| async move {
                turns(i).await;
                Ok(i as i32)
            })
            .into_iter()
            .collect();
        set.spawn(pending()).abort();
        assert_eq!(set.try_join_all().await, Ok(vec![0, 1, 2]));
    });
}

/// Breaks if the handle's drop detaches its task, or drops it under the caller.
#[test]
fn a_gather_of_handles_that_abort_on_drop_ends_its_tasks_at_their_turn() {
    run(|| async {
        let drops = Drops::default();
        let handles = [(); 3].map(|()| spawn(waits(drops.guard())));
        let mut all = gather(handles.map(JoinHandle::abort_on_drop));
        assert!(begin(&mut all).await.is_pending());
        turns(2).await;
        drop(all);
        assert_eq!(drops.count(), 0);
        yield_now().await;
        assert_eq!((drops.count(), metrics().tasks), (3, 1));
    });
}

/// Breaks if it gives another output than the handle, or stays when it is given up.
#[test]
fn a_handle_that_aborts_on_drop_gives_the_same_output() {
    run(|| async {
        assert_eq!(spawn(async { 7 }).abort_on_drop().await.unwrap(), 7);
        let mut handle = spawn(turns(3)).abort_on_drop();
        assert!(begin(&mut handle).await.is_pending());
        assert!(handle.await.is_ok());
    });
}

/// Breaks if a thousand ended tasks are looked for one by one: each poll of a member is counted,
/// and the set polls none.
#[test]
fn a_set_polls_each_task_when_it_is_woken_and_at_no_other_time() {
    run(|| async {
        let polls = Count::default();
        let member = |_| {
            let polls = polls.clone();
            let mut left = 1;
            poll_fn(move |cx: &mut Context<'_>| {
                polls.add(1);
                if left == 0 {
                    return Poll::Ready(());
                }
                left -= 1;
                cx.waker().wake_by_ref();
                Poll::Pending
            })
        };
        let mut set: JoinSet<()> = (0..1_000).map(member).collect();
        set.spawn(pending());
        while set.len() > 1 {
            set.join_next().await.unwrap().1.unwrap();
        }
        assert_eq!(polls.get(), 2_000);
    });
}
