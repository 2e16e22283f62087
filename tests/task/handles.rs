//! Handles of tasks: dropped, awaited, asked and used to abort, before, during and after the
//! end of the task, of its runtime, and from other threads and runtimes.

use crate::support::hooked::Hooks;
use crate::support::{
    Drops, Guard, Probe, alone, assert_nothing_left, event_poll, in_time, panic_of, poll_once, poll_with, run,
};
use shirr::time::sleep;
use shirr::{AbortHandle, Id, JoinHandle, Runtime, gather, metrics, spawn, yield_now};
use std::cell::Cell;
use std::collections::HashSet;
use std::future::{Future, pending};
use std::rc::Rc;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

/// Ends when the probe is open, and gives the guard as its output.
async fn give(guard: Guard, probe: Probe) -> Guard {
    probe.future().await;
    guard
}

/// A body that says whether it ran.
fn runs(ran: &Rc<Cell<bool>>) -> impl Future<Output = ()> + use<> {
    let ran = Rc::clone(ran);
    async move { ran.set(true) }
}

#[test]
fn dropping_a_handle_before_the_end_detaches_its_task() {
    run(|| async {
        let drops = Drops::default();
        let probes = [Probe::default(), Probe::default()];
        let [unpolled, polled] = probes.clone().map(|probe| spawn(give(drops.guard(), probe)));
        drop(unpolled);
        yield_now().await;
        drop(polled);
        assert_eq!((drops.count(), metrics().tasks), (0, 3), "both go on");
        probes.iter().for_each(Probe::open);
        yield_now().await;
        assert_eq!((drops.count(), metrics().tasks), (2, 1));
    });
}

#[test]
fn dropping_a_handle_after_the_end_drops_the_output() {
    run(|| async {
        let drops = Drops::default();
        let guard = drops.guard();
        let task = spawn(async move { guard });
        yield_now().await;
        assert_eq!((drops.count(), metrics().tasks), (0, 1));
        drop(task);
        assert_eq!((drops.count(), metrics().tasks), (1, 1));
    });
}

