//! Why a program is stuck.

use crate::common::{begin, ends};
use shirr::trace::{Reason, Recorder, Waitlist, waiting};
use shirr::{Runtime, gather, spawn, yield_now};
use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

/// What every task waits for when `program` has come as far as it comes by itself.
fn stuck<F: Future + 'static>(program: impl FnOnce() -> F) -> Waitlist {
    let runtime = Runtime::builder().record(&Recorder::new()).paused().build().unwrap();
    runtime.block_on(async {
        let stuck = spawn(program());
        for _ in 0..20 {
            yield_now().await;
        }
        let list = waiting();
        stuck.abort();
        list
    })
}

/// The reasons of all tasks but the first, which asks.
fn reasons(list: &Waitlist) -> Vec<Vec<Reason>> {
    assert_eq!(list.tasks[0].reasons, [Reason::Running], "{list}");
    list.tasks[1..].iter().map(|task| task.reasons.clone()).collect()
}

#[test]
fn a_task_whose_handle_is_lost_is_named_with_the_line_that_spawned_it() {
    ends(|| {
        let list = stuck(|| async {
            drop(spawn(pending::<()>()));
        });
        assert_eq!(reasons(&list), [[Reason::Foreign]]);
        let text = list.to_string();
        assert!(text.contains(&format!("spawned at {}:", file!())), "{text}");
        assert_eq!(list.deadlocks, [[0; 0]; 0]);
    });
}

#[test]
fn a_circle_of_handles_is_a_deadlock() {
    ends(|| {
        type Handle = Pin<Box<dyn Future<Output = ()>>>;
        let list = stuck(|| async {
            let other: Rc<RefCell<Option<Handle>>> = Rc::default();
            let wait = |slot: Rc<RefCell<Option<Handle>>>| async move {
                yield_now().await;
                let handle = slot.borrow_mut().take().unwrap();
                handle.await;
            };
            let back: Rc<RefCell<Option<Handle>>> = Rc::default();
            let (a, b) = (spawn(wait(Rc::clone(&other))), spawn(wait(Rc::clone(&back))));
            *other.borrow_mut() = Some(Box::pin(async { b.await.unwrap() }));
            *back.borrow_mut() = Some(Box::pin(async { a.await.unwrap() }));
        });
        let [a, b] = [list.tasks[1].task, list.tasks[2].task];
        assert_eq!(reasons(&list), [[Reason::Task(b)], [Reason::Task(a)]]);
        assert_eq!(list.deadlocks, [[a, b]]);
        assert!(list.to_string().contains("none of them can end"));
    });
}

#[test]
fn a_child_that_waits_for_its_own_parent_is_a_deadlock() {
    ends(|| {
        type Handle = Pin<Box<dyn Future<Output = ()>>>;
        let list = stuck(|| async {
            let own: Rc<RefCell<Option<Handle>>> = Rc::default();
            let slot = Rc::clone(&own);
            let parent = spawn(async move {
                yield_now().await;
                let handle = slot.borrow_mut().take().unwrap();
                gather([handle]).await;
            });
            *own.borrow_mut() = Some(Box::pin(async { parent.await.unwrap() }));
        });
        let [parent, child] = [list.tasks[1].task, list.tasks[2].task];
        assert_eq!(
            reasons(&list),
            [[Reason::Gather { done: 0, started: 1, waiting: Some(0) }], [Reason::Task(parent)]]
                .map(Vec::from)
        );
        assert_eq!(list.deadlocks, [[parent, child]]);
    });
}

