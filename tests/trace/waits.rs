//! The end of one wait takes away just that one.

use crate::common::{begin, ends, turns};
use shirr::net::{TcpListener, TcpStream};
use shirr::trace::{Direction, Recorder, State, Wait};
use shirr::{Runtime, spawn};
use std::net::Shutdown;
use std::rc::Rc;

/// Runs the program on a runtime that it can ask for its state.
fn with_state<F: Future>(program: impl FnOnce(Recorder) -> F + Send + 'static) -> F::Output
where
    F::Output: Send + 'static,
{
    ends(|| {
        let recorder = Recorder::new();
        let runtime = Runtime::builder().record(&recorder).build().unwrap();
        runtime.block_on(program(recorder))
    })
}

/// What the task that was admitted first waits for.
fn first(state: &State) -> Vec<Wait> {
    state.tasks.values().next().unwrap().waits.iter().copied().collect()
}

/// How many wait at the only socket, of which each is in its task's list, too.
fn waiters(state: &State) -> usize {
    let (source, at) = state.sources.iter().next().unwrap();
    let in_task =
        |(way, waiter, task)| state.tasks[&task].waits.contains(&Wait::Source(*source, way, waiter));
    assert!(at.waiting.iter().copied().all(in_task), "{state:?}");
    at.waiting.len()
}

#[test]
fn of_two_waits_of_a_task_at_a_socket_the_end_of_one_leaves_the_other() {
    with_state(|seen| async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let [mut one, mut other] = [(); 2].map(|()| Box::pin(listener.accept()));
        assert!(begin(&mut one).await.is_pending() && begin(&mut other).await.is_pending());
        assert_eq!((first(&seen.state()).len(), waiters(&seen.state())), (2, 2));
        drop(one);
        assert_eq!((first(&seen.state()).len(), waiters(&seen.state())), (1, 1));
        drop(other);
        assert_eq!((first(&seen.state()).len(), waiters(&seen.state())), (0, 0));
    });
}

#[test]
fn a_wait_that_another_task_ends_is_over_for_the_task_that_waited() {
    with_state(|seen| async move {
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let accept = |listener: Rc<TcpListener>| Box::pin(async move { drop(listener.accept().await) });
        let [mut dropped, mut kept] = [(); 2].map(|()| accept(Rc::clone(&listener)));
        assert!(begin(&mut dropped).await.is_pending() && begin(&mut kept).await.is_pending());
        spawn(async move { drop(dropped) }).await.unwrap();
        assert_eq!((first(&seen.state()).len(), waiters(&seen.state())), (1, 1));
        let takes = spawn(kept);
        turns(1).await;
        let state = seen.state();
        assert!(first(&state).is_empty() && waiters(&state) == 1, "{state:?}");
        takes.abort();
        assert!(takes.await.is_err());
        assert_eq!(waiters(&seen.state()), 0);
    });
}

/// Breaks if the end of the other direction is told, or that of both.
#[test]
fn a_direction_that_is_closed_ends_the_waits_for_it_and_no_other() {
    with_state(|seen| async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (_far, _) = listener.accept().await.unwrap();
        while near.try_write(&[0; 1 << 16]).is_ok() {}
        let (mut buf, full) = ([0; 1], [0; 1]);
        let (mut reads, mut writes) = (Box::pin(near.read(&mut buf)), Box::pin(near.write(&full)));
        assert!(begin(&mut reads).await.is_pending() && begin(&mut writes).await.is_pending());
        let ways = |state: &State| -> Vec<_> {
            state.sources.values().flat_map(|source| source.waiting.iter().map(|(way, ..)| *way)).collect()
        };
        assert_eq!(ways(&seen.state()), [Direction::Read, Direction::Write]);
        near.shutdown(Shutdown::Write).unwrap();
        assert_eq!(ways(&seen.state()), [Direction::Read]);
        near.shutdown(Shutdown::Read).unwrap();
        assert_eq!(ways(&seen.state()), []);
    });
}
