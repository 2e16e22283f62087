//! The checker finds what it is to find: a true recording with one lie in it fails, and the
//! message says which invariant that breaks.

use crate::common::checker::{Checker, Rules, check};
use crate::common::recorded::{MS, delay, plain, recording_runtime};
use crate::common::{ends, panic_text, turns};
use shirr::net::{TcpListener, TcpStream};
use shirr::trace::{Actor, Answer, Direction, Effect, Event, Recording, What};
use shirr::{as_completed, gather, spawn};
use std::panic::AssertUnwindSafe;
use std::thread;
use std::time::Duration;

/// A program in which all kinds of things happen.
fn true_recording() -> Recording {
    let (recorder, runtime) = recording_runtime(plain());
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (far, _) = listener.accept().await.unwrap();
        let reads = spawn(async move { near.read(&mut [0; 8]).await.unwrap() });
        turns(1).await;
        gather([delay(2), delay(1)]).await;
        far.write_all(b"hello").await.unwrap();
        assert_eq!(reads.await.unwrap(), 5);
        let aborted = spawn(std::future::pending::<()>());
        let key = aborted.abort_handle();
        thread::spawn(move || key.abort()).join().unwrap();
        assert!(aborted.await.is_err());
        gather((0..3).map(|_| turns(100))).await;
        let mut handed_over = as_completed([turns(1), turns(100)]);
        assert!(handed_over.next().await.is_some());
        spawn(async move { handed_over.next().await }).await.unwrap();
    });
    drop(runtime);
    let recording = recorder.recording();
    check(&recording, plain());
    recording
}

/// Whether the checker says that a true recording which `lie` has changed breaks the invariant.
#[track_caller]
fn assert_breaks(invariant: &str, lie: impl FnOnce(&mut Vec<Event>) + Send + 'static) {
    let verdict = ends(|| {
        let Recording { began, mut events, .. } = true_recording();
        lie(&mut events);
        for (number, event) in events.iter_mut().enumerate() {
            event.number = number as u64;
        }
        let mut checker = Checker::new(Rules::default(), began);
        panic_text(AssertUnwindSafe(|| events.iter().for_each(|event| checker.take(event))))
    });
    assert!(verdict.starts_with(&format!("{invariant} is broken by event ")), "{verdict}");
}

/// Where that happens first.
fn find(events: &[Event], what: impl Fn(&What) -> bool) -> usize {
    events.iter().position(|event| what(&event.what)).expect("the program does that")
}

/// As if it had not happened.
fn without(what: fn(&What) -> bool) -> impl FnOnce(&mut Vec<Event>) {
    move |events| {
        events.remove(find(events, what));
    }
}

/// As if it had happened twice.
fn twice(what: fn(&What) -> bool) -> impl FnOnce(&mut Vec<Event>) {
    move |events| {
        let at = find(events, what);
        events.insert(at, events[at].clone());
    }
}

/// As if it had been something else.
fn instead(what: fn(&What) -> bool, other: What) -> impl FnOnce(&mut Vec<Event>) {
    move |events| {
        let at = find(events, what);
        events[at].what = other;
    }
}

/// As if no task had been woken by such an actor.
fn unwoken(by: fn(&Actor) -> bool) -> impl FnOnce(&mut Vec<Event>) {
    move |events| {
        let woken = |event: &Event| by(&event.actor) && matches!(event.what, What::Woken { .. });
        events.remove(events.iter().position(woken).expect("the program has such wakes"));
    }
}

#[test]
fn a_task_that_is_queued_twice() {
    assert_breaks("I1", twice(|what| matches!(what, What::Woken { effect: Effect::Queued, .. })));
    assert_breaks("I1", |events| {
        let at = find(events, |what| matches!(what, What::Woken { effect: Effect::Queued, .. }));
        let What::Woken { effect, .. } = &mut events[at].what else { unreachable!("it was found") };
        *effect = Effect::Merged;
    });
}

#[test]
fn a_turn_that_is_no_tasks_or_inside_of_another() {
    assert_breaks("I2", without(|what| matches!(what, What::Popped { .. })));
    assert_breaks("the actor", twice(|what| matches!(what, What::Polling { .. })));
    assert_breaks("the actor", twice(|what| matches!(what, What::Polled { .. })));
    assert_breaks("the actor", without(|what| matches!(what, What::Polled { .. })));
}

#[test]
fn a_turn_out_of_order() {
    assert_breaks("the queue's order", |events| {
        let admitted = |event: &Event| match event.what {
            What::Admitted { task, slot } => Some((task, slot)),
            _ => None,
        };
        let starts = find(events, |what| matches!(what, What::Starting { .. }));
        let [one, other] = [starts + 1, starts + 3];
        assert!(admitted(&events[one]).is_some() && admitted(&events[other]).is_some());
        let first = events[one].what.clone();
        events[one].what = std::mem::replace(&mut events[other].what, first);
    });
}

