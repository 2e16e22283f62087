//! The sentences of single events, in the text and on the page.

use crate::browser::{Browser, Page};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{pause, sleep, timeout};
use shirr::trace::{Recorder, Recording, What};
use shirr::{Runtime, spawn, unblock, yield_now};
use std::future::pending;
use std::thread;
use std::time::Duration;

fn recorded<F: Future>(program: impl FnOnce(Recorder) -> F) -> Recording {
    let recorder = Recorder::new();
    drop(Runtime::builder().record(&recorder).build().unwrap().block_on(program(recorder.clone())));
    recorder.recording()
}

fn sleeps(what: &What) -> bool {
    matches!(what, What::Asking { at_most: None })
}

/// Returns when the loop has gone to sleep, as another thread sees in what it recorded last.
async fn until_it_slept(recorder: Recorder) {
    let asleep = move || recorder.events().last().is_some_and(|event| sleeps(&event.what));
    unblock(move || {
        while !asleep() {
            thread::yield_now()
        }
    })
    .await
    .unwrap();
}

/// The tasks in the order in which they were admitted.
fn tasks(recording: &Recording) -> Vec<u64> {
    let admitted = |what: &What| if let What::Admitted { task, .. } = what { Some(*task) } else { None };
    recording.events.iter().filter_map(|event| admitted(&event.what)).collect()
}

/// What the text says of each such event.
fn in_text(recording: &Recording, such: impl Fn(&What) -> bool) -> Vec<String> {
    let text = recording.to_text();
    let told = text.lines().filter_map(|line| line.split_once(" | ")).map(|(_, told)| told.trim());
    let such = told.zip(&recording.events).filter(|(_, event)| such(&event.what));
    such.map(|(told, _)| told.to_owned()).collect()
}

/// What the page says of each such event, if there is a browser.
fn on_page(name: &str, recording: &Recording, such: impl Fn(&What) -> bool) -> Option<Vec<String>> {
    let mut browser = Browser::start(name)?;
    let page = Page::of(name, &recording.to_html(name));
    browser.open(&page.0);
    let events = recording.events.iter().enumerate().filter(|(_, event)| such(&event.what));
    let said = events.map(|(at, _)| browser.eval(&format!("sentence({at})")));
    Some(said.map(|said| said.as_str().unwrap().to_owned()).collect())
}

/// Six sockets, of which four are waited for when the loop goes to sleep.
async fn six_sockets(recorder: Recorder) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (far, _) = listener.accept().await.unwrap();
    drop(spawn(async move { far.write_all(&[0; 1 << 24]).await }));
    for _ in 0..3 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        drop(spawn(async move { listener.accept().await }));
    }
    until_it_slept(recorder).await;
    drop(near);
}

#[test]
fn a_loop_that_goes_to_sleep_names_three_waiters_of_sockets() {
    let recording = recorded(six_sockets);
    let numbers = tasks(&recording);
    let named = |[writes, reads, reads_too]: [u64; 3]| {
        format!(
            "(socket 2, which task {writes} wants to write to; socket 3, which task {reads} wants to read from; \
             socket 4, which task {reads_too} wants to read from; and 1 more wait)"
        )
    };
    let text = in_text(&recording, sleeps).pop().unwrap();
    let until = format!(
        "the loop sleeps until one of 6 sockets has news {} or another thread rings, ",
        named([1, 2, 3].map(|at| numbers[at]))
    );
    assert!(text.contains(&until), "{text}");
    let Some(page) = on_page("sleeps", &recording, sleeps) else { return };
    let named = named([2, 3, 4]);
    let until = format!("there is news of 6 sockets {named} and other threads: no timer is pending.");
    assert!(page.last().unwrap().ends_with(&until), "{page:?}");
}

#[test]
fn a_loop_with_sockets_and_no_waiters_says_how_many_sockets_there_are() {
    let recording = recorded(async |recorder| {
        let _listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        until_it_slept(recorder).await;
    });
    let text = in_text(&recording, sleeps).pop().unwrap();
    assert!(text.contains("until the only socket has news or another thread rings, "), "{text}");
    let Some(page) = on_page("idle", &recording, sleeps) else { return };
    assert!(page.last().unwrap().contains("there is news of 1 socket and other threads"), "{page:?}");
}