#[test]
fn a_socket_that_never_answers_is_named() {
    ends(|| {
        let recorder = Recorder::new();
        let runtime = Runtime::builder().record(&recorder).build().unwrap();
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = silent.local_addr().unwrap();
        runtime.block_on(async {
            let client = spawn(async move {
                let stream = shirr::net::TcpStream::connect(addr).await.unwrap();
                stream.read(&mut [0; 1]).await.unwrap()
            });
            yield_now().await; // it has begun to connect, which the kernel does alone
            let peer = silent.accept().unwrap();
            while waiting().tasks.iter().all(|task| !waits_for_a_socket(&task.reasons)) {
                yield_now().await;
            }
            let text = waiting().to_string();
            assert!(text.contains("waits until socket") && text.contains("is readable"), "{text}");
            drop(peer);
            assert_eq!(client.await.unwrap(), 0);
        });
    });
}

fn waits_for_a_socket(reasons: &[Reason]) -> bool {
    let read = shirr::trace::Direction::Read;
    matches!(reasons, [Reason::Socket { direction, .. }] if *direction == read)
}

#[test]
fn a_far_timer_is_named_with_what_it_has_to_go() {
    ends(|| {
        let hour = Duration::from_secs(3600);
        let list = stuck(move || shirr::time::sleep(hour));
        let all = reasons(&list);
        let [Reason::Timer { left }] = all[0][..] else { panic!("{list}") };
        assert!(left <= hour && left > hour / 2, "{list}");
    });
}

/// Awaits a timer and, in the same task, something that holds its waker outside of shirr.
async fn timer_and_stranger(wakers: Rc<RefCell<Vec<Waker>>>) {
    let mut sleep = shirr::time::sleep(Duration::from_secs(3600));
    poll_fn(|cx| {
        let known = wakers.borrow().iter().any(|waker| waker.will_wake(cx.waker()));
        (!known).then(|| wakers.borrow_mut().push(cx.waker().clone()));
        Pin::new(&mut sleep).poll(cx)
    })
    .await
}

/// Breaks when the wakers that others hold are not counted, or only those of the latest poll.
#[test]
fn a_timer_does_not_hide_a_waker_that_is_held_elsewhere() {
    ends(|| {
        let (wakers, others) = (Rc::default(), Rc::default());
        let list = stuck({
            let (wakers, others) = (Rc::clone(&wakers), Rc::clone(&others));
            move || async move {
                let polled_again = spawn(timer_and_stranger(Rc::clone(&wakers)));
                drop((spawn(timer_and_stranger(others)), polled_again));
                yield_now().await;
                wakers.borrow().iter().for_each(Waker::wake_by_ref);
                yield_now().await;
            }
        });
        assert_eq!((wakers.borrow().len(), others.borrow().len()), (1, 1));
        for reasons in reasons(&list) {
            assert!(matches!(reasons[..], [Reason::Timer { .. }, Reason::Foreign]), "{list}");
        }
        let text = list.to_string();
        assert!(text.contains("holds a future that waits for a timer, "), "{text}");
        assert!(text.contains(" to go; and one that waits for a waker that other code holds"), "{text}");
    });
}

/// Breaks when a waker counts that was dropped or called, here or on another thread.
#[test]
fn a_waker_that_is_gone_is_not_held_elsewhere() {
    ends(|| {
        let list = stuck(|| async {
            let hour = Duration::from_secs(3600);
            let give = |end: fn(Waker)| async move {
                poll_fn(|cx| {
                    end(cx.waker().clone());
                    Poll::Ready(())
                })
                .await;
                yield_now().await;
                shirr::time::sleep(hour).await;
            };
            drop(spawn(give(drop)));
            drop(spawn(give(Waker::wake)));
            drop(spawn(give(|waker| std::thread::spawn(|| drop(waker)).join().unwrap())));
            drop(spawn(give(|waker| std::thread::spawn(|| waker.wake()).join().unwrap())));
            drop(spawn(give(|waker| drop(waker.clone()))));
        });
        let reasons = reasons(&list);
        assert_eq!(reasons.len(), 5);
        for reasons in reasons {
            assert!(matches!(reasons[..], [Reason::Timer { .. }]), "{list}");
        }
    });
}

