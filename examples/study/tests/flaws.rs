//! Each step does what it says, and shows its flaw as a count; the next step mends that.

mod common;

use common::{Told, run};

/// Breaks if a step gives another result than the ones before it.
#[test]
fn a_future_that_is_polled_without_a_waker_is_polled_in_vain() {
    let told = run("s0_future", &[]);
    assert_eq!(told.numbers("result:"), [3]);
    let [polls, useful] = told.numbers("still wrong:")[..] else { panic!("two counts") };
    assert_eq!(useful, 3);
    assert!(polls > 100, "{polls} polls");
}

/// Breaks if `block_on` polls without having been woken, or sleeps through a wake.
#[test]
fn block_on_polls_three_times_what_waits_twice_and_has_one_future_at_a_time() {
    let told = run("s1_block_on", &[]);
    assert_eq!(told.numbers("result:"), [7]);
    let ends = told.lines("the poll of the future returns Ready");
    assert_eq!(ends.len(), 4);
    assert!(ends.iter().any(|end| end.ends_with("after 3 polls")), "{ends:?}");
    assert!(!ends.iter().any(|end| end.ends_with("after 4 polls")), "{ends:?}");
    assert_eq!(told.numbers("still wrong: of"), [3, 1]);
    let sleeps = told.count("the poll of the future returns Pending") as u64;
    assert_eq!(told.numbers("still wrong: each sleep had a thread"), [sleeps]);
}

/// Breaks if a task holds up the others, or a step no longer shows what a thread sleeps for.
#[test]
fn tasks_wait_side_by_side_and_each_sleep_has_a_thread() {
    for step in ["s2_tasks", "s3_slab"] {
        let told = run(step, &[]);
        let mut ended = told.numbers("result: [");
        ended.sort_unstable();
        assert_eq!(ended, [100, 200, 300]);
        let all_wait = told.at("the poll of task 3 returns Pending");
        assert!(all_wait < told.at("returns Ready"));
        assert_eq!(told.numbers("still wrong: 3 sleeps"), [3, 3]);
    }
}

/// Breaks if s2 merges wakes, or frees slots, as s3 does.
#[test]
fn without_a_flag_a_task_is_queued_as_often_as_it_is_woken_and_keeps_its_slot() {
    let told = run("s2_tasks", &[]);
    assert_eq!(told.numbers("still wrong: woken"), [3, 3]);
    assert_eq!(told.count("task 4 is woken by itself, and joins the ready queue"), 3);
    assert_eq!(told.numbers("still wrong: all tasks have ended"), [4]);
}

/// Breaks if the flag is not asked in `wake` (I1), or is cleared after the poll (I2: it hangs).
#[test]
fn with_a_flag_a_task_is_queued_once_however_often_it_is_woken() {
    let told = run("s3_slab", &[]);
    assert_eq!(told.numbers("result: woken 3 times"), [3, 1]);
    assert_eq!(told.count("task 4 is woken by itself, and joins the ready queue"), 1);
    assert_eq!(told.count("task 4 is woken by itself, and is in the ready queue already"), 2);
}

/// Breaks if a key is compared by its slot alone (I9).
#[test]
fn a_waker_of_a_task_that_has_ended_wakes_no_stranger_in_its_slot() {
    let told = run("s3_slab", &[]);
    assert_eq!(told.numbers("result: the old task's waker queued the new one"), [0, 0]);
    let slot = |task| told.0[told.at(&format!("task {task} has slot"))].split(' ').nth(4).unwrap().to_owned();
    assert_eq!(slot(4), slot(5));
    assert!(told.at("task 5 has slot") < told.at("wakes a task that has ended: nothing comes of it"));
    assert_eq!(told.count("task 5 is woken"), 0);
}

/// Breaks if timers fire in another order than that of their deadlines, or by a thread.
#[test]
fn timers_fire_by_deadline_and_no_thread_wakes_a_task() {
    let told = run("s4_timers", &[]);
    assert_eq!(told.numbers("result: ["), [30, 60, 90]);
    let fired = ["timer 2 fires", "timer 3 fires", "timer 1 fires"].map(|timer| told.at(timer));
    assert!(fired.is_sorted(), "{fired:?}");
    assert_eq!((told.count("is woken by timer"), told.count("another thread")), (3, 0));
}

/// Breaks if s4 finds a way to wait for a socket.
#[test]
fn without_readiness_a_socket_is_tried_over_and_over() {
    let tries = run("s4_timers", &[]).numbers("still wrong: one answer")[0];
    assert!(tries > 20, "{tries} tries");
}

