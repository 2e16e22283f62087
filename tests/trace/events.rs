//! What is recorded, in order, and by whom.

use crate::common::recorded::{MS, delay, paused, plain, recording_runtime};
use crate::common::{begin, ends, turns};
use shirr::time::sleep;
use shirr::trace::{Actor, Effect, Event, Kind, Poll, Recorder, Wait, What};
use shirr::{JoinSet, Runtime, gather, spawn, yield_now};
use std::collections::BTreeSet;
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::thread;

/// Everything that a program on a paused clock does, to the end of its runtime.
fn events<F: Future>(program: F) -> Vec<Event> {
    let (recorder, runtime) = recording_runtime(paused());
    drop(runtime.block_on(program));
    drop(runtime);
    recorder.events()
}

/// The names of what happened.
fn names(events: &[Event]) -> Vec<String> {
    let name = |event: &Event| format!("{:?}", event.what).split(' ').next().unwrap().to_owned();
    events.iter().map(name).collect()
}

fn number_of<T>(handle: &shirr::JoinHandle<T>) -> u64 {
    handle.id().to_string().parse().unwrap()
}

#[test]
fn a_yield_is_told_from_the_first_poll_to_the_end() {
    let seen = events(yield_now());
    let turn = ["Popped", "Polling"];
    let story = [
        &["ClockPaused", "Entered", "Rooting", "Admitted"][..],
        &turn,
        &["Woken", "Polled"],
        &turn,
        &["Polled", "Evicted", "Left"],
        &["Entered", "ShuttingDown", "ShutDown", "Left"],
    ];
    assert_eq!(names(&seen), story.concat());
    let What::Admitted { task, slot } = seen[3].what else { panic!("{:?}", seen[3]) };
    assert_eq!(seen[6].what, What::Woken { task, effect: Effect::Queued });
    assert_eq!(seen[6].actor, Actor::Task(task));
    assert_eq!(seen[7].what, What::Polled { slot, poll: Poll::Pending });
    assert_eq!(seen[10].what, What::Polled { slot, poll: Poll::Ready });
}

#[test]
fn each_event_names_the_line_that_acted_and_each_spawn_where_it_was_called() {
    let here = line!() + 1;
    let seen = events(async { spawn(async {}).await.unwrap() });
    let spawned = seen.iter().find_map(|event| match event.what {
        What::Spawning { at, name } => Some((event, at, name)),
        _ => None,
    });
    let (event, at, name) = spawned.unwrap();
    assert_eq!((at.file(), at.line()), (file!(), here));
    assert!(name.contains("each_event_names_the_line"), "{name}");
    assert!(event.line.file().ends_with("task/slab.rs"), "{}", event.line);
    let popped = seen.iter().find(|event| matches!(event.what, What::Popped { .. })).unwrap();
    assert!(popped.line.file().ends_with("wake/ready.rs"));
}

#[test]
fn a_gather_is_told_from_its_making_to_its_output() {
    let here = line!() + 1;
    let seen = events(async { gather([delay(2), delay(1)]).await });
    let told = |event: &&Event| {
        use What::*;
        matches!(event.what, Gathering { .. } | GatherBegan { .. } | Starting { .. })
            || matches!(event.what, ChildEnded { .. } | GatherDone { .. } | TimerFired { .. })
    };
    let told: Vec<Event> = seen.iter().filter(told).cloned().collect();
    let fired = ["TimerFired", "ChildEnded"];
    let story = [&["Gathering", "GatherBegan", "Starting", "Starting"][..], &fired, &fired, &["GatherDone"]];
    assert_eq!(names(&told), story.concat());
    assert!(matches!(told[0].what, What::Gathering { at } if at.line() == here));
    assert!(matches!(told[1].what, What::GatherBegan { gather: 1, children: 2, .. }));
    assert_eq!(told[5].what, What::ChildEnded { gather: 1, child: 1, stops: false });
    assert_eq!(told[7].what, What::ChildEnded { gather: 1, child: 0, stops: false });
}

#[test]
fn the_task_that_drops_a_set_is_the_actor_of_that_and_of_what_it_does_next() {
    let seen = events(async {
        let mut set = JoinSet::new();
        set.spawn(pending::<()>());
        yield_now().await;
        drop(set);
        drop(spawn(async {}));
    });
    let root = seen.iter().find(|event| matches!(event.what, What::Polling { .. })).unwrap();
    let turns = seen.split(|event| event.what == root.what).nth(2).unwrap();
    let turn: Vec<Event> =
        turns.iter().take_while(|event| !matches!(event.what, What::Polled { .. })).cloned().collect();
    assert_eq!(names(&turn), ["Evicted", "Spawning", "Admitted", "Detached"]);
    let Some(Event { what: What::Admitted { task, .. }, .. }) = seen.get(3) else { panic!("{:?}", seen[3]) };
    assert!(turn.iter().all(|event| event.actor == Actor::Task(*task)), "{turn:?}");
}

