//! A runtime that goes to sleep and may never wake says who waits for what.
#![cfg(feature = "trace")]

mod common;

use common::ends;
use shirr::trace::Recorder;
use shirr::{Runtime, spawn};
use std::future::poll_fn;
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::task::{Poll, Waker};
use std::time::Duration;

/// Hands out its waker, and has ended when that was called.
async fn waits_for_a_stranger(wakers: Sender<Waker>) {
    let mut asked = false;
    let answered = poll_fn(|cx| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        wakers.send(cx.waker().clone()).unwrap();
        Poll::Pending
    });
    answered.await;
}

/// Set in the process that is stuck.
const STUCK: &str = "SHIRR_TEST_IS_STUCK";

#[test]
fn a_loop_that_only_strangers_can_wake_says_who_waits_for_what() {
    if std::env::var_os(STUCK).is_some() {
        return;
    }
    let said = ends(|| {
        let own = std::env::current_exe().unwrap();
        let stuck =
            Command::new(own).args(["--exact", "is_stuck", "--nocapture"]).env(STUCK, "").output().unwrap();
        assert!(stuck.status.success());
        String::from_utf8(stuck.stderr).unwrap()
    });
    let told: Vec<_> = said.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(told.len(), 3, "{said}");
    assert_eq!(told[0], "shirr: the loop goes to sleep, and nothing but another thread can wake it");
    assert!(told[1].contains("the future of block_on, waits for task"), "{said}");
    assert!(told[2].contains("a waker that somebody else holds") && told[2].contains(file!()), "{said}");
}

/// Somebody may hold stderr and ask the recorder; who reports may not do so the other way round.
#[test]
fn a_report_is_written_when_the_recorder_is_free() {
    ends(|| {
        let recorder = Recorder::new();
        let runtime = Runtime::builder().record(&recorder).report_stuck().build().unwrap();
        let (wakers, woken) = channel::<Waker>();
        let watcher = std::thread::spawn(move || {
            for waker in woken {
                let said = std::io::stderr().lock();
                let list = recorder.waiting().to_string();
                drop(said);
                assert!(list.contains("the future of block_on"));
                waker.wake();
            }
        });
        runtime.block_on(async {
            for _ in 0..60 {
                // Another number each time, so another report.
                spawn(waits_for_a_stranger(wakers.clone())).await.unwrap();
            }
        });
        drop(wakers);
        watcher.join().unwrap();
    });
}

/// Not a test by itself: the other one runs it in a process of its own.
#[test]
fn is_stuck() {
    if std::env::var_os(STUCK).is_none() {
        return;
    }
    let runtime = Runtime::builder().report_stuck().build().unwrap();
    let (wakers, woken) = channel::<Waker>();
    let stranger = std::thread::spawn(move || {
        let waker = woken.recv().unwrap();
        std::thread::sleep(Duration::from_millis(20)); // by then the loop sleeps, or else says nothing
        waker.wake();
    });
    runtime.block_on(async {
        shirr::time::sleep(Duration::from_millis(1)).await; // of which nothing is said
        spawn(waits_for_a_stranger(wakers)).await.unwrap();
    });
    stranger.join().unwrap();
}
