//! Timers: made and dropped in time, as around a request, and many that fire.
//!
//! The clocks are not read alike. For a timeout around what is ready, shirr reads none, since
//! its time begins with the first wait. tokio, monoio and smol's timer, which is made at the
//! call, have read it by then; compio, which polls the two in random order, every other time.
//! A timeout that waits has cost each of them at least one reading.
//!
//! The clocks are not alike either, which matters to `sleepers`: those of tokio and monoio
//! tick by the millisecond and may be up to one late, the others' deadlines are exact.

use super::contenders;
use crate::runtimes::{Time, on_with};
use crate::workload::{Contender, Cost, Target, Workload};
use std::future::{pending, poll_fn, ready};
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

const OTHERS: u64 = 100_000;
const MANY_OTHERS: u64 = 1_000_000;
const TIMERS: u64 = 10_000;
const SLEEPERS: u64 = 10_000;

pub(super) fn workloads() -> Vec<Workload> {
    let mut workloads = timeouts();
    workloads.extend(timers());
    if cfg!(target_os = "linux") {
        workloads.push(sleepers_workload());
    }
    workloads
}

fn timeouts() -> Vec<Workload> {
    let targets = vec![Target { of: "tokio", at_most: 0.25 }, Target { of: "smol", at_most: 0.6 }];
    vec![
        Workload {
            name: "timeout_ready",
            what: "a timeout around what is ready, among 100,000 pending sleeps",
            limits: "a runtime may do without a timer and without the clock here, and shirr does",
            contenders: contenders!(time: timeout_ready()),
            targets: targets.clone(),
            ..dropped_in_time("timeout")
        },
        Workload {
            name: "timeout",
            what: "a timeout made, polled once and dropped, among 100,000 pending sleeps",
            limits: "one at a time, 10 to 20 minutes ahead as the others; none fires",
            contenders: contenders!(time: timeout()),
            targets,
            ..dropped_in_time("timeout")
        },
    ]
}

fn timers() -> Vec<Workload> {
    vec![
        Workload {
            name: "timer_0",
            what: "a sleep of 1 s made, polled once and dropped, with no other pending",
            limits: "one at a time: what holds the timers never holds two; each is the nearest deadline, for \
                     which tokio wakes itself through the kernel",
            contenders: contenders!(time: timer(0)),
            ..dropped_in_time("timer")
        },
        Workload {
            name: "timer_1m",
            what: "a sleep of 1 s made, polled once and dropped, among 1,000,000 pending sleeps",
            limits: "all the others lie behind it, 10 to 20 minutes ahead; each is the nearest deadline, for \
                     which tokio wakes itself through the kernel",
            contenders: contenders!(time: timer(MANY_OTHERS)),
            ..dropped_in_time("timer")
        },
    ]
}

/// What the workloads without timers that fire have in common.
fn dropped_in_time(per: &'static str) -> Workload {
    Workload {
        name: "",
        what: "",
        limits: "",
        cost: Cost::WallTime,
        per,
        count: TIMERS as u32,
        times: 1,
        answer: TIMERS,
        contenders: vec![],
        targets: vec![],
    }
}

fn sleepers_workload() -> Workload {
    Workload {
        name: "sleepers",
        what: "10,000 tasks sleep 1 to 5 ms, then they are joined",
        limits: "not how late they wake; CPU time of the one thread, so not that of smol's helper \
                 thread, which favours smol, nor that of the kernel's threads for io_uring",
        cost: Cost::CpuTime,
        per: "sleeper",
        count: SLEEPERS as u32,
        times: 1,
        answer: SLEEPERS,
        contenders: contenders!(time: sleepers),
        targets: vec![Target { of: "tokio", at_most: 0.5 }, Target { of: "smol", at_most: 0.5 }],
    }
}

/// Ten to twenty minutes, so that none of the others ends while the rounds last and the
/// timeouts' deadlines lie among theirs, in no order.
fn far(number: u64) -> Duration {
    Duration::from_millis(600_000 + number * 7_919 % 600_000)
}

type Others = Vec<Pin<Box<dyn Future<Output = ()>>>>;

/// `number` sleeps, each polled once. They are futures in a `Vec` and no tasks, so that they
/// end with it on every runtime: smol's timers are the process's, and its tasks would stay
/// there during the next workload.
async fn others<R: Time>(runtime: R, number: u64) -> Others {
    let sleeps = (0..number).map(|number| Box::pin(runtime.sleep(far(number))) as Pin<Box<_>>);
    let mut others: Others = sleeps.collect();
    for other in &mut others {
        assert!(futures::poll!(other).is_pending(), "{} ended a sleep too early", R::NAME);
    }
    // The runtime has waited once, so it knows its nearest deadline: until then, tokio wakes
    // itself through the kernel for each timer, as if that were the nearest.
    runtime.sleep(Duration::from_millis(1)).await;
    others
}

fn timeout_ready<R: Time>() -> Contender {
    on_with(
        |runtime: R| others(runtime, OTHERS),
        async |runtime, _| {
            let mut ended = 0;
            for number in 0..TIMERS {
                ended += runtime.timeout(far(number), ready(black_box(1))).await.unwrap_or(0);
            }
            ended
        },
    )
}

fn timeout<R: Time>() -> Contender {
    on_with(
        |runtime: R| others(runtime, OTHERS),
        async |runtime, _| {
            let mut waited = 0;
            for number in 0..TIMERS {
                let timeout = pin!(runtime.timeout(far(number), pending::<()>()));
                waited += u64::from(futures::poll!(timeout).is_pending());
            }
            waited
        },
    )
}

fn timer<R: Time>(number: u64) -> Contender {
    on_with(
        move |runtime: R| others(runtime, number),
        async |runtime, _| {
            let mut waited = 0;
            for _ in 0..TIMERS {
                let sleep = pin!(runtime.sleep(Duration::from_secs(1)));
                waited += u64::from(futures::poll!(sleep).is_pending());
            }
            waited
        },
    )
}

/// One to five milliseconds, in steps of one microsecond and in no order.
fn near(number: u64) -> Duration {
    Duration::from_micros(1_000 + number * 7_919 % 4_001)
}

async fn sleepers<R: Time>(runtime: R) -> u64 {
    let start = Instant::now();
    let tasks: Vec<_> = (0..SLEEPERS).map(|number| runtime.spawn(sleeper(runtime, near(number)))).collect();
    let (mut ended, mut waited) = (0, 0);
    for task in tasks {
        waited += u64::from(task.await);
        ended += 1;
    }
    assert!(start.elapsed() >= Duration::from_millis(5), "{} woke a sleeper too early", R::NAME);
    // But for a few: the thread may have been kept from running when it was about to ask.
    assert!(waited > SLEEPERS * 9 / 10, "{}: only {waited} sleepers had to wait", R::NAME);
    ended
}

/// Returns whether it had to wait. Its sleep is made at its first turn: made before the spawn,
/// it could be over by then, the more often the longer spawning takes.
async fn sleeper<R: Time>(runtime: R, time: Duration) -> bool {
    let mut sleep = pin!(runtime.sleep(time));
    let mut waited = false;
    let slept = poll_fn(|cx| {
        let polled = sleep.as_mut().poll(cx);
        waited |= polled.is_pending();
        polled
    });
    slept.await;
    waited
}