#[test]
fn the_actor_of_a_wake_is_what_caused_it() {
    ends(|| {
        let (recorder, runtime) = recording_runtime(plain());
        let (task, joined) = runtime.block_on(async {
            sleep(MS).await;
            let task = spawn(yield_now());
            let number = number_of(&task);
            task.await.unwrap();
            let waits = spawn(pending::<()>());
            let key = waits.abort_handle();
            turns(1).await;
            let name = thread::Builder::new().name("aborts".to_owned());
            name.spawn(move || key.abort()).unwrap().join().unwrap();
            let aborted = number_of(&waits);
            assert!(waits.await.unwrap_err().is_cancelled());
            (number, aborted)
        });
        let recording = recorder.recording();
        let by = |wanted: Actor| {
            let wakes = recording.events.iter().filter(move |event| event.actor == wanted);
            wakes.filter(|event| matches!(event.what, What::Woken { .. })).count()
        };
        let timer = recording.events.iter().find_map(|event| match event.what {
            What::TimerFired { timer } => Some(timer),
            _ => None,
        });
        assert_eq!(by(Actor::Timer(timer.unwrap())), 1);
        assert_eq!(by(Actor::Task(task)), 2); // itself, and the task that awaits it
        assert_eq!(by(Actor::Task(joined)), 1); // the task that awaits it, while it is dropped
        // A runtime that had this one's number before may still be sent wakes, stale here.
        let thread = recording.threads.iter().position(|name| name == "aborts");
        let thread = Actor::Thread(thread.unwrap() as u32);
        assert_eq!(by(thread), 1);
        let aborted = What::Aborted { task: joined };
        assert!(recording.events.iter().any(|event| event.actor == thread && event.what == aborted));
    });
}

/// Wakes another waker, and is none of a runtime's.
struct Strange(Waker);

impl Wake for Strange {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
    }
}

/// Breaks if what a foreign waker does, when a timer has fired, passes for the loop's own work.
#[test]
fn a_foreign_waker_is_the_actor_of_what_it_wakes() {
    let seen = events(async {
        let mut nap = sleep(MS);
        poll_fn(|cx| {
            let strange = Waker::from(Arc::new(Strange(cx.waker().clone())));
            Pin::new(&mut nap).poll(&mut Context::from_waker(&strange))
        })
        .await;
    });
    let called = seen.iter().position(|event| event.what == What::CallingForeign).unwrap();
    let [call, wake] = &seen[called..called + 2] else { panic!("nothing is woken") };
    assert!(matches!(wake.what, What::Woken { effect: Effect::Queued, .. }), "{wake:?}");
    assert_eq!((call.actor, wake.actor), (Actor::Loop, Actor::Foreign));
}

#[test]
fn the_state_says_what_each_task_waits_for_and_forgets_what_is_over() {
    ends(|| {
        let (recorder, runtime) = recording_runtime(paused());
        let seen = recorder.clone();
        runtime.block_on(async move {
            let sleeper = spawn(delay(60_000));
            let number = number_of(&sleeper);
            let joiner = spawn(async move { sleeper.await.unwrap() });
            let gatherer = spawn(gather([delay(60_000)]));
            turns(3).await;
            let state = seen.state();
            let task = |number: u64| state.tasks[&number].clone();
            assert!(
                matches!(task(number).waits.first(), Some(Wait::Timer(timer)) if state.timers.contains_key(timer))
            );
            assert_eq!(task(number).awaited_by, Some(number_of(&joiner)));
            assert_eq!(task(number_of(&joiner)).waits, BTreeSet::from([Wait::Task(number)]));
            assert_eq!(task(number_of(&gatherer)).waits, BTreeSet::from([Wait::Gather(1)]));
            let child = Kind::Child { gather: 1, child: 0 };
            assert_eq!(state.tasks.values().filter(|task| task.kind == child).count(), 1);
            drop((joiner, gatherer));
        });
        drop(runtime);
        let state = recorder.state();
        assert!(state.tasks.is_empty() && state.timers.is_empty() && state.gathers.is_empty(), "{state:?}");
        assert!(state.ready.is_empty(), "{state:?}");
    });
}