/// Breaks if the flag is not cleared by `WouldBlock`, or an event does not set it (I6).
#[test]
fn with_readiness_a_socket_is_tried_twice_for_an_answer() {
    let told = run("s5_sockets", &[]);
    assert_eq!(told.lines("result:"), [r#"result: ["data of orders", "data of prices", "data of users"]"#]);
    for socket in 0..3 {
        for (outcome, tries) in [("it would block", 1), ("done", 1)] {
            assert_eq!(told.count(&format!("to read from socket {socket}: {outcome}")), tries);
        }
        assert_eq!(told.count(&format!("is woken by socket {socket}, and joins")), 1);
    }
}

/// Breaks if something but the timer ends the sleep of s5.
#[test]
fn without_a_bell_the_loop_sleeps_through_a_wake_of_another_thread() {
    let told = run("s5_sockets", &[]);
    assert_eq!(told.numbers("still wrong:"), [1]);
    assert!(told.at("is woken by another thread") < told.at("timer 1 fires"));
}

/// Breaks if the loop asks the inbox before it says that it is asleep (I4).
#[test]
fn the_bell_ends_the_sleep_or_the_loop_sees_the_message() {
    let told = run("s6_bell", &[]);
    assert_eq!(told.numbers("result: 0 of"), [0, 1]);
    assert!(told.at("the loop receives a message from") < told.at("timer 1 fires"));
    assert!(told.at("the loop receives a message from") < told.at("the loop sleeps"));
}

/// Breaks if the bell is not rung, or does not end the sleep.
#[test]
fn with_a_bell_the_loop_hears_a_wake_of_another_thread_at_once() {
    let told = run("s6_bell", &[]);
    assert_eq!(told.numbers("mended:"), [0]);
    assert_eq!(told.count("sees the loop asleep, and rings the bell"), 2);
}

/// Breaks if the wrong order stops to lose the wakeup, or to end by itself.
#[test]
fn the_wrong_order_loses_a_wakeup_and_says_so() {
    let told = run("s6_bell", &["--wrong-order"]);
    assert_eq!(told.numbers("result:"), [1, 1]);
    let story = [
        "the loop sees that the inbox is empty",
        "another thread leaves a message, sees the loop awake, and does not ring",
        "the loop says that it is asleep",
        "the loop sleeps",
        "the loop receives a message from another thread",
        "task 1 is woken by another thread, and joins the ready queue",
    ];
    let told: Vec<_> = story.iter().map(|part| told.at(part)).collect();
    assert!(told.is_sorted(), "{told:?}");
}

/// Breaks if s6 awaits its requests side by side, or can await what it has spawned.
#[test]
fn without_gather_one_request_is_under_way_at_a_time_or_is_asked_for_again_and_again() {
    let told = run("s6_bell", &[]);
    assert_eq!(told.lines("result: [").len(), 1);
    assert_eq!(told.numbers("still wrong: one by one"), [1, 3]);
    let asked = told.numbers("still wrong: spawned")[0];
    assert!(asked > 10, "{asked} times");
}

/// Breaks if a child holds up another, or wakes the parent though it is not the last.
#[test]
fn a_gathers_children_wait_side_by_side_and_the_last_one_wakes_the_parent() {
    for step in ["s7_gather", "s8_number", "s9_panics"] {
        let told = run(step, &[]);
        assert!(told.at("task 4 sets timer 3") < told.at("timer 2 fires"));
        assert_eq!(told.count("task 1 is woken by task"), 2, "once for each of two gathers");
        assert_eq!(told.count("task 1 is polled"), 3);
    }
}

/// Breaks if a serial is given twice, and wakers do not say which runtime is theirs.
#[test]
fn a_waker_that_an_ended_runtime_has_left_wakes_no_stranger_in_the_next() {
    for step in ["s7_gather", "s8_number", "s9_panics"] {
        assert_eq!(run(step, &["late"]).numbers("polls"), [2], "{step}");
    }
}

/// Breaks if a panic of a child ends the others, or does not reach the task that awaits the gather.
#[test]
fn a_child_that_panics_lets_the_others_end_and_its_panic_reaches_the_parent() {
    let told = run("s9_panics", &["child"]);
    assert_eq!(told.lines("ended"), ["ended, and the root survives: (2, false)"]);
    assert_eq!(told.count("gather 1 is done"), 0);
}

/// Of a count that the last steps make: whether it is mended, and the number there.
fn counted(told: &Told, start: &str, place: usize) -> (bool, u64) {
    let line = &told.0[told.at(start)];
    let (is_mended, is_wrong) = (line.starts_with("mended: "), line.starts_with("still wrong: "));
    assert!(is_mended != is_wrong, "{line}");
    (is_mended, told.numbers(line)[place])
}

/// All four of a step.
fn report(step: &str) -> [(bool, u64); 4] {
    let told = run(step, &[]);
    [
        counted(&told, "1000 turns of a task", 1),
        counted(&told, "beside a task that panicked", 0),
        counted(&told, "left in it", 1),
        counted(&told, "a timer that was due", 0),
    ]
}

/// Breaks if a step makes more allocations than it says, or mends what a later one is to mend.
#[test]
fn each_of_the_last_steps_mends_what_the_one_before_counted() {
    let (wrong, mended) = (false, true);
    let all_turns = (wrong, 10_000);
    assert_eq!(report("s7_gather"), [(wrong, 1000), (wrong, 0), (wrong, 1), all_turns]);
    assert_eq!(report("s8_number"), [(mended, 0), (wrong, 0), (wrong, 1), all_turns]);
    assert_eq!(report("s9_panics"), [(mended, 0), (mended, 2), (mended, 0), all_turns]);
}