/// Breaks when what shirr holds itself counts as held elsewhere.
#[test]
fn what_shirr_holds_is_not_held_elsewhere() {
    ends(|| {
        let (out, wait) = std::sync::mpsc::channel::<()>();
        let list = stuck(move || async move {
            let hour = Duration::from_secs(3600);
            let listener = shirr::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            drop(spawn(async move { shirr::time::timeout(hour, listener.accept()).await.is_ok() }));
            let inner = spawn(pending::<()>());
            drop(spawn(async move { shirr::time::timeout(hour, inner).await.is_ok() }));
            drop(spawn(shirr::time::timeout(hour, gather([shirr::time::sleep(hour)]))));
            drop(spawn(shirr::time::timeout(hour, shirr::unblock(move || wait.recv()))));
        });
        drop(out);
        let counts = list.tasks.iter().map(|task| (task.reasons.len(), &task.reasons));
        let two = counts.filter(|(count, _)| *count == 2).map(|(_, reasons)| reasons);
        let names: Vec<_> = two.map(|reasons| reasons.contains(&Reason::Foreign)).collect();
        assert_eq!(names, [false; 4], "{list}");
    });
}

/// Breaks when the time of a poll is not kept.
#[test]
fn how_long_ago_a_task_was_polled_is_told() {
    ends(|| {
        let list = stuck(|| async {
            let old = spawn(pending::<()>());
            yield_now().await;
            std::thread::sleep(Duration::from_millis(2));
            yield_now().await;
            drop(old);
            pending::<()>().await;
        });
        let [stuck, old] = [&list.tasks[1], &list.tasks[2]];
        assert_eq!((stuck.polls, old.polls), (3, 1));
        let ms = Duration::from_millis(2);
        assert!(old.idle >= stuck.idle + ms && old.age >= old.idle, "{list}");
        assert!(list.to_string().contains(" ago, polled 3 times, last "), "{list}");
    });
}

#[test]
fn a_waker_that_was_dropped_counts_as_held_elsewhere() {
    ends(|| {
        let list = stuck(|| async {
            poll_fn(|cx| {
                drop::<Waker>(cx.waker().clone());
                Poll::<()>::Pending
            })
            .await;
        });
        assert_eq!(reasons(&list), [[Reason::Foreign]]);
        assert!(list.to_string().contains("or that was dropped"));
    });
}

#[test]
fn a_gather_tells_how_many_children_have_ended() {
    ends(|| {
        let list = stuck(|| gather((0..3).map(|i| async move { if i == 0 { 0 } else { pending().await } })));
        let expected = [
            vec![Reason::Gather { done: 1, started: 3, waiting: Some(0) }],
            vec![Reason::Foreign],
            vec![Reason::Foreign],
        ];
        assert_eq!(reasons(&list), expected);
    });
}

#[test]
fn a_chain_of_handles_may_be_as_long_as_there_are_tasks() {
    ends(|| {
        let list = stuck(|| async {
            let mut last = spawn(pending::<()>());
            for _ in 0..40_000 {
                last = spawn(async { last.await.unwrap() });
            }
            drop(last);
        });
        assert_eq!(list.tasks.len(), 40_002);
        assert_eq!(list.deadlocks, [[0; 0]; 0]);
    });
}

#[test]
fn a_circle_is_found_behind_a_chain_that_leads_to_it() {
    ends(|| {
        type Handle = Pin<Box<dyn Future<Output = ()>>>;
        let list = stuck(|| async {
            let own: Rc<RefCell<Option<Handle>>> = Rc::default();
            let slot = Rc::clone(&own);
            let circle = spawn(async move {
                yield_now().await;
                let handle = slot.borrow_mut().take().unwrap();
                spawn(handle).await.unwrap();
            });
            let (first, second) = (circle.id(), spawn(pending::<()>()));
            assert_ne!(first, second.id());
            *own.borrow_mut() = Some(Box::pin(async { circle.await.unwrap() }));
            drop(second);
        });
        let [circle, _, inner] = [1, 2, 3].map(|at: usize| list.tasks[at].task);
        assert_eq!(list.deadlocks, [[circle, inner]]);
    });
}

