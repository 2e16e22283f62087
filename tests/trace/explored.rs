//! What the trace tells of a run that was explored: its deviations, its end, and the run beside it that
//! passes.

use crate::common::checker::Checker;
use crate::common::page;
use crate::common::recorded::paused;
use shirr::explore::{Explorer, Failure, Freedoms, Search, Told, latency};
use shirr::gather;
use shirr::time::sleep;
use shirr::trace::{Actor, Decision, Event, Recording, What};
use shirr::{JoinHandle, spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::process::Command;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;
use std::{env, fs};

const MS: Duration = Duration::from_millis(1);

/// Two tasks read, wait, and write what they have read. The second comes later, mostly.
async fn lost_update() {
    let account = Rc::new(Cell::new(10));
    let take = |amount: i32| {
        let account = Rc::clone(&account);
        async move {
            sleep((amount as u32 - 3) * 5 * MS).await;
            let before = account.get();
            latency().await;
            account.set(before - amount);
        }
    };
    gather([3, 4].map(take)).await;
    assert_eq!(account.get(), 3, "an update was lost");
}

/// Takes it that of two tasks which sleep equally long, the first is first.
async fn sleepers() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let task = |name: u32| {
        let seen = Rc::clone(&seen);
        spawn(async move {
            sleep(10 * MS).await;
            seen.borrow_mut().push(name);
        })
    };
    let (first, second) = (task(1), task(2));
    first.await.unwrap();
    second.await.unwrap();
    assert_eq!(seen.take(), [1, 2], "another order than assumed");
}

/// What two tasks know of each other.
#[derive(Default)]
struct Pair {
    handles: [RefCell<Option<JoinHandle<()>>>; 2],
    waits: Cell<bool>,
    ended: Cell<usize>,
    all: RefCell<Option<Waker>>,
}

impl Pair {
    async fn wait_for(&self, task: usize) {
        let handle = self.handles[task].take().unwrap();
        handle.await.unwrap();
    }

    fn end(&self) {
        self.ended.set(self.ended.get() + 1);
        self.all.take().into_iter().for_each(Waker::wake);
    }
}

