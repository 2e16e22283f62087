//! How soon each fault is found, how short it becomes, and that its twin raises no alarm.

use crate::bugs::{BUGS, Bug};
use shirr::Runtime;
use shirr::explore::{Explorer, Failure, Freedoms, Search};
use std::time::Instant;

const SEEDS: u64 = 20;

fn explorer(bug: &Bug) -> Explorer {
    Explorer::new().freedoms(bug.freedoms)
}

fn found(bug: &Bug, explorer: Explorer) -> Option<Box<Failure>> {
    explorer.check(|| (bug.program)(true)).err()
}

/// After how many schedules it is found, in the mean over the seeds, and the most deviations that are left.
fn mean(bug: &Bug, search: Search, freedoms: Freedoms) -> Option<(f64, usize)> {
    let (mut schedules, mut deviations) = (0, 0);
    for seed in 0..SEEDS {
        let failure = found(bug, explorer(bug).freedoms(freedoms).search(search).seed(1_000_000 * seed))?;
        assert_eq!(failure.not_deterministic, None, "{}: {failure}", bug.name);
        schedules += failure.schedules;
        deviations = deviations.max(failure.deviations().len());
    }
    Some((schedules as f64 / SEEDS as f64, deviations))
}

/// What a schedule costs, beside a plain run on a paused clock; of programs without sockets, which such
/// a run would have from the system. `cargo test --release --features explore --test explore
/// costs -- --ignored --nocapture` prints it. It times, so it is no test.
#[test]
#[ignore = "it prints times"]
fn costs() {
    const RUNS: usize = 2_000;
    let micros = |run: &dyn Fn()| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64() * 1e6 / RUNS as f64
    };
    println!("| program | plain, µs | a schedule, times as much |");
    for bug in BUGS.iter().filter(|bug| bug.freedoms.ready) {
        let plain = || {
            for _ in 0..RUNS {
                Runtime::builder().paused().build().unwrap().block_on((bug.program)(false));
            }
        };
        let explored = || _ = explorer(bug).schedules(RUNS).check(|| (bug.program)(false)).unwrap();
        let mut rounds: Vec<_> = (0..9).map(|_| (micros(&plain), micros(&explored))).collect();
        rounds.sort_by(|one, two| (one.1 / one.0).total_cmp(&(two.1 / two.0)));
        let (plain, explored) = rounds[4];
        println!("| {} | {plain:.1} | {:.2} |", bug.name, explored / plain);
    }
}

/// Breaks if a freedom that shows one of these is no choice any more, or if shortening stops early.
#[test]
fn each_fault_is_found_in_fifty_schedules_and_takes_three_deviations() {
    println!("| fault | random | PCT-3 | all ≤ 3 | deviations |");
    for bug in &BUGS {
        let (random, deviations) = mean(bug, Search::Random, bug.freedoms).expect(bug.name);
        let pct = mean(bug, Search::Pct(3), bug.freedoms).map(|(mean, _)| mean);
        let all = found(bug, explorer(bug).search(Search::All(3)).schedules(100_000))
            .map(|failure| failure.schedules);
        println!("| {} | {random:.1} | {pct:.1?} | {all:?} | {deviations} |", bug.name);
        assert!(random <= 50.0 && (1..=3).contains(&deviations), "{}", bug.name);
    }
}

/// Breaks if a schedule does what is not legal, or a run is not the only one of its schedule.
#[test]
fn no_correct_twin_raises_an_alarm() {
    for bug in &BUGS {
        let passed = explorer(bug).schedules(5_000).check(|| (bug.program)(false));
        let passed = passed.unwrap_or_else(|failure| panic!("{}: {failure}", bug.name));
        assert_eq!(passed.schedules, 5_000, "{}", bug.name);
    }
}

/// As above. All but one have few enough; that one has more than the tens of thousands that a test has time for.
#[test]
fn no_correct_twin_raises_an_alarm_in_all_schedules_with_three_deviations() {
    for bug in &BUGS {
        let all = explorer(bug).search(Search::All(3)).schedules(12_000);
        let passed = all.check(|| (bug.program)(false));
        let passed = passed.unwrap_or_else(|failure| panic!("{}: {failure}", bug.name));
        println!("{}: {passed:?}", bug.name);
        assert_eq!(passed.complete, bug.name != "remote lost update", "{}", bug.name);
    }
}
