//! A runtime that goes to sleep and may never wake says what each task waits for.

use crate::common::ends;
use shirr::trace::{Event, Recorder, What};
use shirr::{Runtime, spawn};
use std::future::{pending, poll_fn};
use std::io::{BufRead, BufReader, Read, Write, stdin};
use std::process::{Command, Stdio};
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
fn a_loop_that_only_strangers_can_wake_says_what_each_task_waits_for() {
    if std::env::var_os(STUCK).is_some() {
        return;
    }
    let said = ends(|| {
        let own = std::env::current_exe().unwrap();
        let stuck = Command::new(own)
            .args(["--exact", "stuck::is_stuck", "--nocapture"])
            .env(STUCK, "")
            .output()
            .unwrap();
        assert!(stuck.status.success());
        String::from_utf8(stuck.stderr).unwrap()
    });
    let told: Vec<_> = said.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(told.len(), 3, "{said}");
    assert_eq!(told[0], "shirr: the loop goes to sleep, and nothing but another thread can wake it");
    assert!(told[1].contains("the future of block_on, waits for task"), "{said}");
    assert!(told[2].contains("a waker that other code holds") && told[2].contains(file!()), "{said}");
}

/// Code that holds stderr's lock may ask the recorder; the report may not do so the other way
/// round.
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

/// Runs one of the functions below in a process of its own, and returns what that says on
/// stderr up to a while after `lines` lines, when its input ends.
fn said_by(name: &str, lines: usize) -> Vec<String> {
    said_in_turns(name, &[lines])
}

/// The same; between two turns, of so many lines each, it is given a line.
fn said_in_turns(name: &str, turns: &[usize]) -> Vec<String> {
    let mut stuck = Command::new(std::env::current_exe().unwrap());
    stuck.args(["--exact", &format!("stuck::{name}"), "--nocapture"]).env(STUCK, "");
    let stuck = stuck.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut stuck = stuck.spawn().unwrap();
    let (heard, said) = channel();
    let stderr = BufReader::new(stuck.stderr.take().unwrap());
    std::thread::spawn(move || stderr.lines().try_for_each(|line| heard.send(line.unwrap())));
    let full = |line: &String| !line.is_empty();
    let long = Duration::from_secs(20);
    let mut told = Vec::new();
    for (turn, lines) in turns.iter().enumerate() {
        if turn > 0 {
            writeln!(stuck.stdin.as_ref().unwrap()).unwrap();
        }
        told.extend(std::iter::from_fn(|| said.recv_timeout(long).ok()).filter(full).take(*lines));
    }
    std::thread::sleep(4 * AFTER);
    drop(stuck.stdin.take());
    assert!(stuck.wait().unwrap().success(), "{told:?}");
    told.extend(said.iter().filter(full));
    told
}

/// After how long a task counts as stuck, of real time.
const AFTER: Duration = Duration::from_millis(250);

fn until_input_ends() {
    stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// A server that has nothing to do, with a ticker, a task that sleeps long, and one that waits
/// for a stranger.
async fn serve() {
    let listener = shirr::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let accepts = spawn(async move { listener.accept().await });
    let ticks = spawn(async {
        loop {
            shirr::time::sleep(AFTER / 10).await;
        }
    });
    let naps = spawn(shirr::time::sleep(Duration::from_secs(3600)));
    let (wakers, woken) = channel::<Waker>();
    std::thread::spawn(move || {
        until_input_ends();
        woken.recv().unwrap().wake();
    });
    let stranger = spawn(async move {
        waits_for_a_stranger(wakers).await;
        accepts.abort();
        ticks.abort();
        naps.abort();
        accepts.await.unwrap_err().is_cancelled()
    });
    // A task that waits for another one, by a gather or a handle, is not stuck itself.
    assert!(shirr::gather([stranger]).await.pop().unwrap().unwrap());
}

/// Not a test by itself.
#[test]
fn is_a_server() {
    if std::env::var_os(STUCK).is_some() {
        Runtime::builder().report_stuck_after(AFTER).build().unwrap().block_on(serve());
    }
}

/// Breaks when a pending timer or a listener keeps the report back, when tasks that wait
/// for them or for another task are in it, or when it is made twice.
#[test]
fn a_task_that_is_not_polled_for_long_is_named_although_a_server_waits_for_timers_and_connections() {
    if std::env::var_os(STUCK).is_some() {
        return;
    }
    let told = ends(|| said_by("is_a_server", 2));
    assert_eq!(told.len(), 2, "{told:#?}");
    let head = "shirr: not polled for 250ms, and no timer and no new connection will change that:";
    assert_eq!(told[0], head);
    let polled = told[1].contains(", polled once, ");
    assert!(polled && told[1].contains("a waker that other code holds"), "{told:#?}");
}

/// Not a test by itself.
#[test]
fn keeps_the_loop() {
    if std::env::var_os(STUCK).is_some() {
        let runtime = Runtime::builder().report_stuck_after(AFTER).build().unwrap();
        runtime.block_on(async { until_input_ends() });
    }
}

/// Breaks when only the loop itself can report.
#[test]
fn a_task_that_keeps_the_loop_for_long_is_named() {
    if std::env::var_os(STUCK).is_some() {
        return;
    }
    let told = ends(|| said_by("keeps_the_loop", 2));
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[1].contains("the future of block_on, is being polled"), "{told:#?}");
}