type Child = Pin<Box<dyn Future<Output = Result<(), ()>>>>;

/// A parent and its child that waits for it, beside one that does not.
fn parent_and_children<F: Future<Output = ()> + 'static>(
    waits_for: impl FnOnce([Child; 2]) -> F + 'static,
    sibling: impl Future<Output = Result<(), ()>> + 'static,
) {
    let own: Rc<RefCell<Option<Child>>> = Rc::default();
    let slot = Rc::clone(&own);
    let parent = spawn(async move {
        yield_now().await;
        let child = slot.borrow_mut().take().unwrap();
        waits_for([child, Box::pin(sibling)]).await;
    });
    *own.borrow_mut() = Some(Box::pin(async { parent.await.map_err(drop) }));
}

#[test]
fn a_gather_that_one_free_child_may_end_is_no_deadlock() {
    ends(|| {
        let late = || async {
            shirr::time::sleep(Duration::from_secs(1)).await;
            Err(())
        };
        let first = stuck(move || async move {
            let completed = |children| async { _ = shirr::as_completed(children).next().await };
            parent_and_children(completed, late());
        });
        let error = stuck(move || async move {
            parent_and_children(|children| async { _ = shirr::try_gather(children).await }, late());
        });
        for list in [first, error] {
            assert_eq!((list.tasks.len(), list.deadlocks.len()), (4, 0), "{list}");
        }
    });
}

#[test]
fn a_gather_whose_children_are_all_stuck_is_a_deadlock() {
    ends(|| {
        let list = stuck(|| async {
            parent_and_children(|children| async { _ = gather(children).await }, async { Ok(()) });
        });
        let [parent, child] = [1, 2].map(|at: usize| list.tasks[at].task);
        assert_eq!(list.deadlocks, [[parent, child]], "{list}");
    });
}

#[test]
fn a_task_that_asks_is_in_no_deadlock() {
    ends(|| {
        let (out, list) = (Rc::new(RefCell::new(None)), Rc::new(RefCell::new(None)));
        let (other, seen) = (Rc::clone(&out), Rc::clone(&list));
        stuck(move || async move {
            let asks = spawn(async move {
                yield_now().await;
                let mut handle: Child = other.borrow_mut().take().unwrap();
                assert!(begin(&mut handle).await.is_pending());
                *seen.borrow_mut() = Some(waiting());
            });
            let waits = spawn(asks);
            *out.borrow_mut() = Some(Box::pin(async { waits.await.map(drop).map_err(drop) }));
        });
        let list = list.take().unwrap();
        assert_eq!((list.tasks.len(), list.deadlocks.len()), (3, 0), "{list}");
    });
}

/// Would break if those that a limit has let start passed for all children.
#[test]
fn a_gather_under_a_limit_says_how_many_wait_for_their_turn() {
    async fn child(i: usize) {
        if i > 0 {
            pending().await
        }
    }
    fn said_of<F: Future<Output: 'static> + 'static>(all: F) -> String {
        stuck(|| async { _ = all.await }).tasks[1].to_string()
    }
    ends(|| {
        let said = said_of(gather((0..5).map(child)).limit(1));
        assert!(
            said.contains("of whose 2 children 1 have ended, while 3 more wait for their turn"),
            "{said}"
        );
        let said = said_of(gather((0..9).filter(|i| i % 2 == 0).map(child)).limit(2));
        assert!(said.contains("of whose 3 children 1 have ended, while more may wait"), "{said}");
        for limit in [4, 5, 6, usize::MAX] {
            let said = said_of(gather((0..5).map(child)).limit(limit));
            assert!(said.contains("5 children 1 have ended (began"), "{said}");
        }
    });
}