#[test]
fn giving_up_on_a_handle_loses_nothing() {
    run(|| async {
        let drops = Drops::default();
        let probe = Probe::default();
        let mut task = spawn(give(drops.guard(), probe.clone()));
        assert!(poll_once(&mut task).is_pending());
        yield_now().await;
        assert!(poll_once(&mut task).is_pending());
        probe.open();
        drop(task.await.unwrap());
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn a_handle_awaited_after_its_runtime_gives_what_there_is() {
    in_time(|| {
        let (runtime, drops) = (Runtime::new().unwrap(), Drops::default());
        let finished = runtime.spawn(async { 7 });
        let waiting = runtime.spawn(give(drops.guard(), Probe::default()));
        runtime.block_on(yield_now());
        let late = runtime.spawn(give(drops.guard(), Probe::default()));
        drop(runtime);
        assert_eq!(drops.count(), 2);
        shirr::block_on(async {
            assert_eq!(finished.await.unwrap(), 7);
            assert!(waiting.await.unwrap_err().is_cancelled());
            assert!(late.is_finished());
            late.abort();
            assert!(late.await.unwrap_err().is_cancelled());
        });
    });
}

#[test]
fn a_handle_awaited_in_another_runtime_is_a_clear_panic_until_its_task_has_ended() {
    in_time(|| {
        let (home, abroad) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let probe = Probe::default();
        let mut task = home.spawn(give(Drops::default().guard(), probe.clone()));
        home.block_on(yield_now());
        let text = panic_of(|| abroad.block_on(&mut task));
        assert!(text.contains("a shirr JoinHandle was awaited"), "{text}");
        assert!(text.contains("await it in that runtime's block_on"), "{text}");
        probe.open();
        home.block_on(event_poll());
        assert!(abroad.block_on(task).is_ok());
        assert_nothing_left(&home);
        assert_nothing_left(&abroad);
    });
}

#[test]
fn a_handle_awaited_outside_any_runtime_is_a_clear_panic() {
    in_time(|| {
        let runtime = Runtime::new().unwrap();
        let mut task = runtime.spawn(async {});
        let text = panic_of(|| poll_once(&mut task));
        assert!(text.contains("await it in that runtime's block_on"), "{text}");
    });
}

#[test]
fn a_handle_polled_after_it_gave_the_output_panics() {
    run(|| async {
        let mut task = spawn(async {});
        (&mut task).await.unwrap();
        assert!(task.is_finished());
        let text = panic_of(|| poll_once(&mut task));
        assert_eq!(text, "a shirr JoinHandle was polled after it gave its task's output");
    });
}

#[test]
fn aborting_a_task_that_has_ended_changes_nothing() {
    run(|| async {
        let task = spawn(async { 7 });
        let key = task.abort_handle();
        yield_now().await;
        task.abort();
        key.abort();
        event_poll().await;
        assert_eq!(task.await.unwrap(), 7);
        key.abort();
    });
}

#[test]
fn a_task_aborted_before_its_first_poll_never_runs() {
    run(|| async {
        let (ran, drops) = (Rc::new(Cell::new(false)), Drops::default());
        let (body, guard) = (runs(&ran), drops.guard());
        let task = spawn(async move {
            let _guard = guard;
            body.await;
        });
        task.abort();
        assert_eq!(drops.count(), 0, "not inside the call");
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!((ran.get(), drops.count()), (false, 1));
    });
}

#[test]
fn a_task_aborted_before_the_runtime_runs_never_runs() {
    in_time(|| {
        let runtime = Runtime::new().unwrap();
        let ran = Rc::new(Cell::new(false));
        let [by_handle, by_key] = [(); 2].map(|()| runtime.spawn(runs(&ran)));
        by_handle.abort();
        by_key.abort_handle().abort();
        assert!(runtime.block_on(by_handle).unwrap_err().is_cancelled());
        assert!(runtime.block_on(by_key).unwrap_err().is_cancelled());
        assert!(!ran.get());
        assert_nothing_left(&runtime);
    });
}

#[test]
fn a_task_aborted_while_it_is_queued_is_not_polled() {
    run(|| async {
        let probe = Probe::default();
        let task = spawn(probe.future());
        yield_now().await;
        probe.open();
        task.abort();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(probe.polls(), 1);
    });
}

#[test]
fn a_detached_task_can_be_aborted_by_its_key() {
    run(|| async {
        let drops = Drops::default();
        let task = spawn(give(drops.guard(), Probe::default()));
        let key = task.abort_handle();
        drop(task);
        yield_now().await;
        key.abort();
        yield_now().await;
        assert_eq!((drops.count(), metrics().tasks), (1, 1));
    });
}

#[test]
fn an_abort_from_another_thread_wakes_the_sleeping_loop_and_drops_the_future_here() {
    run(|| async {
        let (home, drops) = (thread::current().id(), Drops::default());
        let guard = drops.guard();
        let held = crate::support::on_drop(move || {
            assert_eq!(thread::current().id(), home);
            drop(guard);
        });
        let task = spawn(async move {
            pending::<()>().await;
            drop(held);
        });
        let key = task.abort_handle();
        let thread = thread::spawn(move || key.abort());
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(drops.count(), 1);
        thread.join().unwrap();
    });
}

#[test]
fn a_key_never_aborts_the_newcomer_in_its_tasks_slot() {
    alone("handles::a_key_never_aborts_the_newcomer_in_its_tasks_slot", || {
        // Runtimes come round to the same number, and tasks to the same slot.
        let mut keys: Vec<AbortHandle> = Vec::new();
        for _ in 0..100 {
            let task = async || spawn(yield_now()).abort_handle();
            keys.extend(shirr::block_on(async { [task().await, task().await] }));
        }
        run(|| async move {
            let probe = Probe::default();
            let tasks = [(); 4].map(|()| spawn(probe.future()));
            yield_now().await;
            for key in keys.clone() {
                key.abort();
            }
            thread::spawn(move || keys.into_iter().for_each(AbortHandle::abort)).join().unwrap();
            event_poll().await;
            assert_eq!(probe.polls(), 4);
            assert!(!tasks.iter().any(JoinHandle::is_finished));
            tasks.iter().for_each(JoinHandle::abort);
            gather(tasks).await.into_iter().for_each(|ended| assert!(ended.is_err()));
        });
    });
}

#[test]
fn is_finished_turns_true_at_the_end_and_stays() {
    run(|| async {
        let probe = Probe::default();
        let mut task = spawn(probe.future());
        assert!(!task.is_finished());
        yield_now().await;
        assert!(!task.is_finished());
        probe.open();
        assert!(!task.is_finished());
        yield_now().await;
        assert!(task.is_finished());
        (&mut task).await.unwrap();
        assert!(task.is_finished());
    });
}

#[test]
fn ids_are_unique_across_tasks_runtimes_and_threads() {
    let ids = || shirr::block_on(async { (0..1_000).map(|_| spawn(async {}).id()).collect::<Vec<Id>>() });
    let threads = [(); 4].map(|()| thread::spawn(move || [ids(), ids()].concat()));
    let all: Vec<Id> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 8_000);
    run(|| async {
        let task = spawn(async {});
        assert_eq!(task.id(), task.abort_handle().id());
        assert_eq!(format!("{:?}", task.id()), format!("Id({})", task.id()));
        task.await.unwrap();
    });
}

/// Breaks if a turn does not say whose it is, or a turn of the root counts as another's.
#[test]
fn a_task_knows_its_own_id_and_so_does_each_child_and_the_root() {
    run(|| async {
        let root = Id::current().unwrap();
        let task = spawn(async { (Id::current(), spawn(async { Id::current() }), Id::current()) });
        let id = task.id();
        let (before, inner, after) = task.await.unwrap();
        assert_eq!((before, after), (Some(id), Some(id)));
        let inner_id = inner.id();
        assert_eq!(inner.await.unwrap(), Some(inner_id));
        let children = gather((0..3).map(|_| async {
            yield_now().await;
            Id::current().unwrap()
        }));
        let all: HashSet<_> = children.await.into_iter().chain([root, id, inner_id]).collect();
        assert_eq!(all.len(), 6);
        assert_eq!(Id::current(), Some(root));
    });
}

/// Tells which task runs when it is dropped.
struct TellsAtDrop(Rc<Cell<Option<Option<Id>>>>);

impl Drop for TellsAtDrop {
    fn drop(&mut self) {
        self.0.set(Some(Id::current()));
    }
}

/// Breaks if the last turn's id stays after it: in the loop, between two `block_on`, at the end.
#[test]
fn where_no_task_runs_there_is_no_id() {
    in_time(|| {
        let (runtime, told) = (Runtime::new().unwrap(), Rc::new(Cell::new(None)));
        let guard = || TellsAtDrop(Rc::clone(&told));
        assert_eq!(Id::current(), None);
        let holds = |guard| async move {
            pending::<()>().await;
            drop(guard)
        };
        let (aborted, kept) = (runtime.spawn(holds(guard())), runtime.spawn(holds(guard())));
        let first = runtime.block_on(async { Id::current() });
        assert_eq!(Id::current(), None);
        aborted.abort();
        let second = runtime.block_on(async {
            yield_now().await;
            Id::current()
        });
        assert!(first.is_some() && second.is_some() && first != second);
        assert_eq!(told.take(), Some(Some(aborted.id())), "an abort's drop is the task's own turn");

        let (sender, receiver) = mpsc::channel();
        let sender = Mutex::new(sender);
        let tell = move || sender.lock().unwrap().send(Id::current()).unwrap();
        let (_hooks, waker) = Hooks::new().at_wake(tell).waker();
        runtime.block_on(async {
            let mut nap = sleep(Duration::ZERO);
            assert!(poll_with(&mut nap, &waker).is_pending());
            sleep(Duration::from_millis(1)).await;
        });
        assert_eq!(receiver.recv().unwrap(), None, "the loop calls a foreign waker");
        drop(runtime);
        assert_eq!((told.take(), Id::current()), (Some(None), None));
        drop(kept);
    });
}