#[test]
fn a_sleep_that_is_too_long_or_without_an_end() {
    assert_breaks("I4", without(|what| matches!(what, What::Answered { .. })));
    assert_breaks("I4", instead(|what| matches!(what, What::PollingEvents { .. }), What::Rung));
    if cfg!(all(feature = "precise-timers", target_os = "linux")) {
        return; // an alarm ends the wait then, which itself has no end
    }
    let waits = |what: &What| matches!(what, What::Asking { at_most: Some(left) } if !left.is_zero());
    assert_breaks("I4", instead(waits, What::Asking { at_most: Some(9 * MS) }));
    assert_breaks("I4", instead(waits, What::Asking { at_most: None }));
}

#[test]
fn a_sleep_while_a_task_is_ready() {
    let asks = |what: &What| matches!(what, What::Asking { at_most: Some(Duration::ZERO) });
    assert_breaks("I4", instead(asks, What::Asking { at_most: None }));
}

#[test]
fn a_wake_that_is_left_out() {
    assert_breaks("I5", unwoken(|actor| matches!(actor, Actor::Timer(_))));
    assert_breaks("I5", unwoken(|actor| matches!(actor, Actor::Source(_))));
}

#[test]
fn a_try_that_is_known_to_be_in_vain() {
    assert_breaks("I6", |events| {
        let waits = find(events, |what| matches!(what, What::Waiting { .. }));
        let What::Waiting { source, direction, .. } = events[waits].what else {
            unreachable!("it was found")
        };
        let mut tried = events[waits].clone();
        tried.what = What::Tried { source, direction, answer: Answer::WouldBlock };
        events.insert(waits + 1, tried);
    });
    assert_breaks("I6", |events| {
        let waits = find(events, |what| matches!(what, What::Waiting { direction: Direction::Read, .. }));
        let ready =
            waits + find(&events[waits..], |what| matches!(what, What::SourceReady { readable: true, .. }));
        let What::SourceReady { readable, .. } = &mut events[ready].what else {
            unreachable!("it was found")
        };
        *readable = false;
    });
}

#[test]
fn an_event_poll_that_is_left_out_or_without_a_reason() {
    assert_breaks("I7", |events| {
        let due = find(events, |what| *what == What::PollingEvents { idle: false });
        let end = due + find(&events[due..], |what| matches!(what, What::Popped { .. }));
        events.drain(due..end);
    });
    assert_breaks("I7", without(|what| *what == What::PollingEvents { idle: true }));
    assert_breaks(
        "I7",
        instead(|what| *what == What::PollingEvents { idle: true }, What::PollingEvents { idle: false }),
    );
}

#[test]
fn what_has_no_end_or_two() {
    assert_breaks("a slot", without(|what| matches!(what, What::Evicted { .. })));
    assert_breaks("I8", twice(|what| matches!(what, What::Evicted { .. })));
    assert_breaks("I8", twice(|what| matches!(what, What::TimerFired { .. })));
    assert_breaks("I8", twice(|what| matches!(what, What::SourceRemoved { .. })));
    assert_breaks("I8", without(|what| matches!(what, What::GatherDone { .. })));
    assert_breaks("I8", without(|what| matches!(what, What::ChildEnded { .. })));
    assert_breaks(
        "I8",
        instead(
            |what| matches!(what, What::ShutDown { .. }),
            What::ShutDown { tasks: 0, timers: 1, sources: 0 },
        ),
    );
}

#[test]
fn a_gather_that_is_handed_over_to_its_own_parent_or_whose_result_is_taken_early() {
    assert_breaks("a gather's parent", twice(|what| matches!(what, What::GatherAwaited { .. })));
    assert_breaks("a child", |events| {
        let taken = find(events, |what| matches!(what, What::ResultTaken { .. }));
        let early = events[taken].what.clone();
        let What::ResultTaken { gather, .. } = early else { unreachable!("it was found") };
        let of_it = |what: &What| matches!(what, What::ChildEnded { gather: of, .. } if *of == gather);
        let ended = find(events, of_it);
        events[ended].what = early;
    });
}

#[test]
fn a_wake_of_a_task_that_has_ended() {
    assert_breaks("I9", |events| {
        let aborted = find(events, |what| matches!(what, What::Aborted { .. }));
        let What::Aborted { task } = events[aborted].what else { unreachable!("it was found") };
        let evicted = aborted + find(&events[aborted..], |what| matches!(what, What::Evicted { .. }));
        let mut late = events[evicted].clone();
        late.what = What::Woken { task, effect: Effect::Queued };
        events.insert(evicted + 1, late);
    });
}

#[test]
fn an_abort_that_has_no_effect() {
    assert_breaks("an abort", |events| {
        let aborted = find(events, |what| matches!(what, What::Aborted { .. }));
        events.remove(aborted + 1); // its wake
    });
    assert_breaks("an abort", |events| {
        let cancelled = find(events, |what| matches!(what, What::Cancelled { .. }));
        let What::Cancelled { slot } = events[cancelled].what else { unreachable!("it was found") };
        events[cancelled].what = What::Polling { slot };
    });
}

#[test]
fn the_wrong_actor_or_time() {
    assert_breaks("the actor", |events| {
        let polled = find(events, |what| matches!(what, What::Polled { .. }));
        events[polled].actor = Actor::Loop;
    });
    assert_breaks("the order of times", |events| events[9].time = Duration::ZERO);
}