#[test]
fn a_task_that_gives_a_handle_or_a_timer_away_waits_for_it_no_more() {
    ends(|| {
        let (recorder, runtime) = recording_runtime(paused());
        let seen = recorder.clone();
        runtime.block_on(async move {
            let [mut dropped, mut handed] = [(); 2].map(|()| spawn(pending::<()>()));
            let mut timer = sleep(60_000 * MS);
            assert!(begin(&mut dropped).await.is_pending() && begin(&mut handed).await.is_pending());
            assert!(begin(&mut timer).await.is_pending());
            let own = |seen: &Recorder| seen.state().tasks.values().next().unwrap().waits.len();
            assert_eq!(own(&seen), 3);
            drop(dropped);
            let keepers = [spawn(timer), spawn(async move { drop(handed.await) })];
            turns(1).await;
            assert_eq!(own(&seen), 0);
            for keeper in &keepers {
                assert_eq!(seen.state().tasks[&number_of(keeper)].waits.len(), 1);
            }
        });
    });
}

#[test]
fn each_of_two_runtimes_of_a_thread_is_in_its_own_recording() {
    ends(|| {
        let [(first, one), (second, two)] = [plain(), plain()].map(recording_runtime);
        for _ in 0..2 {
            one.block_on(turns(1));
            two.block_on(turns(5));
        }
        drop(one); // which was made first
        drop(two);
        let polls = |recorder: &Recorder| {
            crate::common::checker::check(&recorder.recording(), plain());
            recorder.events().iter().filter(|event| matches!(event.what, What::Polling { .. })).count()
        };
        assert_eq!((polls(&first), polls(&second)), (2 * 2, 2 * 6));
        shirr::block_on(turns(1));
        assert_eq!((polls(&first), polls(&second)), (2 * 2, 2 * 6));
    });
}

#[test]
fn one_recorder_is_for_one_runtime_after_another_and_not_for_two_at_a_time() {
    ends(|| {
        let recorder = Recorder::new();
        let builder = Runtime::builder().record(&recorder);
        let first = builder.clone().build().unwrap();
        let other = recorder.clone();
        let elsewhere = move || Runtime::builder().record(&other).build().map(drop);
        for refused in [builder.clone().build().map(drop), thread::spawn(elsewhere).join().unwrap()] {
            let text = refused.unwrap_err().to_string();
            assert!(text.contains("drop that one first") && text.contains("Recorder::new()"), "{text}");
        }
        first.block_on(turns(1));
        drop(first);
        let recorded = recorder.events().len();
        let second = builder.build().unwrap();
        second.block_on(turns(1));
        drop(second);
        assert!(recorder.events().len() >= 2 * recorded);
    });
}

#[test]
fn a_runtime_made_and_dropped_inside_a_task_is_apart_too() {
    ends(|| {
        let (outer, runtime) = recording_runtime(plain());
        let (inner, inside) = runtime.block_on(async {
            let (inner, inside) = recording_runtime(plain());
            drop(inside.spawn(pending::<()>()));
            turns(3).await; // which the outer one does
            (inner, inside)
        });
        let late = runtime.block_on(async move {
            drop(inside);
            let waker = std::future::poll_fn(|cx| std::task::Poll::Ready(cx.waker().clone())).await;
            turns(1).await;
            waker
        });
        drop(runtime);
        for recorder in [&outer, &inner] {
            crate::common::checker::check(&recorder.recording(), plain());
        }
        Waker::wake(late);
        let ends = |recorder: &Recorder| recorder.events().last().map(|event| event.what.clone());
        assert_eq!((ends(&outer), ends(&inner)), (Some(What::Left), Some(What::Left)));
    });
}

#[test]
fn a_recorder_keeps_the_latest_events_and_says_how_many_it_lost() {
    ends(|| {
        let recorder = Recorder::with_capacity(10);
        let runtime = shirr::Runtime::builder().record(&recorder).build().unwrap();
        runtime.block_on(turns(100));
        drop(runtime);
        let recording = recorder.recording();
        let numbers: Vec<_> = recording.events.iter().map(|event| event.number).collect();
        assert_eq!(numbers, (recording.lost..recording.lost + 10).collect::<Vec<_>>());
        assert!(recording.lost > 300 && recording.base.tasks.len() == 1);
        let mut state = recording.base;
        recording.events.iter().for_each(|event| state.apply(event));
        assert_eq!(state, recorder.state());
    });
}

#[test]
fn a_paused_runtime_that_is_built_inside_a_task_tells_its_own_recorder() {
    let (outer, inner) = (Recorder::new(), Recorder::new());
    let runtime = Runtime::builder().record(&outer).build().unwrap();
    runtime.block_on(async { drop(Runtime::builder().record(&inner).paused().build().unwrap()) });
    let paused = |recorder: &Recorder| {
        let events = recorder.events();
        events.iter().filter(|event| matches!(event.what, What::ClockPaused { .. })).count()
    };
    assert_eq!((paused(&outer), paused(&inner)), (0, 1));
}