/// Two tasks wait for each other if the first is late.
async fn each_other() {
    let pair = Rc::new(Pair::default());
    let (one, two) = (Rc::clone(&pair), Rc::clone(&pair));
    let first = spawn(async move {
        latency().await;
        if one.waits.get() {
            one.wait_for(1).await;
        }
        one.end();
    });
    let second = spawn(async move {
        sleep(5 * MS).await;
        if two.ended.get() == 0 {
            two.waits.set(true);
            two.wait_for(0).await;
        }
        two.end();
    });
    pair.handles[0].replace(Some(first));
    pair.handles[1].replace(Some(second));
    poll_fn(|cx| {
        pair.all.replace(Some(cx.waker().clone()));
        if pair.ended.get() == 2 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

fn failure<F: Future>(explorer: Explorer, program: impl Fn() -> F) -> Box<Failure> {
    explorer.check(program).expect_err("a schedule fails")
}

fn told(failure: &Failure) -> &Told {
    failure.told().expect("it is deterministic")
}

fn choices(recording: &Recording) -> Vec<(usize, Decision)> {
    let choices = recording.events.iter().enumerate().filter_map(|(at, event)| match &event.what {
        What::Chosen { choice } => Some((at, Decision::clone(choice))),
        _ => None,
    });
    choices.collect()
}

fn deviations(recording: &Recording) -> Vec<(usize, Decision)> {
    choices(recording).into_iter().filter(|(_, choice)| choice.taken > 0).collect()
}

/// Breaks if a choice makes no event, or one in another place than the list has it.
#[test]
fn every_choice_of_a_shortened_failure_is_an_event_with_all_that_was_open() {
    let failure = failure(Explorer::new(), lost_update);
    let choices = choices(&told(&failure).fails);
    assert_eq!(choices.len(), failure.choices.len());
    for (at, ((_, event), choice)) in choices.iter().zip(&failure.choices).enumerate() {
        assert_eq!((event.number, event.taken), (at as u32, choice.taken));
        assert_eq!((event.kind, event.open.len()), (&*format!("{:?}", choice.kind), choice.of as usize));
        if choice.taken > 0 {
            assert_eq!(event.open[choice.taken as usize], choice.to_string());
        }
        let open: std::collections::BTreeSet<_> = event.open.iter().collect();
        assert_eq!(open.len(), event.open.len(), "two sentences are the same: {open:?}");
    }
    assert_eq!(deviations(&told(&failure).fails).len(), failure.deviations().len());
}

/// Breaks if the task that is named by a choice is another one than that which has its turn.
#[test]
fn a_task_has_the_same_number_in_a_choice_and_in_the_events_and_leaves_the_queue_out_of_order() {
    let failure = failure(Explorer::new(), sleepers);
    let fails = &told(&failure).fails;
    let [(at, choice)] = &deviations(fails)[..] else { panic!("{failure}") };
    let What::Popped { task } = fails.events[at + 1].what else { panic!("{failure}") };
    let said = format!("task {task} has its turn before task 2, of 2 that are ready");
    assert_eq!((choice.kind, &choice.open[choice.taken as usize]), ("Ready", &said), "{failure}");
    let mut state = fails.base.clone();
    fails.events[..*at].iter().for_each(|event| state.apply(event));
    assert_eq!(state.ready, [2, task]);
    state.apply(&fails.events[*at]);
    state.apply(&fails.events[at + 1]);
    assert_eq!(state.ready, [2]);
}

/// Breaks if an event of an explored run is wrong by the checker's own books.
#[test]
fn the_events_of_explored_runs_break_no_invariant() {
    let wild = Explorer::new().freedoms(Freedoms::WILD);
    let failures = [
        failure(Explorer::new(), lost_update),
        failure(Explorer::new(), sleepers),
        failure(Explorer::new(), each_other),
        failure(wild.clone().seed(1), lost_update),
        failure(wild, sleepers),
    ];
    for failure in failures {
        let Told { fails, passes, .. } = told(&failure);
        for recording in [fails].into_iter().chain(passes) {
            let mut checker = Checker::new(paused(), recording.began);
            recording.events.iter().for_each(|event| checker.take(event));
            assert!(checker.has_ended());
        }
    }
}

/// Breaks if a number or a time of the process is left in the events.
#[test]
fn a_schedule_that_is_replayed_gives_the_same_events() {
    let found = failure(Explorer::new(), lost_update);
    let again = Explorer::new().replay(&found.schedule(), lost_update).unwrap_err();
    assert_eq!(told(&found).fails.to_text(), told(&again).fails.to_text());
    assert_eq!(told(&found), told(&again));
    assert_ne!(told(&found), told(&failure(Explorer::new(), sleepers)));
}

/// Breaks if tasks or timers have the numbers of the process, or are counted from zero.
#[test]
fn tasks_and_timers_count_from_one() {
    let failure = failure(Explorer::new(), sleepers);
    let number = |what: &What| match what {
        What::Admitted { task, .. } => Some((Some(*task), None)),
        What::TimerAdded { timer, .. } => Some((None, Some(*timer))),
        _ => None,
    };
    let numbers = told(&failure).fails.events.iter().filter_map(|event| number(&event.what));
    let (tasks, timers): (Vec<_>, Vec<_>) = numbers.unzip();
    assert_eq!(tasks.into_iter().flatten().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(timers.into_iter().flatten().collect::<Vec<_>>(), [1, 2]);
}

/// Breaks if tasks are counted by the events, which leave those of other hosts out.
#[test]
fn a_task_has_its_number_of_the_choices_although_another_host_has_tasks_too() {
    let failure = failure(Explorer::new(), || async {
        shirr::explore::host("server", async { spawn(yield_now()).await.unwrap() });
        sleep(MS).await;
        sleepers().await;
    });
    let fails = &told(&failure).fails;
    let mut turns = deviations(fails);
    turns.retain(|(_, choice)| choice.kind == "Ready");
    assert!(!turns.is_empty(), "{failure}");
    for (at, choice) in turns {
        let What::Popped { task } = fails.events[at + 1].what else { panic!("{failure}") };
        let said = &choice.open[choice.taken as usize];
        assert!(said.starts_with(&format!("task {task} has its turn ")), "{task}: {said}");
    }
}

/// Breaks if the run beside is not the runtime's own, or they differ where nothing was chosen: in the
/// time by which a clock was moved, say. The page says where they part.
#[test]
fn the_run_that_passes_is_equal_up_to_the_first_deviation() {
    for failure in [failure(Explorer::new(), lost_update), failure(Explorer::new(), sleepers)] {
        let Told { fails, passes, .. } = told(&failure);
        let passes = passes.as_ref().expect("it passes by itself");
        let parts = fails.events.iter().zip(&passes.events).position(|(one, other)| one != other);
        assert_eq!(parts, Some(deviations(fails)[0].0));
        assert!(told(&failure).to_html("parts").contains(&format!("\"parts\":{},", parts.unwrap())));
        assert!(deviations(passes).is_empty());
        let failed = |recording: &Recording| {
            recording.events.iter().filter(|event| matches!(event.what, What::Failed { .. })).count()
        };
        assert_eq!((failed(fails), failed(passes)), (1, 0));
    }
}

/// Breaks if the report ends elsewhere than where the run fails, or tells choices that are none.
#[test]
fn the_report_ends_with_the_last_events_before_the_failure() {
    let failure = failure(Explorer::new(), lost_update);
    let report = failure.to_string();
    println!("{report}");
    let (_, story) = report.split_once("What happened until then, by the runtime's clock:\n").unwrap();
    let lines: Vec<_> = story.lines().collect();
    let ["  ...", deviation, "  ...", told @ .., last] = &lines[..] else { panic!("{report}") };
    assert!(deviation.contains(" deviates: "), "{deviation}");
    assert_eq!(told.len() + 1, 12);
    assert!(last.contains("the run fails: panicked at ") && last.contains("an update was lost"), "{last}");
    assert!(!story.contains(", as by itself"), "{story}");
    assert!(!story.contains(" for its turn") && !story.contains(" leaves slot "), "{story}");
}

/// Breaks if something seems to be left out before the first event, or between two.
#[test]
fn the_report_of_a_short_run_leaves_nothing_out() {
    let failure = failure(Explorer::new(), || async { panic!("on purpose, at once") });
    let report = failure.to_string();
    let (_, story) = report.split_once("What happened until then, by the runtime's clock:\n").unwrap();
    assert!(story.lines().count() < 12 && !story.contains("  ...\n"), "{story}");
}

/// Breaks if a task that was dropped in its turn passes for what chooses the next.
#[test]
fn who_has_the_next_turn_is_chosen_by_the_loop() {
    let failure = failure(Explorer::new(), || async {
        let aborted = [(); 3].map(|()| spawn(std::future::pending::<()>()));
        yield_now().await;
        aborted.iter().for_each(JoinHandle::abort);
        for task in aborted {
            assert!(task.await.is_err());
        }
        panic!("on purpose");
    });
    let fails = &told(&failure).fails;
    let dropped = fails.events.iter().position(|event| matches!(event.what, What::Cancelled { .. })).unwrap();
    let turns = |event: &&Event| matches!(&event.what, What::Chosen { choice } if choice.kind == "Ready");
    assert!(fails.events[dropped..].iter().any(|event| turns(&event)), "{failure}");
    for turn in fails.events.iter().filter(turns) {
        assert_eq!(turn.actor, Actor::Loop, "{turn:?}");
    }
}

/// Breaks if the list is made after the tasks are gone, or in other numbers than the story's.
#[test]
fn the_report_of_a_deadlock_says_who_waits_for_whom() {
    let failure = failure(Explorer::new(), each_other);
    let report = failure.to_string();
    println!("{report}");
    let (_, waiting) = report.split_once("Who waits for whom:\n").unwrap();
    let lines: Vec<_> = waiting.lines().collect();
    let [root, first, second, circle] = &lines[..] else { panic!("{report}") };
    assert!(root.starts_with("  task 1, the future of block_on, waits for a waker"), "{root}");
    assert!(first.starts_with("  task 2, ") && first.ends_with(" waits for task 3 to end"), "{first}");
    assert!(second.starts_with("  task 3, ") && second.ends_with(" waits for task 2 to end"), "{second}");
    assert!(circle.contains("task 2 waits for task 3 waits for task 2"), "{circle}");
}

/// Breaks if the story leaves a deviation out, or says that its task was the first in the queue.
#[test]
fn the_story_says_what_was_chosen_and_how_it_goes_on_by_itself() {
    let failure = failure(Explorer::new(), sleepers);
    let story = told(&failure).fails.to_text();
    let lines: Vec<_> = story.lines().collect();
    let at = lines.iter().position(|line| line.contains(" deviates: ")).expect("a line says so");
    assert!(lines[at].contains("task 3 has its turn before task 2, of 2 that are ready; by itself: task 2"));
    assert!(lines[at + 1].contains("task 3 leaves the ready queue for its turn"), "{}", lines[at + 1]);
    assert!(story.contains("the run fails: panicked at "), "{story}");
}

/// Breaks if the page or the sheet leaves one of these events out.
#[test]
fn the_page_and_the_sheet_have_every_event_of_it() {
    let failure = failure(Explorer::new(), lost_update);
    let Told { fails, passes, .. } = told(&failure);
    page::assert_says_all(fails);
    page::assert_says_all(passes.as_ref().unwrap());
    let json = fails.to_json();
    for (_, choice) in deviations(fails) {
        let words = &choice.open[choice.taken as usize];
        assert!(json.contains(&format!("\"choice {}: {words}\"", choice.number)), "{words}");
    }
}

/// Breaks if the loop is said to poll for events for a reason that it had not.
#[test]
fn an_event_poll_that_was_chosen_is_told_so() {
    let busy = || async {
        let polled = Rc::new(Cell::new(false));
        let seen = Rc::clone(&polled);
        let timer = spawn(async move {
            sleep(Duration::ZERO).await;
            seen.set(true);
        });
        for _ in 0..9 {
            yield_now().await;
        }
        assert!(polled.get() || !timer.is_finished());
        sleep(MS).await;
        panic!("on purpose, after all");
    };
    let only = Freedoms { ready: false, shares: false, delays: false, ..Freedoms::WORLD };
    let schedule = "list:1=1".parse().unwrap();
    let failure = Explorer::new().freedoms(only).replay(&schedule, busy).unwrap_err();
    let story = told(&failure).fails.to_text();
    let deviates = story.lines().skip_while(|line| !line.contains(" deviates: "));
    let [deviates, next, ..] = &deviates.collect::<Vec<_>>()[..] else { panic!("{story}") };
    assert!(deviates.contains("the loop polls for events although tasks are ready"), "{deviates}");
    assert!(next.contains("the loop polls for events, because this was chosen"), "{next}");
}

/// Started again by the test below, in a process of its own.
#[test]
#[should_panic(expected = "an update was lost")]
fn a_test_that_fails() {
    Explorer::new().search(Search::All(2)).run(lost_update);
}

/// Breaks if the page is written for a schedule that passes, or the report does not say where it is.
#[test]
fn the_page_of_a_failure_is_written_where_the_environment_says() {
    let own = format!("trace_explored_{}", std::process::id()); // another run of the tests may be on its way
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(own);
    let _ = fs::remove_dir_all(&folder);
    let mut again = Command::new(env::current_exe().unwrap());
    let again = again.args(["--exact", "explored::a_test_that_fails", "--nocapture"]);
    let ran = again.env("SHIRR_EXPLORE_PAGE", &folder).output().unwrap();
    let page = folder.join("explored-a_test_that_fails.html");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success() && said.contains(&format!("The page: {}", page.display())), "{said}");
    let text = fs::read_to_string(page).unwrap();
    assert!(
        text.contains("<h1>explored::a_test_that_fails: SHIRR_SCHEDULE=list:")
            && text.contains("other-tables-data")
    );
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    fs::remove_dir_all(folder).unwrap();
}

/// Breaks if what is chosen in another host's turn, or a panic there, is left out of the events.
#[test]
fn a_choice_and_a_failure_of_another_host_are_events_too() {
    let program = || async {
        shirr::explore::host("server", async {
            latency().await;
            panic!("on purpose, on a host");
        });
        sleep(1_000 * MS).await;
    };
    let failure = Explorer::new().replay(&"list:0=2".parse().unwrap(), program).unwrap_err();
    println!("{failure}");
    let fails = &told(&failure).fails;
    assert_eq!(choices(fails).len(), failure.choices.len());
    let [(_, choice)] = &deviations(fails)[..] else { panic!("{failure}") };
    assert_eq!(choice.kind, "Latency");
    assert!(fails.events.iter().any(|event| matches!(event.what, What::Failed { .. })), "{failure}");
}