/// Not a test by itself.
#[test]
fn is_a_circle_beside_a_timer() {
    if std::env::var_os(STUCK).is_none() {
        return;
    }
    let runtime = Runtime::builder().report_stuck_after(AFTER).build().unwrap();
    runtime.block_on(async {
        let (give, take) = std::sync::mpsc::channel::<shirr::JoinHandle<()>>();
        let circle = spawn(async move {
            shirr::yield_now().await;
            spawn(take.recv().unwrap()).await.unwrap().unwrap();
        });
        let end = circle.abort_handle();
        give.send(circle).unwrap();
        let input = std::thread::spawn(until_input_ends);
        while !input.is_finished() {
            shirr::time::sleep(AFTER / 10).await;
        }
        end.abort();
    });
}

/// Breaks when only tasks that wait for no other one are considered.
#[test]
fn a_circle_of_handles_beside_a_timer_is_named() {
    if std::env::var_os(STUCK).is_some() {
        return;
    }
    let told = ends(|| said_by("is_a_circle_beside_a_timer", 4));
    assert_eq!(told.len(), 4, "{told:#?}");
    assert!(told[3].starts_with("deadlock: task ") && told[1].contains("waits for task"), "{told:#?}");
}

/// Not a test by itself.
#[test]
fn is_asked() {
    if std::env::var_os(STUCK).is_none() {
        return;
    }
    let recorder = Recorder::new();
    let runtime = Runtime::builder().record(&recorder).build().unwrap();
    let asks = std::thread::spawn(move || {
        while !recorder.waiting().to_string().contains("waits for a timer") {
            std::thread::yield_now();
        }
        recorder.report();
        until_input_ends();
    });
    runtime.block_on(async {
        let stuck = spawn(pending::<()>());
        while !asks.is_finished() {
            shirr::time::sleep(AFTER / 10).await;
        }
        stuck.abort();
    });
}

/// Breaks when the report wants the loop's thread.
#[test]
fn another_thread_may_have_a_report_at_any_time() {
    if std::env::var_os(STUCK).is_some() {
        return;
    }
    let told = ends(|| said_by("is_asked", 3));
    assert_eq!(told.len(), 3, "{told:#?}");
    assert_eq!(told[0], "shirr: what every task waits for:");
    assert!(told[1].contains("the future of block_on") && told[2].contains(file!()), "{told:#?}");
}

/// Not a test by itself.
#[test]
fn is_left_after_a_run() {
    if std::env::var_os(STUCK).is_some() {
        let runtime = Runtime::builder().report_stuck_after(AFTER).build().unwrap();
        let task = runtime.spawn(pending::<()>());
        runtime.block_on(shirr::yield_now());
        until_input_ends();
        drop(task);
    }
}

/// Breaks when the time counts in which no task could be polled.
#[test]
fn of_a_runtime_that_is_not_at_work_nothing_is_said() {
    if std::env::var_os(STUCK).is_none() {
        assert_eq!(ends(|| said_by("is_left_after_a_run", 0)), [""; 0]);
    }
}

/// Not a test by itself.
#[test]
fn is_stuck_twice() {
    if std::env::var_os(STUCK).is_none() {
        return;
    }
    let runtime = Runtime::builder().report_stuck_after(AFTER).build().unwrap();
    runtime.block_on(async {
        let first = spawn(pending::<()>());
        ticks_until(|| drop(stdin().read_line(&mut String::new()))).await;
        let second = spawn(pending::<()>());
        ticks_until(until_input_ends).await;
        first.abort();
        second.abort();
    });
}

/// Polls its task often, until this returns on another thread.
async fn ticks_until(over: impl FnOnce() + Send + 'static) {
    let waits = std::thread::spawn(over);
    while !waits.is_finished() {
        shirr::time::sleep(AFTER / 10).await;
    }
}

/// Breaks when what was said of one task passes for said of all.
#[test]
fn each_task_is_named_once_when_it_has_been_stuck_for_long() {
    if std::env::var_os(STUCK).is_some() {
        return;
    }
    let told = ends(|| said_in_turns("is_stuck_twice", &[2, 2]));
    assert_eq!(told.len(), 4, "{told:#?}");
    let name = |line: &str| line.split(',').next().unwrap().to_owned();
    assert!(told[1].starts_with("task ") && told[3].starts_with("task "), "{told:#?}");
    assert_ne!(name(&told[1]), name(&told[3]));
}

/// Not a test by itself.
#[test]
fn waits_for_a_closure_and_then_for_a_connection() {
    if std::env::var_os(STUCK).is_none() {
        return;
    }
    let recorder = Recorder::new();
    let runtime = Runtime::builder().record(&recorder).report_stuck().build().unwrap();
    let asked = move || {
        let asks = |event: &Event| matches!(event.what, What::Asking { at_most: None });
        recorder.events().iter().filter(|event| asks(event)).count()
    };
    let (sleeps, again) = (asked.clone(), asked);
    runtime.block_on(async {
        shirr::unblock(move || {
            while sleeps() == 0 {
                std::thread::yield_now();
            }
        })
        .await
        .unwrap();
        let listener = shirr::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (addr, before) = (listener.local_addr().unwrap(), again());
        let connects = std::thread::spawn(move || {
            while again() == before {
                std::thread::yield_now();
            }
            drop(std::net::TcpStream::connect(addr).unwrap());
        });
        listener.accept().await.unwrap();
        connects.join().unwrap();
    });
}

/// Breaks when a closure or a socket that is waited for counts for nothing.
#[test]
fn a_loop_that_a_closure_or_a_socket_can_wake_says_nothing() {
    if std::env::var_os(STUCK).is_none() {
        let said = ends(|| said_by("waits_for_a_closure_and_then_for_a_connection", 0));
        assert_eq!(said, [""; 0]);
    }
}