/// Breaks when the second after which the loop says why it hangs is taken for a deadline.
#[test]
fn a_loop_that_sleeps_on_a_paused_clock_does_not_name_the_timer_that_waits() {
    let limited = |what: &What| matches!(what, What::Asking { at_most: Some(most) } if !most.is_zero());
    let recording = recorded(async |recorder| {
        pause();
        let asleep = move || recorder.events().last().is_some_and(|event| limited(&event.what));
        let until_it_sleeps = unblock(move || {
            while !asleep() {
                thread::yield_now()
            }
        });
        timeout(Duration::from_millis(1), until_it_sleeps).await.unwrap().unwrap();
    });
    let text = in_text(&recording, limited).pop().unwrap();
    let until =
        "the loop sleeps for 1000.000 ms at most, since the clock is paused, or until another thread rings ";
    assert!(text.contains(until), "{text}");
    let Some(page) = on_page("paused", &recording, limited) else { return };
    assert!(
        page[0].contains("at most, since the clock is paused, or until there is news of other threads"),
        "{page:?}"
    );
}

#[test]
fn a_polls_sentence_says_what_woke_the_task() {
    let recording = recorded(|_| async {
        sleep(Duration::from_millis(1)).await;
        yield_now().await;
        spawn(async {}).await.unwrap();
    });
    let timer = recording.events.iter().find_map(|event| match event.what {
        What::TimerFired { timer } => Some(timer),
        _ => None,
    });
    let (timer, numbers) = (timer.unwrap(), tasks(&recording));
    let spawned = numbers[1];
    let polls = |what: &What| matches!(what, What::Polling { .. });
    let whys = [
        String::new(),
        format!("because timer {timer} woke it"),
        "because it woke itself".to_owned(),
        String::new(),
        format!("because task {spawned} woke it"),
    ];
    let text = in_text(&recording, polls);
    assert_eq!(text.len(), whys.len(), "{text:?}");
    assert!(text.iter().zip(&whys).all(|(told, why)| told.contains(why)), "{text:?}");
    let Some(page) = on_page("polls", &recording, polls) else { return };
    let of = |task: usize, nth: &str| format!("ask {task} (block_on) is polled, for the {nth} time");
    assert!(page[0].ends_with(&format!("{}.", of(1, "1st"))), "{page:?}");
    assert!(page[1].ends_with(&format!("{}, because timer 1 woke it.", of(1, "2nd"))), "{page:?}");
    assert!(page[2].ends_with(&format!("{}, {}.", of(1, "3rd"), whys[2])), "{page:?}");
    assert!(page[3].ends_with("is polled, for the 1st time."), "{page:?}");
    assert!(page[4].ends_with(" woke it.") && page[4].contains("because task 2 ("));
}

#[test]
fn of_a_task_whose_handle_is_dropped_is_told_that_it_has_ended_if_it_was_seen_to() {
    let other = Runtime::new().unwrap();
    let (foreign, number) = other.block_on(async {
        let lives = spawn(pending::<()>());
        let number = lives.id().to_string();
        (lives, number)
    });
    let recording = recorded(|_| async {
        let (ends, lives) = (spawn(async {}), spawn(pending::<()>()));
        yield_now().await;
        drop((ends, lives, foreign));
    });
    assert_eq!(other.metrics().tasks, 1); // it runs on
    let detached = |what: &What| matches!(what, What::Detached { .. });
    let text = in_text(&recording, detached);
    let numbers = tasks(&recording);
    assert_eq!(text.len(), 3, "{text:?}");
    assert!(text[0].contains(&format!("the handle of task {}, which has ended  [", numbers[1])), "{text:?}");
    assert!(text[1].contains("which runs on by itself  ["), "{text:?}");
    let unknown = format!("the handle of task {number}, which this recording does not know  [");
    assert!(text[2].contains(&unknown), "{text:?}");
    let Some(page) = on_page("handles", &recording, detached) else { return };
    assert!(!page[2].contains("ended"), "{page:?}");
}
